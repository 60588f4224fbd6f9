"""A co-operator: signs what grows, remembers it, and says which of its refusals is an alarm."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import durable_file
from ledger.anchor import ChainIdentity
from ledger.checkpoint import Checkpoint
from ledger.cosigner import (
    MAX_PROOF,
    MAX_REQUEST_SIZE,
    CosignedLog,
    Cosigner,
    OtherSizeError,
    Request,
)
from ledger.errors import (
    LedgerError,
    MalformedError,
    NotFoundError,
    UnavailableError,
    VerificationError,
)
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.merkle import consistency_proof, leaf_hash, root
from ledger.note import Signer, sign
from ledger.remote_key import RemoteKey
from tests.signer import heads_by, refusing, serving_signer

ORIGIN = "example.com/log"
LOG = Signer.generate(ORIGIN)
CHAIN = ChainIdentity(31337, b"\x01" * 32, b"\x02" * 20)
KEY = LocalKey(b"\x07" * 32)
OPERATOR = HeadSigner(ORIGIN, HeadDomain(CHAIN.chain_id, CHAIN.contract, b"\x03" * 32), KEY)
LEAVES = [leaf_hash(bytes([i])) for i in range(20)]
FORKED = [*LEAVES[:3], leaf_hash(b"rewritten"), *LEAVES[4:]]


def cosigner(directory: Path) -> Cosigner:
    return Cosigner([CosignedLog(LOG.verifier, OPERATOR)], directory)


def request(
    old: int, size: int, leaves: list[bytes] = LEAVES, *, signer: Signer = LOG, origin: str = ORIGIN
) -> Request:
    proof = consistency_proof(leaves[:size], old) if 0 < old < size else []
    note = sign(Checkpoint(origin, size, root(leaves[:size])).text(), signer)
    return Request(old, tuple(proof), note)


def refusal(asked: Cosigner, wrong: Request) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        asked.add_checkpoint(wrong)
    return caught.value


def test_growing_heads_are_signed_as_the_contract_wants_it(tmp_path: Path) -> None:
    asked = cosigner(tmp_path)
    for old, size in ((0, 3), (3, 3), (3, 4), (4, 20)):
        wanted = request(old, size)
        signature = asked.add_checkpoint(wanted)
        text = wanted.note.partition("\n\n")[0] + "\n"
        assert OPERATOR.verifier.verify(text.encode(), signature.value)
        assert (signature.name, signature.key_id) == (ORIGIN, OPERATOR.key_id)


@pytest.mark.parametrize("forgetful", [False, True])
def test_another_history_is_refused_also_after_a_restart(tmp_path: Path, forgetful: bool) -> None:  # noqa: FBT001
    asked = cosigner(tmp_path)
    asked.add_checkpoint(request(0, 5))
    if forgetful:
        asked = cosigner(tmp_path)
    for forked in (request(5, 6, FORKED), request(5, 20, FORKED), request(5, 5, FORKED)):
        error = refusal(asked, forked)
        assert isinstance(error, VerificationError)
        assert error.code.startswith("merkle.")
    # What it refused has changed nothing.
    asked.add_checkpoint(request(5, 6))


def test_another_size_is_told_and_never_less_than_was_signed(tmp_path: Path) -> None:
    asked = cosigner(tmp_path)
    asked.add_checkpoint(request(0, 5))
    for old, size in ((0, 20), (3, 20), (4, 5), (0, 3)):
        error = refusal(asked, request(old, size))
        assert isinstance(error, OtherSizeError)
        assert error.size == 5
    # Beyond its own checkpoint nothing can be old.
    assert isinstance(refusal(asked, request(5, 4)), MalformedError)


def test_strangers_are_told_apart(tmp_path: Path) -> None:
    asked = cosigner(tmp_path)
    other = Signer.generate("example.org/other")
    assert isinstance(
        refusal(asked, request(0, 1, signer=other, origin="example.org/other")), NotFoundError
    )
    for signer in (Signer.generate(ORIGIN), other):
        assert refusal(asked, request(0, 1, signer=signer)).code == "cosigner.not-signed"


def test_nothing_is_signed_that_could_not_be_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = cosigner(tmp_path)
    asked.add_checkpoint(request(0, 5))
    real = durable_file.replace

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable_file, "replace", full)
    assert isinstance(refusal(asked, request(5, 6)), UnavailableError)
    monkeypatch.setattr(durable_file, "replace", real)
    asked.add_checkpoint(request(5, 6))


def test_head_whose_signer_is_away_is_signed_when_it_is_asked_for_again(tmp_path: Path) -> None:
    """A fault of its own signer is never told as another history, nor where that signer is."""
    with serving_signer() as signer:
        key = RemoteKey.connect(signer.named(KEY), timeout=30, rest=0)
        remote = HeadSigner(ORIGIN, OPERATOR.domain, key)
        asked = Cosigner([CosignedLog(LOG.verifier, remote)], tmp_path)
        signer.sign(lambda *_: refusing("no"))
        assert refusal(asked, request(0, 5)).code == "cosigner.no-signature"
        # It is written down, and so whoever asks again begins from there.
        told = refusal(asked, request(0, 5))
        assert isinstance(told, OtherSizeError)
        assert told.size == 5
        for signs in (heads_by(LocalKey(b"\x08" * 32)), lambda *_: {"result": "0x"}):
            signer.sign(signs)
            error = refusal(asked, request(5, 5))
            assert isinstance(error, UnavailableError)
            assert "127.0.0.1" not in str(error)
        assert refusal(asked, request(5, 6, FORKED)).code.startswith("merkle.")
        signer.sign(heads_by(KEY))
        signature = asked.add_checkpoint(request(5, 5))
        text = request(5, 5).note.partition("\n\n")[0] + "\n"
        assert OPERATOR.verifier.verify(text.encode(), signature.value)


def test_two_services_on_one_memory_sign_one_history(tmp_path: Path) -> None:
    one, other = cosigner(tmp_path), cosigner(tmp_path)
    one.add_checkpoint(request(0, 4))
    assert isinstance(refusal(other, request(0, 4, FORKED)), OtherSizeError)
    other.add_checkpoint(request(4, 6))
    assert isinstance(refusal(one, request(4, 6)), OtherSizeError)


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF))
def test_request_written_is_read_again(old: int, proof: list[bytes]) -> None:
    wanted = Request(old, tuple(proof), request(0, 3).note)
    assert Request.parse(wanted.to_bytes()) == wanted


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda t: b"old 1\n" + t.encode()))
def test_request_of_any_bytes_is_one_or_malformed(body: bytes) -> None:
    with suppress(MalformedError):
        Request.parse(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 01\n\nnote",
        b"old -1\n\nnote",
        b"old 1",
        b"1\n\nnote",
        b"old 1\nAAAA\n\nnote",
        b"old 1\n" + b"A" * 43 + b"=\n" * 1 + b"B\n\nnote",
        b"old 1\n" + (b"A" * 43 + b"=\n") * (MAX_PROOF + 1) + b"\nnote",
        b"old 1\n\n" + b"x" * MAX_REQUEST_SIZE,
        b"old " + b"9" * 40 + b"\n\nnote",
    ],
)
def test_request_that_is_none_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError):
        Request.parse(body)
