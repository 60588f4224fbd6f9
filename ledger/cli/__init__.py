r"""The command line. Verdicts and errors go to stderr, data to stdout.

    exit 0     verified, or done
    exit 1     failed: the claim is false, or the request was refused
    exit 2     usage: the command, its options, files or settings cannot be used
    exit 3     undetermined: something could not be asked
    exit 130   interrupted (Ctrl-C); 141: whoever read stdout went away

Each command lives in a module of its own, which is imported when the command is called, so that
`crossproof verify` starts without web server, database or chain.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ledger.cli.console import EXIT_CODES, problem, put
from ledger.cli.deferred import DeferredCommand
from ledger.cli.failure import tell_defect, tell_error, tell_usage, wants_json
from ledger.cli.plain import PlainGroup
from ledger.errors import LedgerError
from ledger.report import Status

__all__ = ["app", "main"]

# Each command's name, where it is, and what it does in a line: its own first one, a test holds.
_COMMANDS = (
    (
        "demo",
        "demo:demo",
        "Record, log, anchor, bundle and verify real files; then tamper, and verify again.",
    ),
    (
        "serve",
        "serve:serve",
        "Serve the API; without configuration SQLite and an embedded chain, on 127.0.0.1:8080.",
    ),
    (
        "cosign",
        "cosign:cosign",
        "Sign a log's heads for the contract, each only where it extends the last one signed.",
    ),
    (
        "record",
        "record:record",
        "Record a transfer: files are hashed here, and only the statement is sent.",
    ),
    (
        "bundle",
        "bundle:bundle",
        "Fetch the newest bundle of a record, with its anchor as soon as there is one.",
    ),
    (
        "disclose",
        "disclose:disclose",
        "Add chosen disclosures of attestations to a bundle, or take some out; no proof changes.",
    ),
    (
        "verify",
        "verify:verify",
        "Check a bundle and its files, trusting nobody's server.",
    ),
    (
        "certificate",
        "certificate:certificate",
        "Make a filing certificate: PDF/A-3 in Chinese and English, the bundle attached.",
    ),
    (
        "attest",
        "attest:attest",
        "Attest a stage of a record: its rules are asked, then it is signed here and logged.",
    ),
    (
        "receive",
        "receive:receive",
        "Verify a bundle, hash the files, and log a signed receipt: it matches, or it differs.",
    ),
    (
        "revoke",
        "revoke:revoke",
        "Revoke an attestation for ever; or suspend, reinstate, or stop a transfer or a plan.",
    ),
    (
        "dossier",
        "dossier:dossier",
        "Tell how the stages of a transfer, or of a plan, stand, by rules that are asked here.",
    ),
    (
        "search",
        "search:search",
        "Find records that one may see, the newest first; times are of their receipt.",
    ),
    (
        "dossiers",
        "search:dossiers",
        "List transfers with what is missing or wrong, the newest first; times are the transfers'.",
    ),
    (
        "verifier-page",
        "verifier_page:verifier_page",
        "Write the verifier as one HTML file, which needs no server and no network.",
    ),
    (
        "monitor",
        "monitor:monitor",
        "Follow a log; raise the alarm where it forks, or what it has shown is gone.",
    ),
    (
        "backup",
        "backup:backup",
        "Write the published log into a directory, or add what is new; a server may go on.",
    ),
    ("restore", "backup:restore", "Fill an empty database from an archive."),
    (
        "recover",
        "recover:recover",
        "Fill an older database up from published files, until the log may be written again.",
    ),
    (
        "deploy",
        "deploy:deploy",
        "Deploy the contracts that do not stand there yet; run again, it goes on where it stopped.",
    ),
    ("trust", "trust:app", "What is believed, and anchors kept for use offline."),
    (
        "audit",
        "audit:app",
        "Derive the log again from its entries; compare with its heads and the chain.",
    ),
    (
        "status-list",
        "status_list:app",
        "An issuer's list of what became of his attestations.",
    ),
    (
        "log",
        "log:app",
        "The log in its contract: who signs its heads, changes of that, its end.",
    ),
    (
        "key",
        "key:app",
        "The log's public key, addresses of keys, API keys and signing keys.",
    ),
    (
        "api-key",
        "api_key:app",
        "API keys: made, listed and revoked while the server runs.",
    ),
    ("webhook", "webhook:app", "Being told when something happens to records."),
    ("trail", "trail:app", "The access trail: who did and looked at what."),
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - slow to import

        put(f"crossproof {version('crossproof')}\n")
        raise typer.Exit


def crossproof(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Provenance and verification of cross-border data transfers.

    Example: crossproof demo

    Exit code: 0 done or verified, 1 failed, 2 wrong usage, 3 undetermined.
    """


def _program() -> TyperGroup:
    # Plain help: the same on a terminal, in a pipe and in docs/cli.md.
    program = typer.Typer(
        name="crossproof",
        cls=PlainGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    program.callback()(crossproof)
    group = get_command(program)
    assert isinstance(group, TyperGroup)  # noqa: S101 - for the type checker: it has a callback
    for name, place, summary in _COMMANDS:
        group.add_command(DeferredCommand(name, place, summary))
    return group


app = _program()


def main() -> None:
    """Run a command; turn whatever goes wrong into words, or JSON, and an exit code."""
    as_json = wants_json(sys.argv[1:])
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except LedgerError as error:
        sys.exit(tell_error(error, as_json=as_json))
    except typer.TyperException as error:
        sys.exit(tell_usage(error, as_json=as_json))
    except typer.Abort:
        sys.exit(EXIT_CODES[Status.FAILED])
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        found = error.strerror or type(error).__name__
        told = problem("file.unusable", f"{place}cannot be used", found=found)
        sys.exit(tell_error(told, as_json=as_json))
    except Exception as error:  # noqa: BLE001 - the last one to be told
        # A defect says nothing about a bundle: it must not look like "failed", which is 1.
        sys.excepthook(*sys.exc_info())
        sys.exit(tell_defect(type(error).__name__, as_json=as_json))
