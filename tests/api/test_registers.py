"""The registries on the chain as verifications here ask them: really, seldom, and for a while."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from api.allowance import Allowance
from api.registers import KEPT_SECONDS, RETRY_SECONDS, Registers
from ledger.anchor import ChainIdentity
from ledger.bundle import Bundle
from ledger.chain import Account, sign_status
from ledger.contracts import load
from ledger.errors import UnavailableError
from ledger.status import Action
from ledger.status_source import Announced
from tests.anchored_log import funded_key
from tests.api.service import Service
from tests.covered_transfer import KEY, records

_CHAIN = ChainIdentity(1, b"\x01" * 32, b"\x02" * 20)


@dataclass
class Source:
    """A witness that counts how often it is asked."""

    asked: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_away: bool = False

    def announced(self, *_: Any, account: bytes, leaf: bytes) -> tuple[Announced, ...]:
        self.asked.append((account, leaf))
        if self.is_away:
            raise UnavailableError("chain.unreachable", "no answer", found="silence")
        return (Announced(len(self.asked), Action.REVOKE),)


def _ask(registers: Registers, leaf: bytes = b"leaf") -> tuple[Announced, ...]:
    return registers.announced(_CHAIN, b"\x03" * 20, account=b"me", leaf=leaf)


def test_answer_is_kept_for_a_while() -> None:
    now, source = 0.0, Source()
    registers = Registers(source, allowance=Allowance(None), clock=lambda: now)  # type: ignore[arg-type]
    for at, requests in ((1.0, 1), (KEPT_SECONDS, 1), (1.0 + KEPT_SECONDS, 2)):
        now = at
        assert _ask(registers) == (Announced(requests, Action.REVOKE),)
        assert len(source.asked) == requests


def test_node_that_is_away_is_asked_again_soon_and_each_caller_is_told() -> None:
    now, source = 1.0, Source(is_away=True)
    registers = Registers(source, allowance=Allowance(None), clock=lambda: now)  # type: ignore[arg-type]
    told = []
    for _ in range(3):
        with pytest.raises(UnavailableError) as caught:
            _ask(registers)
        told.append(caught.value)
    assert len(source.asked) == 1
    assert len({id(error) for error in told}) == 3
    assert {(error.code, error.found) for error in told} == {("chain.unreachable", "silence")}
    now, source.is_away = 1.0 + RETRY_SECONDS, False
    assert _ask(registers) != ()


def test_strangers_cause_only_so_many_questions() -> None:
    now, source = 1.0, Source()
    allowance = Allowance(6, clock=lambda: now)
    registers = Registers(source, allowance=allowance, clock=lambda: now)  # type: ignore[arg-type]
    for number in range(6):
        _ask(registers, bytes([number]))
    with pytest.raises(UnavailableError) as caught:
        _ask(registers, b"another")
    assert caught.value.code == "chain.not-asked"
    # What is known is told all the same, and one more is earned in ten seconds.
    assert _ask(registers, bytes([0])) == (Announced(1, Action.REVOKE),)
    now += 10.5
    _ask(registers, b"another")
    assert len(source.asked) == 7


# On a chain


@dataclass
class Chained:
    """A service whose chain has both registries, and an account that says things there."""

    service: Service
    account: Account
    attestors: bytes
    attestations: bytes

    def send(self, to: bytes, signature: str, types: list[str], *values: object) -> None:
        data = keccak(signature.encode())[:4] + encode(types, list(values))
        node = self.service.node.chain.node
        signed = node.sign(self.account, to=to, data=data)
        node.send(signed.raw)
        assert node.wait(signed.hash).succeeded

    def say(self, action: Action, leaf: bytes) -> None:
        node = self.service.node.chain.node
        signed = sign_status(node, self.account, self.attestations, action=action, leaves=[leaf])
        node.send(signed.raw)
        assert node.wait(signed.hash).succeeded


@pytest.fixture
def chained(fresh: Service) -> Chained:
    chain = fresh.node.chain
    account = Account.from_key(funded_key(chain))

    def create(name: str, argument: bytes) -> bytes:
        code = load(name).bytecode + encode(["address"], [argument])
        signed = chain.node.sign(account, to=None, data=code)
        chain.node.send(signed.raw)
        receipt = chain.node.wait(signed.hash)
        assert receipt.contract is not None
        return receipt.contract

    attestors = create("AttestorRegistry", account.address)
    attestations = create("AttestationRegistry", attestors)
    fresh.node.settings = fresh.node.settings.model_copy(
        update={"chain_attestors": attestors.hex(), "chain_attestations": attestations.hex()}
    )
    made = Chained(fresh, account, attestors, attestations)
    made.send(
        attestors, "appointAuthority(bytes2,address)", ["bytes2", "address"], b"CN", account.address
    )
    return made


def test_verification_here_asks_both_registries_on_its_own_chain(chained: Chained) -> None:
    service = chained.service
    key = KEY.public.thumbprint
    now = int(time.time())
    chained.send(
        chained.attestors,
        "accredit(bytes2,bytes32,address,uint8,uint48,uint48)",
        ["bytes2", "bytes32", "address", "uint8", "uint48", "uint48"],
        b"CN", key, chained.account.address, 7, now, now + 10**6,
    )  # fmt: skip
    parties = {"exporter": {"id": "shenzhen"}, "recipient": {"id": "hongkong"}}
    made = records(
        {
            **{f"{c}/{n}": p for c in ("plan", "transfer") for n, p in parties.items()},
            "pre_assessment/credentialSubject/recipient": "hongkong",
            # After the accreditation, by the chain's clock, which may go before ours.
            "backup/iat": now + 300,
        }
    )
    for case, statement in made.items():
        who = "shenzhen" if case in {"plan", "transfer"} else "assessor"
        assert service.record(statement.entry, who).status_code == 201
    service.anchor()
    answer = service.get(f"/v1/records/{made['transfer'].value['record_id']}/bundle", "shenzhen")
    bundle = Bundle.from_json(answer.content).to_value()

    def judged(code: str, subject: str, who: str | None) -> tuple[str, str | None]:
        headers = service.headers(who)
        body = {"bundle": bundle, "without_files": True}
        report = service.client.post("/v1/verifications", json=body, headers=headers).json()
        (check,) = (
            check
            for check in report["checks"]
            if (check["code"], check.get("subject")) == (code, subject)
        )
        return check["status"], check.get("reason")

    # Each of the two desks asks for itself.
    assert judged("attestation.status", "backup", None) == ("verified", None)
    assert judged("attestation.accredited", "pre-assessment", None)[1] == "accreditation.not-then"
    assert judged("attestation.accredited", "backup", None) in {
        ("verified", None),
        # The anchor's block may be older than what the attestation says of itself.
        ("undetermined", "accreditation.ended"),
    }
    chained.say(Action.SUSPEND, made["backup"].leaf_hash)
    assert judged("attestation.status", "backup", "assessor") == (
        "failed",
        "attestation.suspended",
    )


def test_trust_that_is_offered_says_where_the_registries_stand(chained: Chained) -> None:
    offered = chained.service.node.trust().chains[0]
    assert (offered.attestors, offered.attestations) == (chained.attestors, chained.attestations)
