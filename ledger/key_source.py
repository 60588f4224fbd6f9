"""Where a secp256k1 key is to be had: a file, the environment, or an external signer.

    CROSSPROOF_OPERATOR_KEY_FILE     a file: 0x and 64 digits, or a keystore; mode 0600
    CROSSPROOF_OPERATOR_KEY          the same text itself
    CROSSPROOF_OPERATOR_SIGNER_URL   http[s]://…[#ADDRESS]: the key stays there (see `remote_key`)

SENDER and ADMIN likewise. One of the three, or none: which of two would count, nobody should have
to know.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.evm_key import EvmKey

__all__ = ["KeySource"]


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the key of a `role` is: "operator", "sender" or "admin"."""

    role: str
    file: Path | None = None
    text: str | None = field(default=None, repr=False)
    signer_url: str | None = field(default=None, repr=False)

    @classmethod
    def beside_environment(
        cls, role: str, *, file: Path | None, signer_url: str | None
    ) -> KeySource:
        """Take what options name, and CROSSPROOF_<ROLE>_KEY, for which there is no option.

        One that held a key would show it to everybody who lists this machine's processes.
        """
        return cls(role, file, os.environ.get(f"CROSSPROOF_{role.upper()}_KEY"), signer_url)

    def __post_init__(self) -> None:
        """Refuse two places for one key."""
        given = self._given()
        if len(given) > 1:
            raise ConfigurationError(
                "key.twice",
                f"the {self.role}'s key is given twice",
                expected="one of a file, the key itself and a signer",
                found=" and ".join(given),
            )

    def __bool__(self) -> bool:
        """Say whether a place is named."""
        return bool(self._given())

    @property
    def is_missing(self) -> bool:
        """Say whether a file is named that is not there."""
        return self.file is not None and not self.file.exists()

    def load(self, *, passphrase: str | None, timeout: float) -> EvmKey:
        """Load the key, or name its signer; `timeout` is the signer's, in seconds.

        Raises ConfigurationError; and UnavailableError where a signer must be asked which account
        is meant, and does not answer.
        """
        # Half a second of imports that a setting alone needs not.
        from ledger.keys import load_operator_key, read_operator_key  # noqa: PLC0415
        from ledger.local_key import LocalKey  # noqa: PLC0415
        from ledger.remote_key import RemoteKey  # noqa: PLC0415

        if self.signer_url is not None:
            return RemoteKey.connect(self.signer_url, timeout=timeout)
        if self.text is not None:
            return LocalKey(read_operator_key(self.text, passphrase, where=self._name("KEY")))
        if self.file is not None:
            return LocalKey(load_operator_key(self.file, passphrase))
        raise ConfigurationError(
            "key.none",
            f"no {self.role}'s key is named",
            expected=" or ".join(self._name(kind) for kind in ("KEY_FILE", "KEY", "SIGNER_URL")),
        )

    def _given(self) -> list[str]:
        values = {"KEY_FILE": self.file, "KEY": self.text, "SIGNER_URL": self.signer_url}
        return [self._name(kind) for kind, value in values.items() if value is not None]

    def _name(self, kind: str) -> str:
        return f"CROSSPROOF_{self.role.upper()}_{kind}"
