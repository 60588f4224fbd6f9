"""Creating one contract: its blueprint in, a receipt out, however often that is begun.

What is about to be sent is remembered first. All transactions that were ever sent for one contract
share a nonce, so that one of them at most is included, and a plain creation's address, which
follows from sender and nonce, is known before the first is sent. Which of them it was is asked of
the chain: a node's "no" may answer a transaction that it has already, and an answer may be lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ledger.chain import Account, Node, Receipt, RpcError, SignedTransaction, UnderpricedError
from ledger.deploy.blueprint import DEPLOYER, Blueprint, create_address
from ledger.deploy.deployments import How, Pending
from ledger.errors import UnavailableError

__all__ = ["Creation"]

_POLL_SECONDS = 0.25
_LONGEST_POLL_SECONDS = 4.0


class Creation:
    """A contract on its way; with a salt through the keyless deployer, plainly without.

    `remember` is called with what is about to be sent, and nothing is sent where it raises.
    """

    def __init__(
        self,
        node: Node,
        account: Account,
        blueprint: Blueprint,
        *,
        salt: bytes | None,
        remember: Callable[[Pending], None],
    ) -> None:
        self._node = node
        self._account = account
        self.salt = salt
        self._remember = remember
        self._address = None if salt is None else blueprint.create2_address(salt)
        self._data = blueprint.creation_code if salt is None else salt + blueprint.creation_code

    def run(self, earlier: Pending | None, *, timeout: float) -> tuple[Pending, Receipt]:
        """Send for the contract and wait until a block includes it; raise UnavailableError.

        `earlier` is what a run before this one remembered. Its transaction is replaced, for a
        higher fee, where it still waits; what nobody knows of any more is signed anew.
        """
        if earlier is not None and self._continues(earlier):
            receipt, used, known = self._trace(earlier)
            if receipt is not None and receipt.succeeded:
                return earlier, receipt
            if used <= earlier.nonce:
                rises = len(earlier.transactions) if known else 0
                return self._send(earlier, rises=rises, timeout=timeout)
        return self._send(None, rises=0, timeout=timeout)

    def _continues(self, earlier: Pending) -> bool:
        if earlier.sender != self._account.address:
            return False
        made = self._address or create_address(earlier.sender, earlier.nonce)
        return earlier.address == made

    def _send(
        self, earlier: Pending | None, *, rises: int, timeout: float
    ) -> tuple[Pending, Receipt]:
        try:
            signed = self._node.sign(
                self._account,
                to=None if self.salt is None else DEPLOYER,
                data=self._data,
                nonce=None if earlier is None else earlier.nonce,
                rises=rises,
            )
        except UnderpricedError:
            if earlier is None or not rises:
                raise
            # What waits already is all that the ceiling allows: it may be included yet.
            return earlier, self._wait(earlier, None, timeout=timeout)
        pending = self._pending(earlier, signed)
        self._remember(pending)
        return pending, self._wait(pending, signed, timeout=timeout)

    def _pending(self, earlier: Pending | None, signed: SignedTransaction) -> Pending:
        if earlier is not None:
            return replace(earlier, transactions=(*earlier.transactions, signed.hash))
        return Pending(
            address=self._address or create_address(signed.sender, signed.nonce),
            how=How.CREATE if self.salt is None else How.CREATE2,
            sender=signed.sender,
            nonce=signed.nonce,
            transactions=(signed.hash,),
        )

    def _wait(
        self, pending: Pending, signed: SignedTransaction | None, *, timeout: float
    ) -> Receipt:
        deadline, pause = time.monotonic() + timeout, 0.0
        refused: RpcError | None = None
        while True:
            try:
                receipt, used, known = self._trace(pending)
                if receipt is not None:
                    return receipt
                if signed is not None and signed.hash not in known and used <= pending.nonce:
                    if refused is None:
                        refused = self._hand_in(signed)
                        if refused is not None:
                            continue
                    elif not known:
                        raise refused
                    # Otherwise an earlier one waits that the node does not let go for this.
            except UnavailableError as error:
                if error is refused or time.monotonic() > deadline:
                    raise
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "chain.not-included",
                    f"no block includes transaction 0x{pending.transactions[-1].hex()}",
                    expected=f"one within {timeout:g} seconds",
                    hint="Run the command again: it goes on from here.",
                )
            time.sleep(pause)
            pause = min(max(2 * pause, _POLL_SECONDS), _LONGEST_POLL_SECONDS)

    def _hand_in(self, signed: SignedTransaction) -> RpcError | None:
        try:
            self._node.send(signed.raw)
        except RpcError as error:
            return error
        except UnavailableError:
            # Perhaps it arrived, and the answer alone was lost: the chain is asked next.
            pass
        return None

    def _trace(self, pending: Pending) -> tuple[Receipt | None, int, set[bytes]]:
        """Ask for the receipt of any, the sender's used nonces, and which of them are known."""
        found, used, known = None, 0, set()
        for transaction in pending.transactions:
            receipt, used, is_known = self._node.trace(transaction, pending.sender)
            found = found or receipt
            if is_known:
                known.add(transaction)
        return found, used, known
