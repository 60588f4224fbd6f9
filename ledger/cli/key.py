"""`crossproof key`: show the log's public key; make API keys and signing keys."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.cli.console import problem, put, put_json, say
from ledger.cli.options import AS_JSON, DATA_DIR, JURISDICTION, PASSPHRASE, SCOPE
from ledger.errors import MalformedError
from ledger.signing_key import SigningKey, load_signing_key, make_signing_key

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="The log's public key, addresses of keys, API keys and signing keys.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("show")
def show(
    *, data_dir: Annotated[Path | None, DATA_DIR] = None, as_json: Annotated[bool, AS_JSON] = False
) -> None:
    """Show the log's verifier key, to be given to verifiers by a way that they trust.

    Example: crossproof key show
    """
    from ledger.cli.opened import load_settings  # noqa: PLC0415 - pydantic takes a while
    from ledger.keyring import load_log_signer  # noqa: PLC0415

    key = str(load_log_signer(load_settings(data_dir)).verifier)
    if as_json:
        put_json({"key": key})
    else:
        put(f"{key}\n")


@app.command("add")
def add(
    organisation: Annotated[str, typer.Argument(help="Who will use the key.")],
    *,
    keys: Annotated[
        Path,
        typer.Option("--keys", envvar="CROSSPROOF_API_KEYS_FILE", help="The file of API keys."),
    ],
    scope: Annotated[list[str] | None, SCOPE] = None,
    jurisdiction: Annotated[list[str] | None, JURISDICTION] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Make an API key for a keys file: it is shown once, and the file keeps only its hash.

    Example: crossproof key add "Example Ltd" --keys api-keys.json --scope submit --scope read

    A server that runs reads the file when it starts again; keys of the store need no new start:
    `crossproof api-key`.
    """
    # The API stands above the ledger; this command knows it by name alone (see `serve`).
    auth = import_module("api.auth")
    try:
        secret = auth.add_key(
            keys, organisation, tuple(scope or ("submit", "read")), tuple(jurisdiction or ())
        )
    except MalformedError as error:
        raise problem(
            error.code, error.message, expected=error.expected, found=error.found
        ) from error
    say(f"key of {organisation}, shown this once:")
    if as_json:
        put_json({"organisation": organisation, "key": secret})
    else:
        put(f"{secret}\n")


@app.command("address")
def address(
    key_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="0x and 64 digits, or a keystore.")
    ],
    *,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Tell the address of an operator's, sender's or admin's key; made where there is no such file.

    Example: crossproof key address co.key
    """
    from ledger.chain import Account  # noqa: PLC0415 - web3 takes a second to import
    from ledger.keys import load_operator_key, make_operator_key  # noqa: PLC0415

    is_new = not key_file.exists()
    if is_new:
        make_operator_key(key_file, passphrase)
        say(f"made: {key_file}")
    account = Account.from_key(load_operator_key(key_file, passphrase))
    found = f"0x{account.address.hex()}"
    if as_json:
        put_json({"address": found, "made": is_new})
    else:
        put(f"{found}\n")


@app.command("new-signing")
def new_signing(
    key_file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the key goes.")],
    *,
    curve: Annotated[
        Literal["P-256", "Ed25519"],
        typer.Option("--curve", envvar="CROSSPROOF_CURVE", help="P-256 signs ES256."),
    ] = "P-256",
    organisation: Annotated[
        str | None,
        typer.Option(
            "--organisation",
            envvar="CROSSPROOF_ORGANISATION",
            metavar="ID",
            help="Whose key it is; a server's must say so.",
        ),
    ] = None,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    _as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Make a key for attestations, receipts and statuses, and show its public half.

    Example: crossproof key new-signing assessor.pem --organisation uscc:91440300MA5ASSESS1

    PKCS#8, mode 0600, encrypted where CROSSPROOF_KEY_PASSPHRASE is set.
    """
    made = make_signing_key(key_file, curve=curve, passphrase=passphrase, organisation=organisation)
    say(f"made: {key_file}, {'in the clear' if passphrase is None else 'encrypted'}")
    _put_public(made)


@app.command("show-signing")
def show_signing(
    key_file: Annotated[Path, typer.Argument(metavar="FILE", help="A signing key.")],
    *,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    _as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Show a signing key's public half: JWK, RFC 7638 thumbprint, did:jwk.

    Example: crossproof key show-signing assessor.pem
    """
    _put_public(load_signing_key(key_file, passphrase))


def _put_public(signing: SigningKey) -> None:
    public = signing.key.public
    shown = {
        "jwk": public.to_jwk(),
        "thumbprint": signing.thumbprint,
        # As AttestorRegistry and trust files write it.
        "key": f"0x{public.thumbprint.hex()}",
        "did": public.did,
    }
    if signing.organisation is not None:
        shown["organisation"] = signing.organisation
    # JSON either way: these facts are for programs.
    put_json(shown)
