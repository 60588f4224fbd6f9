"""`crossproof verifier-page`: the page that verifies, as one file for anyone to keep."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

from ledger.cli.console import put_json, say
from ledger.cli.files import refuse_both_on_stdout, write_file
from ledger.cli.options import AS_JSON, LANGUAGE, OUTPUT

__all__ = ["verifier_page"]


def verifier_page(
    *,
    output: Annotated[Path, OUTPUT] = Path("-"),
    lang: Annotated[Literal["en", "zh"], LANGUAGE] = "en",
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Write the verifier as one HTML file, which needs no server and no network.

    Example: crossproof verifier-page -o verify.html

    It is the file that the page /verify saves: a browser opens it from a disk, and with a trust
    file it judges bundles as crossproof verify does, asking the nodes that the trust file names.
    """
    refuse_both_on_stdout(output, as_json=as_json)
    # The API stands above the ledger and may import it, never the other way: the command knows the
    # page by name alone.
    page = import_module("api.single_file").verifier_page(lang)
    write_file(output, page)
    if as_json:
        put_json({"output": str(output), "language": lang})
    if str(output) != "-":
        say(f"{output} written: open it in a browser, with or without a network")
