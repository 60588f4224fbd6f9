"""The application: a node's functions over HTTP.

    uvicorn.run(create_app(Settings.load()))

Given settings it opens a node of its own and closes it at the end; given a node that runs already
it leaves it running. Two applications in one process share nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from api import explorer, openapi, pages, problems, reference_page, static_files
from api.auth import Identities, check_bind, meet, read_keys_file
from api.auth.code_flow import CodeFlow
from api.auth.oidc import TokenIssuer
from api.auth.rates import RateHeaders, Rates
from api.auth.sessions import Sessions
from api.auth.stored_keys import StoredKeys
from api.beliefs import Beliefs, load_known
from api.body import Intake
from api.certifying import Certifying, open_seal, page_of
from api.cors import PublicReads
from api.decoding import Decoding
from api.desk import Desks
from api.direct import DirectRecords
from api.docket import DocketKeeper
from api.following import followed_apart
from api.grouping import Grouping
from api.metrics import Figures, Measured
from api.paths import ExactPaths
from api.problems import Incidents
from api.routes import (
    certificates,
    desk,
    dossiers,
    issuing,
    log,
    login,
    operations,
    proofs,
    records,
    status_lists,
    trail,
    verification,
    webhook_pages,
    webhooks,
)
from api.trail import Trailed, TrailWriter
from api.waiting import Waiting
from api.webhooks import WebhookKeeper
from api.workers import Workers
from ledger.node import Node
from ledger.settings import Settings
from ledger.signing_key import KeyDirectory

__all__ = ["create_app"]

# One batch is decoded while another is written; appends themselves go one at a time.
WRITING_THREADS = 2
WAITING_REQUESTS = 1000
# Two largest batches at once, one being decoded and one coming in, and small ones beside them.
BATCHES_IN_MEMORY = 2


def create_app(source: Settings | Node) -> FastAPI:
    """Make the application; raise ConfigurationError where it must not be served like this."""
    settings = source if isinstance(source, Settings) else source.settings
    check_bind(settings)
    known = load_known(settings.trust_file)
    listed = None if settings.api_keys_file is None else read_keys_file(settings.api_keys_file)
    issuer = TokenIssuer.of(settings)
    signing_keys = KeyDirectory.load(settings.signing_keys_dir, settings.passphrase)
    figures = Figures()
    seal, page = open_seal(settings), page_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        node = source if isinstance(source, Node) else await run_in_threadpool(_start, source)
        app.state.node = node
        app.state.intake = intake = Intake(
            BATCHES_IN_MEMORY * settings.max_batch_bytes + settings.max_record_bytes
        )
        app.state.beliefs = Beliefs(node, known)
        app.state.writers = Workers("write", threads=WRITING_THREADS, waiting=WAITING_REQUESTS)
        app.state.grouping = Grouping(node, app.state.writers)
        store = node.log.store
        app.state.sessions = sessions = Sessions(store, settings)
        app.state.identities = Identities(
            listed=listed, stored=StoredKeys(store), issuer=issuer, sessions=sessions
        )
        app.state.trail = trail_writer = TrailWriter(node)
        app.state.desks = desks = Desks.open(node, intake, known)
        app.state.certifying = certifying = Certifying.open(page, seal)
        app.state.docket = keeper = DocketKeeper(
            node.log, trust=known, settings=settings, follows=not node.is_followed_apart
        )
        app.state.webhooks = hooks = WebhookKeeper(
            node, trust=known, listed=listed, has_issuer=issuer is not None
        )
        unwatch = figures.watch(node, (intake, desks.anyone.intake), keeper.docket, hooks)
        try:
            with followed_apart(node, known) as app.state.following:
                async with (
                    Decoding.of(settings) as app.state.decoding,
                    Waiting(node) as app.state.waiting,
                ):
                    yield
        finally:
            unwatch()
            app.state.writers.close()
            desks.close()
            await run_in_threadpool(hooks.close)
            await run_in_threadpool(keeper.close)
            certifying.close()
            await run_in_threadpool(trail_writer.close)
            if node is not source:
                await run_in_threadpool(node.close)

    app = _Application(
        figures,
        title="Crossproof",
        version=version("crossproof"),
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; ours is at /docs (see `reference_page`).
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # A redirect would lead wherever the request's own Host header says.
        redirect_slashes=False,
        dependencies=[Depends(meet)],
    )
    app.state.rates = Rates(settings)
    app.state.code_flow = None if issuer is None else CodeFlow.of(settings, issuer)
    app.state.signing_keys = signing_keys
    app.state.figures = figures
    problems.install(app)
    for routes in (
        records,
        issuing,
        dossiers,
        proofs,
        certificates,
        log,
        status_lists,
        verification,
        trail,
        webhooks,
        operations,
        login,
        desk,
        webhook_pages,
        pages,
        reference_page,
        explorer,
        static_files,
    ):
        app.include_router(routes.router)
    # The last one added is the outermost.
    for middleware in (Trailed, RateHeaders, ExactPaths, Incidents, PublicReads):
        app.add_middleware(middleware)
    app.add_middleware(Measured, figures=figures)
    app.openapi = cache(partial(openapi.document, app))  # type: ignore[method-assign]
    return app


class _Application(FastAPI):
    """The application, with the direct way for single records before everything else."""

    def __init__(self, figures: Figures, **more: Any) -> None:
        super().__init__(**more)
        self._direct = DirectRecords(self, figures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live from the first to the last of them (ASGI)."""
        if self._direct.takes(scope):
            await self._direct(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _start(settings: Settings) -> Node:
    node = Node.open(settings)
    node.start()
    return node
