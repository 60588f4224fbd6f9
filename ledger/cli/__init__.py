"""The command line. Verdicts and errors go to stderr, data to stdout.

    exit 0   verified, or done
    exit 1   failed: the claim is false, or the request was refused
    exit 2   usage: the command, its options or the settings cannot be used
    exit 3   undetermined: something could not be asked

Each command lives in a module of its own and imports what it needs when it runs, so that
`crossproof verify` starts without web server, database or chain.
"""

from __future__ import annotations

import sys

import typer

from ledger.cli import bundle, demo, deploy, key, record, serve, trust, verify
from ledger.cli.console import explain
from ledger.errors import LedgerError

__all__ = ["app", "main"]

app = typer.Typer(
    name="crossproof",
    help="Provenance and verification of cross-border data transfers.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("record")(record.record)
app.command("bundle")(bundle.bundle)
app.command("verify")(verify.verify)
app.command("deploy")(deploy.deploy)
app.add_typer(trust.app, name="trust")
app.add_typer(key.app, name="key")


def main() -> None:
    """Run a command; turn the project's errors into words and an exit code."""
    try:
        app()
    except LedgerError as error:
        sys.exit(explain(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        sys.stderr.close()
        sys.exit(0)
