"""What happens to a log in its contract: operators changed, one struck, the log closed."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.agreement import Agreement, Closing, OperatorChange
from ledger.chain import (
    Account,
    Closure,
    EquivocationReport,
    Proposal,
    ReportedHead,
    apply_operators,
)
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from tests.anchored_log import AnchoredLog
from tests.anvil import Anvil

TWO_DAYS = 2 * 24 * 3600
_FORGED = (bytes([1]) * 32, bytes([2]) * 32)


def address(key: bytes) -> bytes:
    return Account.from_key(key).address


def domain(ledger: AnchoredLog) -> HeadDomain:
    identity, log_id = ledger.chain.identity(), ledger.publisher.log_id
    governance = ledger.chain.governance(log_id)
    assert governance is not None
    return HeadDomain(identity.chain_id, identity.contract, log_id, governance.info.epoch)


def agree(
    ledger: AnchoredLog, matter: OperatorChange | Closing, keys: Sequence[bytes]
) -> list[bytes]:
    """Sign as operators, in the order of their addresses."""
    where = domain(ledger)
    return [
        Agreement.sign(matter, HeadSigner("", where, LocalKey(key))).signature
        for key in sorted(keys, key=address)
    ]


def send(ledger: AnchoredLog, call: bytes) -> None:
    """Call the contract as the log's admin."""
    signed = ledger.chain.sign_call(Account.from_key(ledger.sender), call)
    ledger.chain.node.send(signed.raw)
    assert ledger.chain.node.wait(signed.hash).succeeded


def propose(
    ledger: AnchoredLog, signers: Sequence[bytes], operators: Sequence[bytes], threshold: int
) -> None:
    governance = ledger.chain.governance(ledger.publisher.log_id)
    assert governance is not None
    named = tuple(sorted(map(address, operators)))
    change = OperatorChange(named, threshold, governance.change_nonce)
    signatures = tuple(agree(ledger, change, signers))
    send(ledger, Proposal(ledger.publisher.log_id, named, threshold, signatures).call_data())


def pass_delay(anvil: Anvil) -> None:
    anvil.rpc("evm_increaseTime", TWO_DAYS)
    anvil.rpc("evm_mine")


def change(
    ledger: AnchoredLog,
    anvil: Anvil,
    signers: Sequence[bytes],
    operators: Sequence[bytes],
    threshold: int = 1,
) -> None:
    """Change the operators, the delay over."""
    propose(ledger, signers, operators, threshold)
    pass_delay(anvil)
    send(ledger, apply_operators(ledger.publisher.log_id))


def strike(ledger: AnchoredLog, key: bytes) -> None:
    """Show two heads of one size that a key signed."""
    where = domain(ledger)
    signer = HeadSigner("", where, LocalKey(key))
    heads = [ReportedHead(where.epoch, 7, root, signer.sign_head(7, root)) for root in _FORGED]
    report = EquivocationReport(ledger.publisher.log_id, (heads[0], heads[1]))
    send(ledger, report.call_data())


def close(ledger: AnchoredLog, *signers: bytes, successor: bytes | None = None) -> None:
    """Close the log at its anchored head."""
    head = ledger.chain.head(ledger.publisher.log_id)
    assert head is not None
    matter = Closing(head.size, head.root, successor)
    signatures = tuple(agree(ledger, matter, signers))
    call = Closure(ledger.publisher.log_id, head.size, head.root, successor, signatures)
    send(ledger, call.call_data())
