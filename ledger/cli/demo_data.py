"""What the demo records: files that installed packages ship, and statements about them.

Nobody here wrote those files. The parties are examples; the fingerprints are real.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from ledger.errors import ConfigurationError
from ledger.fingerprint import Fingerprint
from ledger.settings import Settings
from ledger.statement import Statement

__all__ = ["DemoSettings", "installed_files", "shown_files", "transfer"]

_SHOWN = (
    ("certifi", "certifi/cacert.pem"),
    ("eth-utils", "eth_utils/__json/eth_networks.json"),
    ("eth-account", "eth_account/hdaccount/wordlist/english.txt"),
)
_SMALLEST = 64


class DemoSettings(Settings):
    """Settings that no environment changes: a demo must never write into somebody's ledger."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic names them all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the program gives, and nothing else."""
        return (init_settings,)


def shown_files() -> list[Path]:
    """Find the data files that the demo shows one by one."""
    found = [
        Path(str(file.locate()))
        for package, name in _SHOWN
        for file in importlib.metadata.files(package) or ()
        if str(file) == name
    ]
    if not found:
        raise ConfigurationError(
            "demo.no-files",
            "none of the data files that the demo shows is installed",
            hint="Name files of your own: crossproof demo FILE…",
        )
    return found


def installed_files(count: int) -> Iterator[Path]:
    """Yield `count` files of installed packages, none of them twice."""
    seen: set[Path] = set()
    for distribution in importlib.metadata.distributions():
        for file in distribution.files or ():
            path = Path(str(file.locate())).resolve()
            if path in seen or not path.is_file() or path.stat().st_size < _SMALLEST:
                continue
            seen.add(path)
            yield path
            if len(seen) == count:
                return


def transfer(fingerprint: Fingerprint, *, scenario: str) -> Statement:
    """State the transfer of one file from Shenzhen to Hong Kong, between example parties."""
    members: dict[str, Any] = {
        "kind": "transfer",
        "occurred_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "exporter": {"id": "example:exporter", "name": "示例数据有限公司", "country": "CN"},
        "recipient": {"id": "example:recipient", "name": "Example Research Ltd", "country": "HK"},
        "from": "CN",
        "to": "HK",
        "scenario": scenario,
        "data_items": [{"name": "file", "class": "general", "personal": False, "sensitive": False}],
        "files": [fingerprint.to_value()],
    }
    return Statement.build(members)
