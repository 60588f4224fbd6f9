"""`crossproof trust sign-accreditation`: an authority's word on a key, for use offline."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.accreditation import AccreditationSource
from ledger.accreditation_fact import draft
from ledger.cli.console import problem, put_json, say
from ledger.cli.files import read_trust, refuse_both_on_stdout, write_file
from ledger.cli.hexadecimal import HASH_DIGITS, digits
from ledger.cli.options import AS_JSON, OUTPUT, PASSPHRASE, TRUST
from ledger.errors import NotFoundError
from ledger.signing_key import load_signing_key
from ledger.trust import Trust

__all__ = ["sign_accreditation"]

_DAY = 24 * 3600


def sign_accreditation(
    key: Annotated[str, typer.Argument(help="The attestor's key, by its thumbprint: 0x….")],
    *,
    jurisdiction: Annotated[
        str,
        typer.Option(
            "--jurisdiction", envvar="CROSSPROOF_JURISDICTION", help="Whose accreditation: CN, …"
        ),
    ],
    key_file: Annotated[
        Path,
        typer.Option(
            "--key-file",
            envvar="CROSSPROOF_SIGNING_KEY_FILE",
            metavar="FILE",
            help="The authority's signing key, which names it: crossproof key new-signing.",
        ),
    ],
    trust: Annotated[Path, TRUST],
    output: Annotated[Path, OUTPUT],
    lasts: Annotated[
        int,
        typer.Option("--lasts", envvar="CROSSPROOF_LASTS", min=1, help="Seconds that it holds."),
    ] = _DAY,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Sign, as the authority, what it has said of an attestor's key, to be carried in bundles.

    Example: crossproof trust sign-accreditation 0x… --jurisdiction CN --key-file a.pem -o fact.jwt

    What it has said is asked of the trust file, else of AttestorRegistry on the chain named there.
    """
    refuse_both_on_stdout(output, as_json=as_json)
    signing = load_signing_key(key_file, passphrase)
    if signing.organisation is None:
        raise problem("usage.key-file", f"{key_file} does not say whose key it is")
    believed = read_trust(trust)
    named = digits("KEY", key, HASH_DIGITS)
    known = next(
        (
            found
            for source in _sources(believed)
            if (found := source.accreditation(jurisdiction, named)) is not None
        ),
        None,
    )
    if known is None:
        raise NotFoundError(
            "accreditation.none",
            "nothing was ever said of this key",
            found=f"{jurisdiction}, {key}",
        )
    now = int(time.time())
    fact = draft(
        signing.key.public,
        known,
        issuer=signing.organisation,
        issued_at=now,
        expires_at=now + lasts,
    ).sign(signing.key)
    write_file(output, f"{fact.text}\n")
    say(f"signed: {output}, {len(known.changes)} changes, holds {lasts:,} seconds")
    if as_json:
        put_json({"output": str(output), "changes": len(known.changes), "expires_at": now + lasts})


def _sources(trust: Trust) -> list[AccreditationSource]:
    if not any(chain.attestors and chain.rpc for chain in trust.chains):
        return [trust]
    from ledger.chain import Accreditations, connect_trusted  # noqa: PLC0415 - web3, a second

    return [
        Accreditations(trust, chain, connect_trusted(chain))
        for chain in trust.chains
        if chain.attestors and chain.rpc
    ]
