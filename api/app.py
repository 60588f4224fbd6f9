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

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import openapi, pages, problems, static_files
from api.auth import ApiKeys, check_bind
from api.beliefs import Beliefs
from api.body import Intake
from api.cors import PublicReads
from api.desk import Desks
from api.grouping import Grouping
from api.metrics import Figures, Measured
from api.paths import ExactPaths
from api.problems import Incidents
from api.routes import log, operations, proofs, records, verification
from api.workers import Workers
from ledger.node import Node
from ledger.settings import Settings

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
    keys = ApiKeys.load(settings.api_keys_file)
    figures = Figures()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        node = source if isinstance(source, Node) else await run_in_threadpool(_start, source)
        intake = Intake(BATCHES_IN_MEMORY * settings.max_batch_bytes + settings.max_record_bytes)
        app.state.node = node
        app.state.intake = intake
        app.state.beliefs = Beliefs(node)
        app.state.writers = Workers("write", threads=WRITING_THREADS, waiting=WAITING_REQUESTS)
        app.state.grouping = Grouping(node, app.state.writers)
        app.state.desks = desks = Desks.open(node, intake)
        unwatch = figures.watch(node, (intake, desks.anyone.intake))
        try:
            yield
        finally:
            unwatch()
            app.state.writers.close()
            desks.close()
            if node is not source:
                await run_in_threadpool(node.close)

    app = FastAPI(
        title="Crossproof",
        version=version("crossproof"),
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; the document itself stays at /openapi.json.
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # A redirect would lead wherever the request's own Host header says.
        redirect_slashes=False,
    )
    app.state.keys = keys
    app.state.figures = figures
    problems.install(app)
    for routes in (records, proofs, log, verification, operations, pages, static_files):
        app.include_router(routes.router)
    # The last one added is the outermost.
    app.add_middleware(ExactPaths)
    app.add_middleware(Incidents)
    app.add_middleware(PublicReads)
    app.add_middleware(Measured, figures=figures)
    app.openapi = cache(partial(openapi.document, app))  # type: ignore[method-assign]
    return app


def _start(settings: Settings) -> Node:
    node = Node.open(settings)
    node.start()
    return node
