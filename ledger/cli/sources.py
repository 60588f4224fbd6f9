"""Whom a command asks when it verifies: nodes and status lists, as the trust file allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from ledger.accreditation import AccreditationSource
from ledger.anchor import ChainSource
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.cli.console import problem
from ledger.errors import MalformedError
from ledger.report import Report
from ledger.status_source import StatusListSource, StatusRegistry
from ledger.trust import Trust, node_address
from ledger.verify import FileToCheck, verify

__all__ = ["Sources", "find_sources"]


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom to ask beside the bundle; nobody by default."""

    chain: ChainSource | None = None
    accreditations: AccreditationSource | None = None
    status_lists: StatusListSource | None = None
    registry: StatusRegistry | None = None

    def verify(
        self,
        raw: bytes,
        *,
        trust: Trust,
        files: Iterable[FileToCheck] = (),
        now: datetime | None = None,
        without_files: bool = False,
        required: Collection[Stage] = (),
    ) -> Report:
        """Check a bundle with what they answer (`ledger.verify.verify`)."""
        return verify(
            raw,
            trust=trust,
            files=files,
            chain=self.chain,
            accreditations=self.accreditations,
            status_lists=self.status_lists,
            registry=self.registry,
            now=now,
            without_files=without_files,
            required=required,
        )


def find_sources(raw: bytes, trust: Trust, rpc: tuple[str, ...]) -> Sources:
    """Find whom to ask about the bundle's anchor, its attestors, and what became of it.

    Those are the trust file's nodes, or those of --rpc, and the servers of its status lists. Nobody
    is asked where a pin answers already, nor about a chain that is not trusted.
    """
    try:
        bundle = Bundle.from_json(raw)
    except MalformedError:
        return Sources()
    lists = _find_lists(bundle, trust)
    anchor = bundle.anchor
    trusted = None if anchor is None else trust.chain(anchor.chain)
    urls = rpc or (trusted.rpc if trusted else ())
    if trusted is None or not urls:
        return Sources(status_lists=lists)
    is_pinned = anchor in trust.anchors
    registries = (trusted.attestors, trusted.attestations)
    is_attested = bool(bundle.attestations) and registries != (None, None)
    if is_pinned and not is_attested:
        return Sources(status_lists=lists)
    # One node that is named twice would agree with itself.
    urls = tuple({node_address(url): url for url in urls}.values())
    if len(urls) < trusted.agree:
        raise problem(
            "usage.rpc",
            "too few nodes to ask: the trust file says how many must agree",
            expected=f"--rpc with {trusted.agree} different addresses",
            found=f"{len(urls)} different",
        )
    from ledger.chain import (  # noqa: PLC0415 - web3, a second
        Accreditations,
        RegisteredStatuses,
        connect_trusted,
    )

    source = connect_trusted(trusted, urls)
    return Sources(
        chain=None if is_pinned else source,
        accreditations=Accreditations(trust, trusted, source),
        status_lists=lists,
        registry=(
            None
            if trusted.attestations is None
            else RegisteredStatuses(trusted, trusted.attestations, source)
        ),
    )


def _find_lists(bundle: Bundle, trust: Trust) -> StatusListSource | None:
    if not bundle.attestations or not any(known.lists for known in trust.status_sources):
        return None
    from ledger.status_fetch import StatusFetcher  # noqa: PLC0415 - an HTTP client, likewise

    return StatusFetcher(trust.allows_list)
