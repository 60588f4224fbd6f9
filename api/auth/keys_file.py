"""The keys file: API keys that an operator's own means bring, beside those of the store.

    {"keys": [{"prefix": "3f9c…", "sha256": hex, "organisation": "acme", "scopes": ["submit"]}]}

Read when the server starts. For a first key, and for those who keep what servers know in files of
their own; everyone else makes keys in the store (`crossproof api-key`), where they can be revoked.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from api.auth.api_key import ApiKey, make_key
from ledger.canonical import parse
from ledger.errors import ConfigurationError, MalformedError
from ledger.members import Members

__all__ = ["MAX_KEYS", "add_key", "read_keys_file"]

MAX_KEYS = 100_000
_MODE = 0o600
_NAME_BYTES = 6


def read_keys_file(path: Path) -> Mapping[str, ApiKey]:
    """Read the keys by their prefixes; raise ConfigurationError where the file cannot be used."""
    try:
        members = Members(parse(path.read_bytes()), "keys file")
        keys = members.array("keys", ApiKey.from_value, longest=MAX_KEYS)
        members.end()
    except (OSError, MalformedError) as error:
        raise ConfigurationError(
            "auth.keys-file", f"API keys file {path}: cannot be used", found=str(error)
        ) from error
    by_prefix = {key.prefix: key for key in keys}
    if len(by_prefix) != len(keys):
        raise ConfigurationError(
            "auth.keys-file", f"API keys file {path}: two keys have the same prefix"
        )
    return by_prefix


def add_key(
    path: Path, organisation: str, scopes: Iterable[str], jurisdictions: Iterable[str] = ()
) -> str:
    """Make a key and write its entry to the keys file, which may not be there yet.

    Raises ConfigurationError where the file cannot be used, MalformedError for a scope that there
    is not.
    """
    secret, key = make_key(organisation, scopes, jurisdictions)
    keys = [*read_keys_file(path).values(), key] if path.exists() else [key]
    text = json.dumps({"keys": [k.to_value() for k in keys]}, ensure_ascii=False, indent=2)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(_NAME_BYTES)}")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w"
        ) as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigurationError(
            "auth.keys-file", f"API keys file {path}: cannot be written", found=str(error.strerror)
        ) from error
    return secret
