"""A ledger's keys, as its settings name them: made at the first start, never beside an old log.

    log        signs checkpoints
    operator   signs heads for the contract
    sender     pays for anchors; the operator's key unless another one is named
    admin      opens the log in the contract, its address a part of the log's id there; the sender's
               unless another one is named

The last three are in files, in the environment, or with external signers (see `key_source`).

A key made anew beside an old log would begin another log under the same name: what is missing then
is an error, and the answer is to put the key back.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.evm_key import EvmKey
from ledger.key_source import KeySource
from ledger.keys import load_log_key, make_log_key, make_operator_key
from ledger.note import Signer
from ledger.settings import Settings

__all__ = ["Keyring", "load_log_signer"]

_ORIGIN_BYTES = 4


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one ledger; those that are the same are one object."""

    log: Signer = field(repr=False)
    operator: EvmKey
    sender: EvmKey
    admin: EvmKey

    @classmethod
    def open(cls, settings: Settings, *, origin: str | None) -> Keyring:
        """Load the keys of the log named `origin`; with None, there being no log, make them.

        Raises ConfigurationError where one cannot be used or belongs to another log, and
        UnavailableError where a signer must be asked which account is meant, and does not answer.
        """
        if origin is None:
            _found(settings)
        signer = load_log_signer(settings)
        operator = _load(settings.operator, settings)
        sender = _load(settings.sender, settings) if settings.sender else operator
        admin = _load(settings.admin, settings) if settings.admin else sender
        return cls(signer, operator, sender, admin)


def load_log_signer(settings: Settings) -> Signer:
    """Load the log's key; raise ConfigurationError where it is missing or cannot be used."""
    path = settings.log_key
    if not path.exists():
        raise _missing(path, "the log's key")
    signer = load_log_key(path, settings.passphrase)
    if settings.origin not in {None, signer.name}:
        raise ConfigurationError(
            "settings.origin",
            "the log's origin is fixed by its key",
            expected=signer.name,
            found=settings.origin,
            hint="Leave CROSSPROOF_ORIGIN away, or start a new log in another directory.",
        )
    return signer


def _found(settings: Settings) -> None:
    """Make those keys that a first start does not find; a start cut short is gone on with."""
    if not settings.log_key.exists():
        origin = settings.origin or f"localhost/crossproof-{secrets.token_hex(_ORIGIN_BYTES)}"
        make_log_key(settings.log_key, origin, settings.passphrase)
    operator = settings.operator
    if operator.file is not None and operator.is_missing:
        make_operator_key(operator.file, settings.passphrase)


def _load(source: KeySource, settings: Settings) -> EvmKey:
    if source.file is not None and source.is_missing:
        raise _missing(source.file, f"the {source.role}'s key")
    return source.load(passphrase=settings.passphrase, timeout=settings.signer_timeout)


def _missing(path: Path, what: str) -> ConfigurationError:
    return ConfigurationError(
        "key.missing",
        f"{what} is not there",
        expected=f"a key file {path}",
        found="no file",
        hint="Put the key back: a new one cannot go on with an old log. "
        "For a new log `crossproof serve` makes its keys.",
    )
