"""A rewritten or restored log: closed to writing, and refused by the contract."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.chain.registry import call_data
from ledger.errors import ReadOnlyError
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.publisher import Status
from tests.anchored_log import (
    OPERATOR,
    AnchoredLog,
    assert_at_rest,
    forked,
    funded_key,
    new_registry,
)
from tests.anvil import Anvil, anvil

__all__ = ["anvil"]


@pytest.mark.parametrize("entries", [(b"x",), (b"x", b"y", b"z")])
def test_step_of_a_rewritten_log_closes_it(
    ledger: AnchoredLog, tmp_path: Path, entries: tuple[bytes, ...]
) -> None:
    ledger.publish(b"a")
    ledger.settle()
    other = forked(ledger, tmp_path / "forked", *entries)
    state = other.publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "log.forked"
    with pytest.raises(ReadOnlyError):
        other.append(b"more")
    assert other.publisher.step().status is Status.HALTED
    assert [event.size for event in ledger.events()] == [1]
    other.close()


def test_step_of_a_log_restored_from_an_older_copy_closes_it(
    ledger: AnchoredLog, tmp_path: Path
) -> None:
    """The copy is older than the last anchor, and its head record is gone with the rest."""
    ledger.publish(b"a")
    ledger.settle()
    ledger.log.close()
    shutil.copytree(ledger.directory, tmp_path / "copy")
    ledger.reopen()
    ledger.publish(b"b")
    ledger.settle()
    older = AnchoredLog(tmp_path / "copy", ledger.chain, ledger.sender, signer=ledger.signer)
    state = older.publisher.step()
    assert state.status is Status.HALTED
    assert state.error is not None
    assert state.error.code == "log.behind-anchor"
    with pytest.raises(ReadOnlyError, match="recover"):
        older.append(b"more")
    older.close()


@pytest.mark.chain
def test_contract_refuses_a_fork_whatever_the_operator_signs(tmp_path: Path, anvil: Anvil) -> None:
    """All keys, no scruples, and no publisher that would look first: the chain still says no."""
    with Chain.connect(anvil.url) as bare:
        key = funded_key(bare)
        chain = bare.at(new_registry(bare, Account.from_key(key)))
        honest = AnchoredLog(tmp_path / "log", chain, key)
        honest.publish(b"a", b"b", b"c")
        honest.settle()
        fork = forked(honest, tmp_path / "forked", b"a", b"b", b"FORGED", b"d", b"e")
        head = fork.log.published()
        assert head is not None
        log_id, sender = honest.publisher.log_id, Account.from_key(key)
        identity = chain.identity()
        signer = HeadSigner(
            honest.log.origin,
            HeadDomain(identity.chain_id, identity.contract, log_id),
            LocalKey(OPERATOR),
        )
        own_proof = fork.log.tree(head.size).consistency_proof(3)
        true_proof = honest.log.tree(3).inclusion_proof(2)
        for proof in (own_proof, true_proof, [], [head.root], [b"\7" * 32] * 3):
            arguments = (
                log_id, head.size, head.root, proof, [signer.sign_head(head.size, head.root)]
            )  # fmt: skip
            signed = sender.sign(
                {
                    "chainId": identity.chain_id,
                    "nonce": chain.node.nonce(sender.address),
                    "gas": 500_000,
                    "maxFeePerGas": 10**11,
                    "maxPriorityFeePerGas": 1,
                    "value": 0,
                    "to": identity.contract,
                    "data": call_data("anchor", *arguments),
                }
            )
            chain.node.send(signed.raw)
            assert not chain.node.wait(signed.hash).succeeded
        assert_at_rest(honest, 3)
        honest.close()
        fork.close()
