"""From the assessment to the revocation, at the command line, on anvil: as each party would."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.attestation import Stage
from ledger.organisation import Organisation, Role
from ledger.signing_key import make_signing_key
from tests.deadline import eventually
from tests.ledger.cli.test_attest import Desk
from tests.ledger.cli.test_revoke_on_chain import Registers, believing, bundle_with, desk, registers

__all__ = ["desk", "registers"]

pytestmark = pytest.mark.chain

_HOSTILE = "\x1b[32m✓ all is well\x1b[0m"


def _verdicts(outcome: Any, code: str) -> dict[str | None, tuple[str, str | None]]:
    checks = json.loads(outcome.stdout)["checks"]
    return {c.get("subject"): (c["status"], c.get("reason")) for c in checks if c["code"] == code}


def _trusting(desk: Desk, registers: Registers) -> Path:
    """Believe the registries, lists of that server, and a recipient whose key it makes."""
    mine = make_signing_key(desk.here / "recipient.pem", organisation="hongkong").key.public
    recipient = Organisation("hongkong", frozenset({Role.ENTERPRISE}), (mine,))
    return believing(
        desk, registers,
        status_sources=[{"lists": [f"{desk.ledger.url}/"], "required": ["list", "registry"]}],
        organisations=[recipient.to_value()],
    )  # fmt: skip


def test_filing_is_verified_and_its_revocation_counts_for_later_alone(
    desk: Desk, registers: Registers
) -> None:
    server, key = ("--server", desk.ledger.url), ("--key", desk.key)
    book, address = desk.here / "mine.book", f"{desk.ledger.url}/v1/status-lists/mine"
    assert desk.run("status-list", "new", book, "--address", address).code == 0
    desk.attested(Stage.PRE_ASSESSMENT, desk.plan, "--status-list", book)
    moved = desk.transfer(purpose=_HOSTILE)
    record = moved.value["record_id"]
    backup = desk.attested(Stage.BACKUP, moved, desk.file, "--status-list", book)
    desk.attested(Stage.POST_CHECK, moved, "--status-list", book)
    publish = ("status-list", "publish", book, "--key-file", desk.key, *server)
    assert desk.run(*publish).code == 0
    trust = _trusting(desk, registers)
    bundle = bundle_with(desk, moved, "attestations", 3)
    given = desk.run(
        "receive", bundle, desk.file, "--key", desk.here / "recipient.pem", "--trust", trust,
        "--purpose", _HOSTILE, "--scope", "s", *server,
    )  # fmt: skip
    assert given.code == 0, given.stderr
    assert "\x1b" not in given.stderr
    bundle = desk.here / "filed.bundle.json"
    bundle.write_bytes(bundle_with(desk, moved, "receipts", 1).read_bytes())
    verify = ("verify", bundle, desk.file, "--trust", trust, "--require", "post-check")
    sound = desk.run(*verify)
    assert "\x1b" not in sound.stderr
    assert sound.code == 0, sound.stderr
    made = desk.run("certificate", bundle, "-o", desk.here / "filing.pdf", "--trust", trust)
    assert made.code == 0, made.stderr
    # First anchors are pinned too, and whose key signed a receipt is nothing that they rest on.
    stranger = desk.here / "stranger.json"
    stranger.write_text(json.dumps({**json.loads(trust.read_text()), "organisations": []}))
    assert desk.run("trust", "pin", bundle, "--trust", stranger).code == 0
    assert desk.run("trust", "pin", bundle, "--trust", trust).code == 0
    offline = desk.run(*verify, "--offline", "--json")
    reasons = {check.get("reason") for check in json.loads(offline.stdout)["checks"]}
    assert offline.code == 3
    assert "status.registry-absent" in reasons
    assert "anchor.unpinned" not in reasons
    block = json.loads(bundle.read_text())["anchor"]["block_time"]
    filed = max(int(time.time()), block)
    eventually(lambda: time.time() > filed + 1, "the clock goes on")
    revoked = desk.run(
        "revoke", backup["record_id"], "--reason", _HOSTILE, *key, "--trust", trust, "--on-chain",
        "--account-key-file", registers.key_file, *server,
    )  # fmt: skip
    assert revoked.code == 0, revoked.stderr
    assert desk.run(*publish).code == 0
    after = desk.run(*verify, "--json")
    assert after.code == 1
    assert _verdicts(after, "attestation.status") == {
        "pre-assessment": ("verified", None),
        "backup": ("failed", "attestation.revoked"),
        "post-check": ("verified", None),
    }
    then = desk.run(*verify, "--at", f"{datetime.fromtimestamp(filed, UTC):%FT%TZ}", "--json")
    assert {status for status, _ in _verdicts(then, "attestation.status").values()} == {"verified"}
    dossier = desk.run("dossier", record, "--trust", trust, *server)
    assert (dossier.code, "\x1b" in dossier.stderr) == (1, False)
    assert "\\x1b[32m" in dossier.stderr
    fresh = desk.bundle(moved)
    refused = desk.run("certificate", fresh, "-o", desk.here / "x.pdf", "--trust", trust)
    assert (refused.code, (desk.here / "x.pdf").exists()) == (1, False)
