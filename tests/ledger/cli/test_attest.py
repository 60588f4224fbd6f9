"""`crossproof attest`, `receive`, `revoke` and `dossier` against a real server, from end to end."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger import base64url
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Attestation, Stage
from ledger.bundle import Bundle
from ledger.claims import leaf_name
from ledger.fingerprint import Fingerprint
from ledger.jwk import PrivateKey
from ledger.signing_key import SigningKey, load_signing_key, make_signing_key
from ledger.statement import Statement
from ledger.status_book import holding
from ledger.trust import Trust
from tests.crossproof import CommandLine, Outcome, Served
from tests.deadline import eventually
from tests.ledger.cli.conftest import Deployed
from tests.seal_key import certify, pem_of

pytestmark = pytest.mark.chain

_ITEM = {"name": "pay", "class": "general", "personal": True, "sensitive": False}
_MOVEMENT: dict[str, Any] = {
    "exporter": {"id": "shenzhen"}, "recipient": {"id": "hongkong"}, "from": "CN", "to": "HK",
    "scenario": "payroll", "data_items": [_ITEM],
}  # fmt: skip


class Desk:
    """A directory with keys, claims and a file, and a ledger to work with."""

    def __init__(self, crossproof: CommandLine, here: Path, ledger: Served, node: str) -> None:
        self.run, self.here, self.ledger, self.node = crossproof, here, ledger, node
        self.sequence = 0
        self.key = here / "attestor.pem"
        make_signing_key(self.key, organisation="attestor")
        self.file = here / "pay.csv"
        self.file.write_bytes(b"A,1\n")
        today = datetime.now(UTC)
        self.plan = self._record({
            "kind": "plan", **_MOVEMENT, "ceilings": {"transfers": 12},
            "period": {
                "from": f"{today - timedelta(days=1):%Y-%m-%d}",
                "until": f"{today + timedelta(days=9):%Y-%m-%d}",
            },
        })  # fmt: skip

    def _record(self, value: dict[str, Any]) -> Statement:
        statement = Statement.build(value)
        assert self.ledger.post([statement]) == 201
        return statement

    def transfer(self, **members: Any) -> Statement:
        self.sequence += 1
        plan = {"record_id": self.plan.value["record_id"], "leaf_hash": self.plan.leaf_hash.hex()}
        return self._record({
            "kind": "transfer", **_MOVEMENT,
            "occurred_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "files": [Fingerprint.of_file(self.file).to_value()],
            "covered_by": {
                "plan": plan, "sequence": self.sequence, "persons": {"personal": 1, "sensitive": 0},
            },
            **members,
        })  # fmt: skip

    def claims(self, stage: Stage, **subject: Any) -> Path:
        now = int(datetime.now(UTC).timestamp())
        said: dict[Stage, dict[str, Any]] = {
            Stage.PRE_ASSESSMENT: {
                "scenario": "payroll", "recipient": "hongkong", "to": "HK", "data_items": [_ITEM],
                "ceilings": {}, "outcome": "approved", "reasons": "no more than is needed",
                "legal_basis": {"route": "scc", "rule": "R1", "rule_set": "2026-01"},
            },
            Stage.BACKUP: {
                "custodian": {"id": "attestor", "name": "The Custodian"},
                "place": {"jurisdiction": "CN", "place": "Guangdong"},
            },
            Stage.POST_CHECK: {"method": {"kind": "full"}, "outcome": "consistent"},
        }  # fmt: skip
        period = {"nbf": now - 60, "exp": now + 3_600} if stage is Stage.PRE_ASSESSMENT else {}
        path = self.here / f"{stage.value}.json"
        value = {"jurisdiction": "CN", **period, "credentialSubject": {**said[stage], **subject}}
        path.write_text(json.dumps(value))
        return path

    def attest(self, stage: Stage, about: Statement, *more: object, **subject: Any) -> Outcome:
        who = () if "--jwk" in more else ("--key", self.key)
        return self.run(
            "attest", stage.value, about.value["record_id"], "--claims",
            self.claims(stage, **subject), *who, "--server", self.ledger.url, *more,
        )  # fmt: skip

    def attested(self, stage: Stage, about: Statement, *more: object) -> dict[str, Any]:
        outcome = self.attest(stage, about, "--json", *more)
        assert outcome.code == 0, outcome.stderr
        value: dict[str, Any] = json.loads(outcome.stdout)
        return value

    def bundle(self, about: Statement) -> Path:
        path = self.here / "b.json"
        command = ("bundle", about.value["record_id"], "-o", path, "--anchored")
        done = self.run(*command, "--server", self.ledger.url)
        assert done.code == 0, done.stderr
        return path

    def trust(self, **more: Any) -> Path:
        """What the ledger offers, with its node to ask, and what else is believed."""
        path = self.here / "trust.json"
        path.unlink(missing_ok=True)
        fetched = self.run(
            "trust", "fetch", "--trust", path, "--rpc", self.node, "--server", self.ledger.url
        )
        assert fetched.code == 0, fetched.stderr
        believed = json.loads(path.read_text())
        path.write_text(json.dumps({**believed, **more}))
        return path


@pytest.fixture
def desk(crossproof: CommandLine, here: Path, ledger: Served, deployed: Deployed) -> Desk:
    return Desk(crossproof, here, ledger, deployed.url)


@pytest.fixture
def signing(desk: Desk) -> SigningKey:
    return load_signing_key(desk.key)


def accredited(key: SigningKey, **more: Any) -> dict[str, Any]:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2**40)
    changes = (grant, *more.get("changes", ()))
    return Accreditation("CN", key.key.public.thumbprint, changes).to_value()


def whole(path: Path) -> Path | None:
    """Give a bundle's path where all stages are in it: what is logged later joins once anchored."""
    return path if set(Bundle.from_json(path.read_text()).attestations) == set(Stage) else None


def test_three_stages_from_the_command_line_to_a_verified_bundle(
    desk: Desk, signing: SigningKey
) -> None:
    assessed = desk.attested(Stage.PRE_ASSESSMENT, desk.plan)
    moved = desk.transfer()
    backup = desk.attested(Stage.BACKUP, moved, desk.file)
    desk.attested(Stage.POST_CHECK, moved)
    # The deposit was described from the file, and is for the holder alone.
    held = Path(backup["sd_jwt"])
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    read = Attestation.from_sd_jwt(held.read_text())
    deposit = read.shown.subject.deposit  # type: ignore[union-attr]
    assert [item.name for item in deposit.items or ()] == ["pay.csv"]
    assert deposit.size == desk.file.stat().st_size
    retained = read.claims.subject.retained_until  # type: ignore[union-attr]
    assert retained[:4] == str(datetime.now(UTC).year + 3)
    dossier = desk.run("dossier", moved.value["record_id"], "--server", desk.ledger.url)
    assert (dossier.code, dossier.stderr.count("in order")) == (0, 3), dossier.stderr
    bundle = eventually(lambda: whole(desk.bundle(moved)), "a bundle with all stages")
    assert bundle is not None
    text = bundle.read_text()
    assert "Guangdong" not in text
    trust = desk.trust(accreditations=[accredited(signing)])
    verified = desk.run("verify", bundle, desk.file, "--trust", trust, "--require", "post-check")
    assert verified.code == 0, verified.stderr
    assert assessed["record_id"] in dossier.stderr
    asked = desk.run(
        "dossier", moved.value["record_id"], "--bundle", bundle, "--json", "--lang", "zh"
    )
    assert (asked.code, json.loads(asked.stdout)["flags"]) == (0, [])


def test_broken_rule_refuses_before_anything_is_signed(desk: Desk) -> None:
    moved = desk.transfer()
    before = sorted(path.name for path in desk.here.iterdir())
    outcome = desk.attest(Stage.POST_CHECK, moved)
    assert outcome.code == 1
    assert "[post-check.backup]" in outcome.stderr, "no backup to refer to"
    outcome = desk.attest(Stage.BACKUP, moved)
    assert (outcome.code, "its files behind RECORD_ID" in outcome.stderr) == (2, True)
    outcome = desk.attest(Stage.PRE_ASSESSMENT, moved)
    assert (outcome.code, "[attestation.subject]" in outcome.stderr) == (1, True), outcome.stderr
    outcome = desk.attest(Stage.PRE_ASSESSMENT, desk.plan, recipient="somebody")
    assert outcome.code == 1
    told = ("pre-assessment.parties", "expected: hongkong", "found: somebody", "Correct the claims")
    for word in told:
        assert word in outcome.stderr
    after = {path.name for path in desk.here.iterdir()} - {f"{s.value}.json" for s in Stage}
    assert after == set(before) - {f"{s.value}.json" for s in Stage}


def test_accreditation_that_ended_refuses_and_one_nobody_knows_warns(
    desk: Desk, signing: SigningKey
) -> None:
    moved = desk.transfer()
    outcome = desk.attest(Stage.BACKUP, moved, desk.file)
    assert outcome.code == 0, outcome.stderr
    assert "[accreditation.not-asked]" in outcome.stderr
    revoked = accredited(signing, changes=(Change(2, Standing.REVOKED),))
    trust = desk.trust(accreditations=[revoked])
    outcome = desk.attest(Stage.BACKUP, moved, desk.file, "--trust", trust)
    assert (outcome.code, "[attestation.accredited]" in outcome.stderr) == (1, True)
    trust = desk.trust(accreditations=[accredited(signing)])
    outcome = desk.attest(Stage.BACKUP, moved, desk.file, "--trust", trust)
    assert (outcome.code, "cannot be told" in outcome.stderr) == (0, False), outcome.stderr


@pytest.mark.parametrize("form", ["text", "raw file"])
def test_key_elsewhere_signs_what_was_prepared(desk: Desk, form: str) -> None:
    moved = desk.transfer()
    key = PrivateKey.generate()
    jwk = desk.here / "jwk.json"
    jwk.write_text(json.dumps({"jwk": key.public.to_jwk(), "did": key.public.did}))
    waiting = desk.here / "waiting.json"
    prepared = desk.attest(
        Stage.BACKUP, moved, desk.file, "--jwk", jwk, "--prepare", waiting, "--issuer", "hsm"
    )
    assert prepared.code == 0, prepared.stderr
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600
    raw = key.sign(prepared.stdout.encode())
    signature = base64url.encode(raw)
    if form == "raw file":
        (desk.here / "signature").write_bytes(raw)
        signature = str(desk.here / "signature")
    command = (
        "attest", "backup", moved.value["record_id"], "--prepared", waiting,
        "--server", desk.ledger.url, "-o", desk.here / "held.sd-jwt", "--complete",
    )  # fmt: skip
    wrong = base64url.encode(PrivateKey.generate().sign(prepared.stdout.encode()))
    assert desk.run(*command, wrong).code == 1
    done = desk.run(*command, signature)
    assert (done.code, "logged: backup" in done.stderr) == (0, True), done.stderr
    again = desk.run(*command, signature)
    assert (again.code, "logged before" in again.stderr) == (0, True), again.stderr
    held = Attestation.from_sd_jwt((desk.here / "held.sd-jwt").read_text())
    assert held.claims.iss == "hsm"
    assert held.claims.subject.id == leaf_name(moved.leaf_hash)


def test_certificates_of_the_key_come_along_and_no_others(desk: Desk) -> None:
    key = load_signing_key(desk.key).key
    mine, others = certify(key), certify(PrivateKey.generate())
    chain = desk.here / "chain.pem"
    said = ("--certificates", chain)
    for wrong, code in ((pem_of(others), "x5c.key"), (b"no certificate", "x5c.malformed")):
        chain.write_bytes(wrong)
        refused = desk.attest(Stage.BACKUP, desk.transfer(), desk.file, *said)
        assert (refused.code != 0, code in refused.stderr) == (True, True), refused.stderr
    chain.write_bytes(pem_of(mine))
    moved = desk.transfer()
    backup = desk.attested(Stage.BACKUP, moved, desk.file, *said)
    held = Attestation.from_sd_jwt(Path(backup["sd_jwt"]).read_text())
    assert [one.parsed for one in held.jws.certificates] == mine
    assert (held.jws.key, "jwk" in held.jws.header) == (key.public, False)
    revoked = desk.run(
        "revoke", backup["record_id"], "--reason", "lost", "--key", desk.key, *said,
        "--server", desk.ledger.url,
    )  # fmt: skip
    assert revoked.code == 0, revoked.stderr


@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        (("--in-clear",), 0),
        (("--disclosable", "place.place"), 1),
        ((), 3),
    ],
)
def test_what_is_concealed_is_chosen(desk: Desk, options: tuple[str, ...], hidden: int) -> None:
    backup = desk.attested(Stage.BACKUP, desk.transfer(), desk.file, *options)
    held = Attestation.from_sd_jwt(Path(backup["sd_jwt"]).read_text())
    assert len(held.disclosures) == hidden


def test_concealing_what_a_rule_reads_is_refused(desk: Desk) -> None:
    outcome = desk.attest(
        Stage.BACKUP, desk.transfer(), desk.file, "--disclosable", "retained_until"
    )
    assert outcome.code == 1, outcome.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--jwk", "jwk.json"),
        ("--prepare", "x", "--key", "attestor.pem", "--jwk", "jwk.json"),
        ("--complete", "AA"),
    ],
)
def test_two_ways_to_sign_or_half_of_one_exit_2(desk: Desk, options: tuple[str, ...]) -> None:
    outcome = desk.attest(Stage.BACKUP, desk.plan, *options)
    assert outcome.code == 2, outcome.stderr


# A status list


def test_place_of_a_status_list_is_taken_for_what_is_signed_alone(desk: Desk) -> None:
    book = desk.here / "mine.book"
    address = "https://ledger.example/v1/status-lists/mine"
    assert desk.run("status-list", "new", book, "--address", address).code == 0
    moved = desk.transfer()
    refused = desk.attest(Stage.POST_CHECK, moved, "--status-list", book)
    assert refused.code == 1
    assert "0 of" in desk.run("status-list", "show", book).stdout
    kept = desk.attested(Stage.BACKUP, moved, desk.file, "--status-list", book)
    held = Attestation.from_sd_jwt(Path(kept["sd_jwt"]).read_text())
    place = held.claims.status.status_list  # type: ignore[union-attr]
    assert place.uri == address
    with holding(book) as taken:
        assert (taken.taken, taken.is_taken(place.idx)) == (1, True)
    claims = desk.claims(Stage.BACKUP)
    named = {"status": {"status_list": {"idx": 1, "uri": address}}}
    claims.write_text(json.dumps({**json.loads(claims.read_text()), **named}))
    twice = desk.run(
        "attest", "backup", moved.value["record_id"], desk.file, "--claims", claims,
        "--key", desk.key, "--server", desk.ledger.url, "--status-list", book,
    )  # fmt: skip
    assert (twice.code, "[usage.status-list]" in twice.stderr) == (2, True), twice.stderr


# revoke


def test_revocation_by_leaf_then_nothing_more(desk: Desk) -> None:
    moved = desk.transfer()
    backup = desk.attested(Stage.BACKUP, moved, desk.file)
    more = ("--reason", "lost", "--key", desk.key, "--server", desk.ledger.url)
    assert desk.run("revoke", backup["record_id"], "--reinstate", *more).code == 1
    suspended = desk.run("revoke", backup["record_id"], "--suspend", *more)
    assert suspended.code == 0, suspended.stderr
    revoked = desk.run(
        "revoke",
        backup["leaf_hash"],
        "--compromised-since",
        "2026-01-01T00:00:00Z",
        "--json",
        *more,
    )
    assert revoked.code == 0, revoked.stderr
    assert json.loads(revoked.stdout)["action"] == "revoke"
    last = desk.run("revoke", backup["record_id"], "--reinstate", *more)
    assert (last.code, "[status.order]" in last.stderr) == (1, True), last.stderr
    outcome = desk.attest(Stage.POST_CHECK, moved)
    assert (outcome.code, "[attestation.status]" in outcome.stderr) == (1, True), outcome.stderr
    told = desk.run("dossier", moved.value["record_id"], "--server", desk.ledger.url)
    assert (told.code, "revoked or suspended" in told.stderr) == (1, True), told.stderr


def test_revocation_of_what_is_not_there_or_no_attestation(desk: Desk) -> None:
    more = ("--reason", "lost", "--key", desk.key, "--server", desk.ledger.url)
    assert desk.run("revoke", "00" * 32, *more).code == 1
    refused = desk.run("revoke", desk.plan.value["record_id"], *more)
    assert (refused.code, "[status.action]" in refused.stderr) == (1, True)
    assert desk.run("revoke", "x", *more).code == 2
    two = desk.run("revoke", desk.plan.value["record_id"], "--stop", "--suspend", *more)
    assert two.code == 2
    stopped = desk.run("revoke", desk.plan.value["record_id"], "--stop", *more)
    assert stopped.code == 0, stopped.stderr
    assert "[status.no-regulator]" in stopped.stderr


# receive


def test_receipt_says_whether_it_matches(desk: Desk) -> None:
    moved = desk.transfer()
    bundle = desk.bundle(moved)
    trust = desk.trust()
    grant = desk.here / "grant.txt"
    grant.write_bytes(b"granted")
    more = (
        "--key", desk.key, "--issuer", "local", "--trust", trust, "--purpose", "p", "--scope", "s",
        "--server", desk.ledger.url,
    )  # fmt: skip
    done = desk.run("receive", bundle, desk.file, "--authorization", grant, "--json", *more)
    assert done.code == 0, done.stderr
    assert "local is no recipient that the record names: hongkong" in done.stderr
    assert json.loads(done.stdout)["outcome"] == "matches"
    desk.file.write_bytes(b"A,2\n")
    differs = desk.run("receive", bundle, desk.file, *more)
    assert differs.code == 1
    for word in ("it differs", "not what was sent", "1 files"):
        assert word in differs.stderr
    # It was logged by the one party there is here, who is the transfer's submitter too.
    told = desk.run("dossier", moved.value["record_id"], "--json", "--server", desk.ledger.url)
    assert "received-otherwise" in json.loads(told.stdout)["flags"]


def test_false_bundle_and_one_that_cannot_be_told_get_no_receipt(desk: Desk) -> None:
    moved = desk.transfer()
    bundle = desk.bundle(moved)
    trust = desk.trust()
    more = ("--key", desk.key, "--purpose", "p", "--scope", "s", "--server", desk.ledger.url)
    unknown = desk.here / "empty.json"
    unknown.write_text(Trust().to_json())
    refused = desk.run("receive", bundle, desk.file, "--trust", unknown, *more)
    assert (refused.code, "nothing was signed" in refused.stderr) == (3, True)
    value = json.loads(bundle.read_text())
    value["entry"]["index"] = value["entry"]["index"] + 1
    bundle.write_text(json.dumps(value))
    refused = desk.run("receive", bundle, desk.file, "--trust", trust, *more)
    assert (refused.code, "nothing was signed" in refused.stderr) == (1, True), refused.stderr
