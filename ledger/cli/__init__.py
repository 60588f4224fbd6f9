r"""The command line. Verdicts and errors go to stderr, data to stdout.

    exit 0     verified, or done
    exit 1     failed: the claim is false, or the request was refused
    exit 2     usage: the command, its options, files or settings cannot be used
    exit 3     undetermined: something could not be asked
    exit 130   interrupted (Ctrl-C); 141: whoever read stdout went away

Each command lives in a module of its own and imports what it needs when it runs, so that
`crossproof verify` starts without web server, database or chain.
"""

from __future__ import annotations

import sys
import traceback
from importlib.metadata import version
from typing import Annotated

import typer

from ledger.cli import (
    api_key,
    attest,
    audit,
    audit_export,
    backup,
    bundle,
    certificate,
    cosign,
    demo,
    deploy,
    disclose,
    dossier,
    key,
    log,
    monitor,
    receive,
    record,
    recover,
    revoke,
    serve,
    status_list,
    trail,
    trust,
    verifier_page,
    verify,
)
from ledger.cli.console import UNDETERMINED, explain, problem, put, say
from ledger.errors import LedgerError

__all__ = ["app", "main"]

app = typer.Typer(
    name="crossproof",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Plain help: the same on a terminal, in a pipe and in docs/cli.md.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("cosign")(cosign.cosign)
app.command("record")(record.record)
app.command("bundle")(bundle.bundle)
app.command("disclose")(disclose.disclose)
app.command("verify")(verify.verify)
app.command("certificate")(certificate.certificate)
app.command("attest")(attest.attest)
app.command("receive")(receive.receive)
app.command("revoke")(revoke.revoke)
app.command("dossier")(dossier.dossier)
app.command("verifier-page")(verifier_page.verifier_page)
app.add_typer(trust.app, name="trust")
audit.app.command("export")(audit_export.export)
app.add_typer(audit.app, name="audit")
app.command("monitor")(monitor.monitor)
app.add_typer(status_list.app, name="status-list")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("recover")(recover.recover)
app.add_typer(log.app, name="log")
app.command("deploy")(deploy.deploy)
app.add_typer(key.app, name="key")
app.add_typer(api_key.app, name="api-key")
app.add_typer(trail.app, name="trail")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        put(f"crossproof {version('crossproof')}\n")
        raise typer.Exit


@app.callback()
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


def main() -> None:
    """Run a command; turn whatever goes wrong into words and an exit code."""
    try:
        app()
    except LedgerError as error:
        sys.exit(explain(error))
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        found = error.strerror or type(error).__name__
        sys.exit(explain(problem("file.unusable", f"{place}cannot be used", found=found)))
    except Exception:  # noqa: BLE001 - the last one to be told
        # A defect says nothing about a bundle: it must not look like "failed", which is 1.
        traceback.print_exc()
        say("error: a defect of crossproof, not of what you gave it; please report the above")
        sys.exit(UNDETERMINED)
