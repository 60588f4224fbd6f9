"""`crossproof dossier`: which stages of a record are there, which are missing, what is wrong."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.accreditation import AccreditationSource
from ledger.cli.completion import record_ids
from ledger.cli.console import EXIT_CODES, Style, put, say
from ledger.cli.options import API_KEY, AS_JSON, BELIEVED, BUNDLE, LANGUAGE, SERVER
from ledger.cli.signing import Entries, accreditations_of, believed, checked_id
from ledger.dossier import Overview, StageOverview, StageState
from ledger.report import Status, catalogue
from ledger.stages.comparison import time_text
from ledger.trust import Trust

__all__ = ["dossier"]

_MARKS = {
    StageState.IN_ORDER: ("✓", Style.GREEN),
    StageState.WRONG: ("✗", Style.RED),
    StageState.UNDETERMINED: ("?", Style.YELLOW),
    StageState.MISSING: ("-", Style.DIM),
}
_TOLD = frozenset({Status.FAILED, Status.UNDETERMINED})


def dossier(
    record_id: Annotated[
        str, typer.Argument(help="The transfer, or the plan.", autocompletion=record_ids)
    ],
    *,
    bundle: Annotated[Path | None, BUNDLE] = None,
    trust: Annotated[Path | None, BELIEVED] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    lang: Annotated[Literal["en", "zh"], LANGUAGE] = "en",
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
) -> None:
    """Tell how the stages of a transfer, or of a plan, stand, by rules that are asked here.

    Example: crossproof dossier RECORD_ID --trust trust.json

    Exit code: 0 nothing is wrong, 1 a rule is broken, 2 usage, 3 something cannot be told.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    about, trusted = checked_id(record_id), believed(trust)
    with Client(server, api_key=api_key) as client:
        records = Entries.find(client, about, bundle).read(trusted)
    overview = Overview.of(
        records, as_of=int(time.time()), trust=trusted, accreditations=_accreditations(trusted)
    )
    if as_json:
        put(json.dumps(overview.to_value(), ensure_ascii=False, indent=2) + "\n")
    else:
        _show(overview, lang)
    raise typer.Exit(_exit_code(overview))


def _accreditations(trust: Trust) -> AccreditationSource | None:
    """Say who tells who is accredited; None where the trust file names nobody."""
    is_named = trust.accreditations or any(chain.attestors and chain.rpc for chain in trust.chains)
    return accreditations_of(trust) if is_named else None


def _exit_code(overview: Overview) -> int:
    states = {stage.state for stage in overview.stages}
    if StageState.WRONG in states or overview.orders:
        return EXIT_CODES[Status.FAILED]
    unknown = StageState.UNDETERMINED in states
    return EXIT_CODES[Status.UNDETERMINED if unknown else Status.VERIFIED]


def _show(overview: Overview, language: str) -> None:
    texts = catalogue(language)
    say(overview.records.subject.record_id, Style.BOLD)
    for stage in overview.stages:
        _show_stage(stage, language)
    for order in overview.orders:
        say(f"  ✗ {texts['reasons'][order.reason]['text']}  {order.found}", Style.RED)
    for flag in overview.flags:
        say(f"  ! {texts['flags'][flag.value]}", Style.YELLOW)


def _show_stage(stage: StageOverview, language: str) -> None:
    texts = catalogue(language)
    mark, style = _MARKS[stage.state]
    line = f"  {mark} {texts['stages'][stage.stage.value]}: {texts['states'][stage.state.value]}"
    if stage.due is not None:
        line += f", {texts['labels']['due']} {time_text(stage.due)}"
    if stage.attestation is not None:
        line += f"  {stage.attestation.says.claims.iss}, {stage.attestation.record_id}"
    say(line, style)
    for check in stage.checks:
        if check.status in _TOLD:
            say(f"      {check.title(language)} [{check.code}]")
            for label, value in (("expected", check.expected), ("found", check.found)):
                if value is not None:
                    say(f"        {texts['labels'][label]}: {value}")
