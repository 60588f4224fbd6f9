"""A ledger's own keys: files made at the first start, readable by their owner alone.

    log.key        signs checkpoints (Ed25519). Its first line is the public verifier key, which
                   names the log; below it the signer key, in the clear or encrypted (PKCS#8)
    operator.key   signs heads for the contract and pays for anchors (secp256k1): 0x and 64 digits,
                   or an Ethereum keystore (version 3) where a passphrase is set

Files are made whole or not at all, with mode 0600 from the first byte. Secrets are in no error
text, no `repr` and no log line.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.errors import ConfigurationError, MalformedError
from ledger.note import Signer, Verifier

__all__ = ["load_log_key", "load_operator_key", "make_log_key", "make_operator_key"]

_MODE = 0o600
_SECRET_SIZE = 32


def make_log_key(path: Path, origin: str, passphrase: str | None = None) -> Signer:
    """Make a log's key; raise ConfigurationError where the file is there already."""
    signer = Signer.generate(origin)
    secret = signer.to_string() if passphrase is None else _encrypt(signer, passphrase)
    _write_new(path, f"{signer.verifier}\n{secret.rstrip()}\n")
    return signer


def load_log_key(path: Path, passphrase: str | None = None) -> Signer:
    """Read a log's key; raise ConfigurationError where it cannot be used."""
    first, _, rest = _read_private(path).partition("\n")
    try:
        verifier = Verifier.from_string(first.strip())
        if rest.startswith("PRIVATE+KEY+"):
            signer = Signer.from_string(rest.strip())
        else:
            signer = Signer.from_seed(verifier.name, _decrypt(rest, passphrase, path))
    except MalformedError as error:
        raise _unusable(path, "a verifier key, and below it a signer key", error.message) from None
    if signer.verifier != verifier:
        raise _unusable(path, "both lines to be of one key", "two different keys")
    return signer


def make_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Make an operator's key; raise ConfigurationError where the file is there already."""
    key = PrivateKey(secrets.token_bytes(_SECRET_SIZE)).secret
    if passphrase is None:
        _write_new(path, f"0x{key.hex()}\n")
    else:
        from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

        _write_new(path, json.dumps(Account.encrypt(key, passphrase)) + "\n")
    return key


def load_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Read an operator's key, 32 bytes; raise ConfigurationError where it cannot be used."""
    text = _read_private(path).strip()
    if not text.startswith("{"):
        try:
            key = bytes.fromhex(text.removeprefix("0x"))
            return PrivateKey(key).secret if len(key) == _SECRET_SIZE else _not_a_key(path)
        except ValueError:
            _not_a_key(path)
    if passphrase is None:
        raise _unusable(path, "a passphrase for this keystore", "none")
    from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

    try:
        return bytes(Account.decrypt(text, passphrase))
    except (ValueError, KeyError, TypeError):
        raise _unusable(path, "the passphrase to open this keystore", "another one") from None


def _encrypt(signer: Signer, passphrase: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(signer.seed())
    encryption = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def _decrypt(pem: str, passphrase: str | None, path: Path) -> bytes:
    if passphrase is None:
        raise _unusable(path, "a passphrase for this key", "none")
    try:
        key = load_pem_private_key(pem.encode(), passphrase.encode())
    except (ValueError, TypeError):
        raise _unusable(path, "the passphrase to open this key", "another one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path, "an Ed25519 key", type(key).__name__)
    return key.private_bytes_raw()


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, "a readable key file", type(error).__name__) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(
            "key.mode",
            f"key file {path}: others may read it",
            expected="mode 0600",
            found=oct(stat.S_IMODE(mode)),
            hint=f"If nobody has: chmod 600 {path}",
        )
    return text


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: whole, durable and private, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, refuses to replace a key that someone else made meanwhile.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise ConfigurationError(
            "key.exists", f"key file {path}: it is there already, and keys are never overwritten"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _not_a_key(path: Path) -> bytes:
    raise _unusable(path, "0x and 64 hexadecimal digits, or a keystore", "something else") from None


def _unusable(path: Path, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        "key.unusable", f"key file {path}: cannot be used", expected=expected, found=found
    )
