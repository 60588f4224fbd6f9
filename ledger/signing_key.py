"""Signing keys of attestors, recipients and regulators: a PKCS#8 file, P-256 or Ed25519.

    organisation: uscc:…                       may be absent: whose key it is
    -----BEGIN ENCRYPTED PRIVATE KEY-----      or PRIVATE KEY, where no passphrase was set
    …                                          (RFC 5958 in the textual form of RFC 7468, 10-11)

The line above the key is explanatory text (RFC 7468, 2), which other tools skip. `KeyDirectory` is
what a server holds for its organisations: every file encrypted, and bound to one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ledger import base64url
from ledger.errors import ConfigurationError, MalformedError, NotFoundError
from ledger.jwk import Curve, PrivateKey
from ledger.key_file import checked_passphrase, named, read_private, unusable, write_new
from ledger.kinds.members import MAX_IDENTIFIER

__all__ = ["KeyDirectory", "SigningKey", "load_signing_key", "make_signing_key"]

MAX_KEYS = 10_000
_SUFFIX = ".pem"
_OWNER = "organisation: "
_BEGIN = "-----BEGIN "
_ENCRYPTED = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_WHOLE = "the passphrase that it was made with, and the file whole"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key and the organisation that its file names; the key shows nothing of itself."""

    key: PrivateKey
    organisation: str | None = None

    @property
    def thumbprint(self) -> str:
        """Write the key's RFC 7638 thumbprint as `kid` has it."""
        return base64url.encode(self.key.public.thumbprint)


def make_signing_key(
    path: Path,
    *,
    curve: Curve = "P-256",
    passphrase: str | None = None,
    organisation: str | None = None,
) -> SigningKey:
    """Make a key; raise ConfigurationError where the file is there already."""
    made = SigningKey(PrivateKey.generate(curve), _checked_owner(organisation))
    checked = None if passphrase is None else checked_passphrase(passphrase).encode()
    head = "" if organisation is None else f"{_OWNER}{organisation}\n"
    write_new(path, head + made.key.to_pem(checked))
    return made


def load_signing_key(
    path: Path, passphrase: str | None = None, *, encrypted: bool = False
) -> SigningKey:
    """Read a key; raise ConfigurationError where it cannot be used.

    A file in the clear is refused where it must be `encrypted`.
    """
    head, begin, rest = read_private(path).partition(_BEGIN)
    pem = begin + rest
    is_encrypted = pem.startswith(_ENCRYPTED)
    if encrypted and not is_encrypted:
        raise ConfigurationError(
            "key.plain",
            f"key file {path}: in the clear",
            expected="a key encrypted with CROSSPROOF_KEY_PASSPHRASE (PKCS#8)",
            found="one that whoever reads the disk could use",
            hint="Make it with CROSSPROOF_KEY_PASSPHRASE set: crossproof key new-signing FILE",
        )
    if is_encrypted and passphrase is None:
        raise unusable(named(path), "a passphrase for this key", "none")
    # A passphrase that is set for other files does not make a key in the clear a wrong one.
    secret = checked_passphrase(passphrase).encode() if is_encrypted and passphrase else None
    try:
        loaded = load_pem_private_key(pem.encode(), secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise unusable(named(path), _WHOLE, "another passphrase, or a damaged key") from None
    try:
        key = PrivateKey.of(loaded)
    except MalformedError as error:
        raise unusable(named(path), str(error.expected), str(error.found)) from None
    return SigningKey(key, _owner(head, path))


class KeyDirectory:
    """The keys that a server holds, each usable by the organisation that its file names."""

    def __init__(self, keys: Mapping[str, SigningKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def load(cls, directory: Path | None, passphrase: str | None) -> KeyDirectory:
        """Read every NAME.pem of a directory; raise ConfigurationError where one cannot be used."""
        if directory is None:
            return cls({})
        if not directory.is_dir():
            raise ConfigurationError(
                "key.directory",
                f"signing keys: {directory} cannot be used",
                expected="a directory of NAME.pem files",
                found="none",
            )
        files = sorted(directory.glob(f"*{_SUFFIX}"))
        if len(files) > MAX_KEYS:
            raise ConfigurationError(
                "key.directory",
                f"signing keys: {directory} holds too many",
                expected=f"at most {MAX_KEYS} files",
                found=str(len(files)),
            )
        return cls(dict(_read(files, passphrase)))

    def find(self, name: str, organisation: str) -> SigningKey:
        """Find an organisation's key by its file's name or its thumbprint.

        Raises NotFoundError; another organisation's key is not there either.
        """
        for stem, held in self._keys.items():
            if name in {stem, held.thumbprint} and held.organisation == organisation:
                return held
        raise NotFoundError(
            "key.unknown",
            "No such signing key is held here for you.",
            expected="the name or thumbprint of a key of your organisation",
            found=name[:MAX_IDENTIFIER],
        )

    def held_for(self, organisation: str) -> dict[str, SigningKey]:
        """List an organisation's keys by their files' names."""
        return {
            stem: held for stem, held in self._keys.items() if held.organisation == organisation
        }


def _read(files: list[Path], passphrase: str | None) -> Iterator[tuple[str, SigningKey]]:
    for file in files:
        held = load_signing_key(file, passphrase, encrypted=True)
        if held.organisation is None:
            raise unusable(
                named(file), f"a first line `{_OWNER}…`: who may use it", "a key of nobody"
            )
        yield file.name.removesuffix(_SUFFIX), held


def _owner(head: str, path: Path) -> str | None:
    lines = head.splitlines()
    if not lines:
        return None
    if len(lines) != 1 or not lines[0].startswith(_OWNER):
        raise unusable(named(path), f"a key, and above it nothing but `{_OWNER}…`", "other text")
    return _checked_owner(lines[0].removeprefix(_OWNER))


def _checked_owner(organisation: str | None) -> str | None:
    if organisation is None:
        return None
    if not 0 < len(organisation) <= MAX_IDENTIFIER or not organisation.isprintable():
        raise ConfigurationError(
            "key.organisation",
            "the organisation of a signing key",
            expected=f"an identifier of at most {MAX_IDENTIFIER} characters",
            found=ascii(organisation[:MAX_IDENTIFIER]),
        )
    return organisation
