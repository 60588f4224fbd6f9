"""`crossproof disclose`: show in a bundle what its holder chooses, or withhold it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.attestation import Attestation
from ledger.bundle import Bundle
from ledger.cli.console import problem, put_json, say
from ledger.cli.files import read_bundle, read_file, refuse_both_on_stdout, write_file
from ledger.cli.options import AS_JSON, OUTPUT
from ledger.jws import MAX_JWS_SIZE
from ledger.presentation import disclose as add_disclosures
from ledger.presentation import withhold as take_out

__all__ = ["disclose"]

# A token, and disclosures far beyond what an attestation has digests for.
_MAX_SD_JWT = MAX_JWS_SIZE + 16 * 2**20


def disclose(
    bundle: Annotated[Path, typer.Argument(help="The bundle, or -.")],
    sd_jwt: Annotated[
        list[Path] | None,
        typer.Argument(help="Attestations of the bundle, as their issuers gave them (.sd-jwt)."),
    ] = None,
    *,
    output: Annotated[Path, OUTPUT],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            envvar="CROSSPROOF_ONLY",
            metavar="NAME",
            help="Add disclosures of this name alone; repeatable. All of them if none is named.",
        ),
    ] = None,
    withhold: Annotated[
        list[str] | None,
        typer.Option(
            "--withhold",
            envvar="CROSSPROOF_WITHHOLD",
            metavar="NAME",
            help="Take disclosures of this name out first; repeatable.",
        ),
    ] = None,
    withhold_all: Annotated[
        bool,
        typer.Option(
            "--withhold-all",
            envvar="CROSSPROOF_WITHHOLD_ALL",
            help="Take all disclosures out first.",
        ),
    ] = False,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Add chosen disclosures of attestations to a bundle, or take some out; no proof changes.

    Example: crossproof disclose report.bundle.json backup.sd-jwt --only name -o shown.bundle.json

    Withhold: crossproof disclose shown.bundle.json --withhold name -o report.bundle.json
    """
    if not (sd_jwt or withhold or withhold_all) or (only and not sd_jwt):
        raise problem(
            "usage.disclose",
            "nothing to add or to take out",
            expected="SD-JWT files, --withhold NAME or --withhold-all; --only with SD-JWT files",
        )
    refuse_both_on_stdout(output, as_json=as_json)
    shown = Bundle.from_json(read_bundle(bundle))
    if withhold or withhold_all:
        shown = take_out(shown, frozenset() if withhold_all else frozenset(withhold or ()))
    for path in sd_jwt or ():
        data = read_file(path, "SD-JWT", limit=_MAX_SD_JWT)
        held = Attestation.from_sd_jwt(data.decode(errors="replace"))
        shown = add_disclosures(shown, held, only=frozenset(only or ()))
    write_file(output, shown.to_json())
    say(f"bundle: {output}")
    if as_json:
        put_json({"output": str(output)})
