"""Chains: an EVM node, or an embedded chain, and the `AnchorRegistry` on it.

    rpc, embedded    JSON-RPC, over HTTP or in the process
    query, answer    what is asked and how answers are read
    node             blocks, receipts, transactions: any EVM node
    registry, chain  the contract: its bytes, and what it holds of a log
    governance       who signs for a log, how that changes, and how it ends; `history`: how it did
    refusals         why the contract reverts, in words
    fees             what a transaction may cost
    accreditations   what AttestorRegistry holds of a key
    statuses         what AttestationRegistry holds of a leaf, and saying something there
    facts            what all that says of one anchor
    quorum           several nodes that must agree

Importing this costs most of a second (web3.py): whoever verifies without a chain need not.
"""

from __future__ import annotations

from ledger.chain.account import Account, SignedTransaction
from ledger.chain.accreditations import Accreditations
from ledger.chain.answer import AnchoredEvent, Block, Receipt
from ledger.chain.chain import DEFAULT_TIMEOUT, Chain
from ledger.chain.fees import GWEI, Ceiling, UnderpricedError
from ledger.chain.governance import (
    NO_SUCCESSOR,
    Closure,
    EquivocationReport,
    Governance,
    PendingChange,
    Proposal,
    ReportedHead,
    apply_operators,
    cancel_operators,
)
from ledger.chain.history import LogEvent
from ledger.chain.node import SANDBOX_CHAIN_IDS, Node
from ledger.chain.quorum import Quorum, Witness, connect_trusted
from ledger.chain.registry import ChainHead, Extension, LogInfo, Opening
from ledger.chain.rpc import RpcError
from ledger.chain.statuses import RegisteredStatuses, sign_status, status_call

__all__ = [
    "DEFAULT_TIMEOUT",
    "GWEI",
    "NO_SUCCESSOR",
    "SANDBOX_CHAIN_IDS",
    "Account",
    "Accreditations",
    "AnchoredEvent",
    "Block",
    "Ceiling",
    "Chain",
    "ChainHead",
    "Closure",
    "EquivocationReport",
    "Extension",
    "Governance",
    "LogEvent",
    "LogInfo",
    "Node",
    "Opening",
    "PendingChange",
    "Proposal",
    "Quorum",
    "Receipt",
    "RegisteredStatuses",
    "ReportedHead",
    "RpcError",
    "SignedTransaction",
    "UnderpricedError",
    "Witness",
    "apply_operators",
    "cancel_operators",
    "connect_trusted",
    "sign_status",
    "status_call",
]
