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

from ledger.errors import ConfigurationError, MalformedError
from ledger.note import Signer, Verifier

__all__ = [
    "load_log_key",
    "load_operator_key",
    "make_log_key",
    "make_operator_key",
    "read_operator_key",
]

_MODE = 0o600
_SECRET_SIZE = 32
_MAX_FILE_SIZE = 65_536
_WHOLE = "the passphrase that it was made with, and the file whole"


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
        raise _unusable(
            _file(path), "a verifier key, and below it a signer key", error.message
        ) from None
    if signer.verifier != verifier:
        raise _unusable(_file(path), "both lines to be of one key", "two different keys")
    return signer


def make_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Make an operator's key; raise ConfigurationError where the file is there already."""
    key = PrivateKey(secrets.token_bytes(_SECRET_SIZE)).secret
    if passphrase is None:
        _write_new(path, f"0x{key.hex()}\n")
    else:
        from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

        _write_new(path, json.dumps(Account.encrypt(key, _checked(passphrase))) + "\n")
    return key


def load_operator_key(path: Path, passphrase: str | None = None) -> bytes:
    """Read an operator's key, 32 bytes; raise ConfigurationError where it cannot be used."""
    return read_operator_key(_read_private(path), passphrase, where=_file(path))


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
        raise _unusable(where, "a passphrase for this keystore", "none")
    from eth_account import Account  # noqa: PLC0415 - half a second that `verify` never needs

    try:
        return bytes(Account.decrypt(text, _checked(passphrase)))
    # Its parts may be missing, of another type, or of another version than the library knows.
    except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError):
        raise _unusable(where, _WHOLE, "another passphrase, or a damaged keystore") from None


def _encrypt(signer: Signer, passphrase: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(signer.seed())
    encryption = BestAvailableEncryption(_checked(passphrase).encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def _decrypt(pem: str, passphrase: str | None, path: Path) -> bytes:
    if passphrase is None:
        raise _unusable(_file(path), "a passphrase for this key", "none")
    try:
        key = load_pem_private_key(pem.encode(), _checked(passphrase).encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unusable(_file(path), _WHOLE, "another passphrase, or a damaged key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(_file(path), "an Ed25519 key", type(key).__name__)
    return key.private_bytes_raw()


def _checked(passphrase: str) -> str:
    """Refuse a passphrase that protects nothing, or that no keyboard could repeat."""
    if not passphrase or any("\ud800" <= c <= "\udfff" for c in passphrase):
        raise ConfigurationError(
            "key.passphrase",
            "the passphrase cannot be used",
            expected="at least one character, as UTF-8",
            found="something that is not UTF-8" if passphrase else "an empty one",
            hint="Leave it out to keep the keys in the clear.",
        )
    return passphrase


def _read_private(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_FILE_SIZE)
    except OSError as error:
        raise _unusable(_file(path), "a readable key file", type(error).__name__) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(
            "key.mode",
            f"key file {path}: others may read it",
            expected="mode 0600",
            found=oct(stat.S_IMODE(mode)),
            hint=f"If nobody has: chmod 600 {path}",
        )
    # Every format of a key file is ASCII but for the log's name. What is not UTF-8 is none of
    # them, and a decoding error would carry the file's bytes, a secret, along.
    return data.decode(errors="replace")


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet: whole, durable and private, or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _link_new(path, text)
    except OSError as error:
        raise ConfigurationError(
            "key.unwritable",
            f"key file {path}: cannot be written",
            expected="a directory in which files can be made and linked",
            found=error.strerror or type(error).__name__,
        ) from error


def _link_new(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, refuses to replace a key that someone else made meanwhile.
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            raise ConfigurationError(
                "key.exists",
                f"key file {path}: it is there already, and keys are never overwritten",
            ) from None
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _not_a_key(where: str) -> NoReturn:
    raise _unusable(
        where, "0x and 64 hexadecimal digits, or a keystore", "something else"
    ) from None


def _file(path: Path) -> str:
    return f"key file {path}"


def _unusable(where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(
        "key.unusable", f"{where}: cannot be used", expected=expected, found=found
    )
