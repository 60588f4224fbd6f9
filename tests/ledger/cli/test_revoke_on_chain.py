"""`crossproof revoke --on-chain` on anvil: said there, and counted by a verifier."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ledger.attestation import Stage
from ledger.chain import Account, Chain
from ledger.contracts import load
from ledger.keys import load_operator_key
from ledger.signing_key import load_signing_key
from ledger.statement import Statement
from tests.anchored_log import funded_key
from tests.crossproof import CommandLine, Served
from tests.deadline import eventually
from tests.ledger.cli.conftest import Deployed
from tests.ledger.cli.test_attest import Desk

pytestmark = pytest.mark.chain

_PARTS = "bytes2", "bytes32", "address", "uint8", "uint48", "uint48"


@dataclass(frozen=True)
class Registers:
    """Both registries, with the attestor accredited in CN and an account that speaks for him."""

    attestors: str
    attestations: str
    key_file: Path
    authority: Path

    def options(self, deployed: Deployed, key: Path | None = None) -> tuple[object, ...]:
        return (
            "--on-chain", "--rpc", deployed.url, "--registry", self.attestations,
            "--account-key-file", key or self.key_file,
        )  # fmt: skip


@pytest.fixture
def desk(crossproof: CommandLine, here: Path, ledger: Served, deployed: Deployed) -> Desk:
    return Desk(crossproof, here, ledger, deployed.url)


@pytest.fixture
def registers(desk: Desk, deployed: Deployed, here: Path) -> Registers:
    speaker, authority = here / "speaker.key", here / "authority.key"
    with Chain.connect(deployed.url) as chain:
        node = chain.node
        for path in (speaker, authority):
            path.write_text(f"0x{funded_key(chain).hex()}\n")
            path.chmod(0o600)
        admin = Account.from_key(load_operator_key(authority, None))
        controller = Account.from_key(load_operator_key(speaker, None))

        def send(to: bytes | None, data: bytes) -> bytes:
            signed = node.sign(admin, to=to, data=data)
            node.send(signed.raw)
            receipt = node.wait(signed.hash)
            assert receipt.succeeded
            return receipt.contract or b""

        def create(name: str, argument: bytes) -> bytes:
            return send(None, load(name).bytecode + encode(["address"], [argument]))

        def call(to: bytes, signature: str, *values: object) -> None:
            types = signature.partition("(")[2].rstrip(")").split(",")
            send(to, keccak(signature.encode())[:4] + encode(types, list(values)))

        attestors = create("AttestorRegistry", admin.address)
        attestations = create("AttestationRegistry", attestors)
        call(attestors, "appointAuthority(bytes2,address)", b"CN", admin.address)
        now = int(time.time())
        key = load_signing_key(desk.key).key.public.thumbprint
        call(
            attestors, f"accredit({','.join(_PARTS)})",
            b"CN", key, controller.address, 7, now, now + 10**6,
        )  # fmt: skip
    return Registers(f"0x{attestors.hex()}", f"0x{attestations.hex()}", speaker, authority)


def believing(desk: Desk, registers: Registers, **more: Any) -> Path:
    path = desk.trust(**more)
    value: Any = json.loads(path.read_text())
    value["chains"][0] |= {
        "attestors": registers.attestors,
        "attestations": registers.attestations,
        "finality": "instant",
    }
    path.write_text(json.dumps(value))
    return path


def bundle_with(desk: Desk, about: Statement, member: str, count: int) -> Path:
    """Fetch a bundle once it holds so many attestations or receipts: they join when anchored."""

    def ask() -> Path | None:
        path = desk.bundle(about)
        return path if len(json.loads(path.read_text()).get(member, ())) >= count else None

    return eventually(ask, f"{count} {member} in the bundle") or Path()


def test_revocation_on_the_chain_counts_for_a_bundle_made_before(
    desk: Desk, registers: Registers, deployed: Deployed
) -> None:
    moved = desk.transfer()
    backup = desk.attested(Stage.BACKUP, moved, desk.file)
    bundle = bundle_with(desk, moved, "attestations", 1)
    trust = believing(desk, registers)
    command = ("verify", bundle, desk.file, "--trust", trust, "--json")
    before = json.loads(desk.run(*command).stdout)["checks"]
    told = [c["status"] for c in before if c["code"] == "attestation.status"]
    assert told == ["verified"]
    more = ("--key", desk.key, "--server", desk.ledger.url, "--trust", trust)
    done = desk.run(
        "revoke", backup["record_id"], "--reason", "lost", "--json", "--on-chain",
        "--account-key-file", registers.key_file, *more,
    )  # fmt: skip
    assert done.code == 0, done.stderr
    assert "status.no-controller" not in done.stderr
    value = json.loads(done.stdout)
    assert (value["added"], len(value["transaction"])) == (True, 66)
    after = desk.run(*command)
    (told,) = [c for c in json.loads(after.stdout)["checks"] if c["code"] == "attestation.status"]
    assert (after.code, told["reason"]) == (1, "attestation.revoked")
    assert told["found"] == "AttestationRegistry"
    # Nothing can follow: neither place takes it, and the chain says no before anything is logged.
    again = desk.run(
        "revoke", backup["record_id"], "--suspend", *registers.options(deployed),
        "--server", desk.ledger.url,
    )  # fmt: skip
    assert (again.code, "[status.impossible]" in again.stderr) == (1, True), again.stderr


def test_authority_stops_a_transfer_on_the_chain_alone(
    desk: Desk, registers: Registers, deployed: Deployed
) -> None:
    moved = desk.transfer()
    trust = believing(desk, registers)
    more = ("--server", desk.ledger.url)
    options = registers.options(deployed, registers.authority)
    refused = desk.run("revoke", moved.value["record_id"], *options, *more)
    assert (refused.code, "[status.action]" in refused.stderr) == (1, True), refused.stderr
    done = desk.run("revoke", moved.value["record_id"], "--stop", *options, *more)
    assert done.code == 0, done.stderr
    assert "on the chain: block" in done.stderr
    assert "logged" not in done.stderr
    kept = desk.attested(Stage.BACKUP, moved, desk.file)
    assert kept["added"]
    bundle = bundle_with(desk, moved, "attestations", 1)
    report = desk.run("verify", bundle, desk.file, "--trust", trust, "--json")
    checks = json.loads(report.stdout)["checks"]
    assert [c["status"] for c in checks if c["code"] == "record.stopped"] == ["failed"]
    lifted = desk.run("revoke", moved.value["record_id"], "--reinstate", *options, *more)
    assert lifted.code == 0, lifted.stderr


def test_account_that_nobody_counts_is_told_so(
    desk: Desk, registers: Registers, deployed: Deployed
) -> None:
    backup = desk.attested(Stage.BACKUP, desk.transfer(), desk.file)
    done = desk.run(
        "revoke", backup["record_id"], *registers.options(deployed, registers.authority),
        "--trust", believing(desk, registers), "--server", desk.ledger.url,
    )  # fmt: skip
    assert (done.code, "[status.no-controller]" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("without", "found"),
    [("--rpc", "usage.registry"), ("--registry", "usage.registry"), ("contract", "usage.registry")],
)
def test_registry_that_is_not_there_or_not_named_exits_2_and_logs_nothing(
    desk: Desk, registers: Registers, deployed: Deployed, without: str, found: str
) -> None:
    backup = desk.attested(Stage.BACKUP, desk.transfer(), desk.file)
    options = [str(option) for option in registers.options(deployed)]
    if without == "contract":
        options[options.index("--registry") + 1] = "0x" + "11" * 20
    else:
        place = options.index(without)
        del options[place : place + 2]
    done = desk.run(
        "revoke", backup["record_id"], "--reason", "lost", "--key", desk.key, *options,
        "--server", desk.ledger.url,
    )  # fmt: skip
    assert (done.code, f"[{found}]" in done.stderr) == (2, True), done.stderr
    assert "logged" not in done.stderr
