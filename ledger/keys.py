"""A ledger's own keys: files made at the first start, readable by their owner alone.

    log.key        signs checkpoints (Ed25519). Its first line is the public verifier key, which
                   names the log; below it the signer key, in the clear or encrypted (PKCS#8)
    operator.key   signs heads for the contract and pays for anchors (secp256k1): 0x and 64 digits,
                   or an Ethereum keystore (version 3) where a passphrase is set

How such files are read and made: `key_file`. Secrets are in no error text, no `repr` and no log
line.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from string import hexdigits
from typing import NoReturn

from coincurve import PrivateKey
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.errors import MalformedError
from ledger.key_file import checked_passphrase, named, read_private, unusable, write_new
from ledger.note import Signer, Verifier

__all__ = [
    "load_log_key",
    "load_operator_key",
    "make_log_key",
    "make_operator_key",
    "read_operator_key",
]

_SECRET_SIZE = 32
_WHOLE = "the passphrase that it was made with, and the file whole"


def make_log_key(path: Path, origin: str, passphrase: str | None = None) -> Signer:
    """Make a log's key; raise ConfigurationError where the file is there already."""
    signer = Signer.generate(origin)
    secret = signer.to_string() if passphrase is None else _encrypt(signer, passphrase)
    write_new(path, f"{signer.verifier}\n{secret.rstrip()}\n")
    return signer


def load_log_key(path: Path, passphrase: str | None = None) -> Signer:
    """Read a log's key; raise ConfigurationError where it cannot be used."""
    first, _, rest = read_private(path).partition("\n")
    try:
        verifier = Verifier.from_string(first.strip())
        if rest.startswith("PRIVATE+KEY+"):
            signer = Signer.from_string(rest.strip())
        else:
            signer = Signer.from_seed(verifier.name, _decrypt(rest, passphrase, path))
    except MalformedError as error:
        raise unusable(
            named(path), "a verifier key, and below it a signer key", error.message
        ) from None
    if signer.verifier != verifier:
        raise unusable(named(path), "both lines to be of one key", "two different keys")
    return signer


def make_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Make an operator's key; raise ConfigurationError where the file is there already."""
    key = PrivateKey(secrets.token_bytes(_SECRET_SIZE)).secret
    if passphrase is None:
        write_new(path, f"0x{key.hex()}\n")
    else:
        from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

        write_new(path, json.dumps(Account.encrypt(key, checked_passphrase(passphrase))) + "\n")
    return key


def load_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Read an operator's key, 32 bytes; raise ConfigurationError where it cannot be used."""
    return read_operator_key(read_private(path), passphrase, where=named(path))


def read_operator_key(text: str, passphrase: str | None = None, *, where: str) -> bytes:
    """Read what a key file holds from elsewhere; errors say `where`."""
    text = text.strip()
    if text.startswith("{"):
        return _operator_key(_open_keystore(text, passphrase, where), where)
    digits = text.removeprefix("0x")
    if len(digits) != 2 * _SECRET_SIZE or not set(digits) <= set(hexdigits):
        _not_a_key(where)
    return _operator_key(bytes.fromhex(digits), where)


def _operator_key(secret: bytes, where: str) -> bytes:
    """Accept 32 bytes that are a secp256k1 key: neither zero nor beyond the group's order."""
    try:
        return PrivateKey(secret).secret
    except ValueError:
        _not_a_key(where)


def _open_keystore(text: str, passphrase: str | None, where: str) -> bytes:
    if passphrase is None:
        raise unusable(where, "a passphrase for this keystore", "none")
    from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

    try:
        return bytes(Account.decrypt(text, checked_passphrase(passphrase)))
    # Its parts may be missing, of another type, or of another version than the library knows.
    except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError):
        raise unusable(where, _WHOLE, "another passphrase, or a damaged keystore") from None


def _encrypt(signer: Signer, passphrase: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(signer.seed())
    encryption = BestAvailableEncryption(checked_passphrase(passphrase).encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def _decrypt(pem: str, passphrase: str | None, path: Path) -> bytes:
    if passphrase is None:
        raise unusable(named(path), "a passphrase for this key", "none")
    try:
        key = load_pem_private_key(pem.encode(), checked_passphrase(passphrase).encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise unusable(named(path), _WHOLE, "another passphrase, or a damaged key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise unusable(named(path), "an Ed25519 key", type(key).__name__)
    return key.private_bytes_raw()


def _not_a_key(where: str) -> NoReturn:
    raise unusable(where, "0x and 64 hexadecimal digits, or a keystore", "something else") from None
