"""`crossproof api-key`: API keys in the ledger's store, where a running server finds them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.console import problem, put, put_json, say
from ledger.cli.options import AS_JSON, DATA_DIR, JURISDICTION, SCOPE
from ledger.cli.table import put_table
from ledger.errors import MalformedError

if TYPE_CHECKING:
    from ledger.store.access import KeyRow

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="API keys: made, listed and revoked while the server runs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_DIRECTORY_MODE = 0o700
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@app.command("new")
def new(
    organisation: Annotated[
        str, typer.Argument(help="For whom the key speaks, as statements name them.")
    ],
    *,
    scope: Annotated[list[str] | None, SCOPE] = None,
    jurisdiction: Annotated[list[str] | None, JURISDICTION] = None,
    days: Annotated[
        int | None,
        typer.Option(
            envvar="CROSSPROOF_DAYS", min=1, max=36_500, help="When it ends; never if not given."
        ),
    ] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Make an API key: it is shown once, and the ledger keeps only its hash.

    Example: crossproof api-key new hkbr:12345678 --scope read --days 365

    A server that runs takes it at once. With the first key, nobody is served without one any more.
    """
    from ledger.settings import Settings  # noqa: PLC0415 - pydantic takes a while to import
    from ledger.store import Store  # noqa: PLC0415
    from ledger.store.access import KeyRow  # noqa: PLC0415

    # The API stands above the ledger; this command knows it by name alone (see `serve`).
    auth = import_module("api.auth")
    try:
        secret, key = auth.make_key(
            organisation, tuple(scope or ("submit", "read")), tuple(jurisdiction or ())
        )
    except MalformedError as error:
        raise problem(
            error.code, error.message, expected=error.expected, found=error.found
        ) from error
    settings = Settings.load(data_dir=data_dir)
    settings.data_dir.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    row = KeyRow(
        prefix=key.prefix,
        digest=key.digest,
        organisation=organisation,
        scopes=sorted(key.principal.scopes),
        jurisdictions=sorted(key.principal.jurisdictions),
        created_at=now,
        last_used_at=None,
        expires_at=None if days is None else now + timedelta(days=days),
        revoked_at=None,
    )
    with Store.open(settings.database) as store, store.access(write=True) as access:
        access.add_key(row)
    say(f"key of {organisation}, shown this once:")
    if as_json:
        put_json({"organisation": organisation, "prefix": row.prefix, "key": secret})
    else:
        put(f"{secret}\n")


@app.command("list")
def list_keys(
    *,
    as_json: Annotated[bool, AS_JSON] = False,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """List the keys: whose, what for, when made, last used, ended; never the keys themselves.

    Example: crossproof api-key list
    """
    from ledger.cli.opened import load_settings  # noqa: PLC0415 - pydantic takes a while
    from ledger.store import Store  # noqa: PLC0415

    with (
        Store.open(load_settings(data_dir).database, create=False) as store,
        store.access() as access,
    ):
        rows = access.keys()
    now = datetime.now(UTC)
    if as_json:
        put(json.dumps([_value(row, now) for row in rows], ensure_ascii=False, indent=2) + "\n")
        return
    if not rows:
        say("no keys")
        return
    put_table(
        ("prefix", "state", "organisation", "may", "used"), (_shown(row, now) for row in rows)
    )


@app.command("revoke")
def revoke(
    prefix: Annotated[str, typer.Argument(help="The key's prefix: cpk_PREFIX_….")],
    *,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Revoke a key for ever; running servers refuse it, and its sessions, within two seconds.

    Example: crossproof api-key revoke 3f9c0a1b2c3d
    """
    from ledger.cli.opened import load_settings  # noqa: PLC0415 - pydantic takes a while
    from ledger.store import Store  # noqa: PLC0415

    with (
        Store.open(load_settings(data_dir).database, create=False) as store,
        store.access(write=True) as access,
    ):
        revoked = access.revoke_key(prefix, now=datetime.now(UTC))
    if not revoked:
        raise problem(
            "auth.no-such-key",
            "no key of this prefix stands in the store",
            found=prefix[:100],
            hint="`crossproof api-key list` tells them; keys of a keys file end with their line.",
        )
    say(f"revoked: {prefix}")
    if as_json:
        put_json({"prefix": prefix})


def _shown(row: KeyRow, now: datetime) -> tuple[tuple[str, ...], str]:
    value = _value(row, now)
    rights = " ".join([*row.scopes, *row.jurisdictions])
    used = value["last_used_at"] or "never"
    line = f"{row.prefix}  {value['state']:8}  {row.organisation}  ({rights})  used {used}"
    return (row.prefix, value["state"], row.organisation, rights, used), line


def _value(row: KeyRow, now: datetime) -> dict[str, Any]:
    def shown(time: datetime | None) -> str | None:
        return None if time is None else time.strftime(_TIME)

    state = "stands"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.expires_at is not None and row.expires_at <= now:
        state = "ended"
    return {
        "prefix": row.prefix,
        "state": state,
        "organisation": row.organisation,
        "scopes": list(row.scopes),
        "jurisdictions": list(row.jurisdictions),
        "created_at": shown(row.created_at),
        "last_used_at": shown(row.last_used_at),
        "expires_at": shown(row.expires_at),
        "revoked_at": shown(row.revoked_at),
    }
