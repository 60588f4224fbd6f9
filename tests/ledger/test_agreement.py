"""An operator's agreement as a file: what it says is what was signed, and nothing else opens it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreement import MAX_AGREEMENT_SIZE, Agreement, Closing, OperatorChange, gather
from ledger.chain import Account
from ledger.errors import ConflictError, MalformedError
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.remote_key import RemoteKey
from tests.anvil import Anvil, anvil
from tests.signer import by, dev_key, serving_signer

__all__ = ["anvil"]

KEYS = [bytes([number]) * 32 for number in (1, 2, 3)]
ADDRESSES = sorted(Account.from_key(key).address for key in KEYS)
DOMAIN = HeadDomain(31337, b"\x02" * 20, b"\x03" * 32, 4)
CHANGE = OperatorChange(tuple(ADDRESSES), 2, 7)
CLOSING = Closing(9, b"\x05" * 32, b"\x06" * 32)


def agreement(key: bytes = KEYS[0], matter: OperatorChange | Closing = CHANGE) -> Agreement:
    return Agreement.sign(matter, HeadSigner("", DOMAIN, LocalKey(key)))


@pytest.mark.parametrize("matter", [CHANGE, CLOSING, replace(CLOSING, successor=None)])
def test_agreement_comes_back_as_it_was_signed(matter: OperatorChange | Closing) -> None:
    signed = agreement(matter=matter)
    read = Agreement.from_json(signed.to_json())
    assert read == signed
    assert read.signer == Account.from_key(KEYS[0]).address


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("chain_id",), 1),
        (("contract",), "0x" + "01" * 20),
        (("log_id",), "0x" + "01" * 32),
        (("epoch",), 5),
        (("change", "threshold"), 1),
        (("change", "nonce"), 8),
        (("change", "operators"), [f"0x{a.hex()}" for a in ADDRESSES[:2]]),
    ],
)
def test_agreement_that_was_changed_is_by_somebody_else(place: tuple[str, ...], value: Any) -> None:
    written = json.loads(agreement().to_json())
    inner = written
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    assert Agreement.from_json(json.dumps(written)).signer != agreement().signer


@pytest.mark.parametrize(
    "change",
    [
        {"operators": [f"0x{a.hex()}" for a in reversed(ADDRESSES)]},
        {"operators": [f"0x{ADDRESSES[0].hex()}"] * 2},
        {"operators": []},
        {"operators": ["0x12"]},
        {"threshold": 4},
        {"threshold": 0},
        {"nonce": -1},
        {"further": 1},
    ],
)
def test_from_json_a_change_that_no_contract_takes_is_malformed(change: dict[str, Any]) -> None:
    written = json.loads(agreement().to_json())
    written["change"] |= change
    with pytest.raises(MalformedError):
        Agreement.from_json(json.dumps(written))


def test_from_json_no_successor_has_one_spelling() -> None:
    written = json.loads(agreement(matter=CLOSING).to_json())
    written["closing"]["successor"] = "0x" + "00" * 32
    with pytest.raises(MalformedError):
        Agreement.from_json(json.dumps(written))


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_from_json_any_bytes_give_an_agreement_or_malformed(data: bytes | str) -> None:
    with suppress(MalformedError):
        Agreement.from_json(data)


def test_from_json_too_much_is_malformed() -> None:
    with pytest.raises(MalformedError):
        Agreement.from_json(" " * MAX_AGREEMENT_SIZE + agreement().to_json())


def gathered(*agreements: Agreement, threshold: int = 2) -> Any:
    return gather(agreements, domain=DOMAIN, operators=ADDRESSES[:], threshold=threshold)


def test_gather_gives_as_many_signatures_as_must_by_ascending_signers() -> None:
    signed = [agreement(key) for key in KEYS]
    by_address = {one.signer: one.signature for one in signed}
    for order in (signed, signed[::-1]):
        matter, signatures = gathered(*order)
        assert matter == CHANGE
        assert list(signatures) == [by_address[address] for address in ADDRESSES[:2]]


@pytest.mark.parametrize(
    ("agreements", "code"),
    [
        ([], "agreement.too-few"),
        ([agreement()], "agreement.too-few"),
        ([agreement(), agreement()], "agreement.too-few"),
        ([agreement(), agreement(KEYS[1], CLOSING)], "agreement.differs"),
        ([agreement(), agreement(b"\x09" * 32)], "agreement.signer"),
        ([agreement(), replace(agreement(KEYS[1]), signature=bytes(65))], "agreement.signer"),
        ([replace(agreement(), domain=replace(DOMAIN, epoch=3))], "agreement.other"),
        ([replace(agreement(), domain=replace(DOMAIN, log_id=bytes(32)))], "agreement.other"),
    ],
)
def test_gather_says_what_is_missing(agreements: list[Agreement], code: str) -> None:
    with pytest.raises(ConflictError) as caught:
        gathered(*agreements)
    assert caught.value.code == code


@pytest.mark.chain
@pytest.mark.parametrize("matter", [CHANGE, CLOSING, replace(CLOSING, successor=None)])
def test_agreement_by_an_external_signer_is_the_one_that_a_key_here_makes(
    anvil: Anvil, matter: OperatorChange | Closing
) -> None:
    """It computes the digest for itself, from what it is shown."""
    key = dev_key(5)
    with serving_signer(by(anvil)) as signer:
        remote = HeadSigner("", DOMAIN, RemoteKey.connect(signer.named(key), timeout=30, rest=0))
        signed = Agreement.sign(matter, remote)
    assert signed.signer == key.address
    assert signed == Agreement.sign(matter, HeadSigner("", DOMAIN, key))
