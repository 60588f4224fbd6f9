"""Why the contract refused a transaction, in words: revert data in, a sentence and advice out.

Each error of `AnchorRegistry` has its words here; a test holds them to the ABI.
"""

from __future__ import annotations

from ledger.anchor import time_of_block
from ledger.chain.registry import read_refusal
from ledger.errors import ConflictError

__all__ = ["WORDS", "refused"]

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ORDER = "Give each once, in ascending order."
_AGAIN = "Look at `crossproof log show`, and let the operators sign what is true now."

# By the error's name: what it says, its arguments filled in, and what to do.
WORDS: dict[str, tuple[str, str | None]] = {
    "ChangeNotDue": (
        "the change of operators may be applied from {notBefore} on",
        "Apply it then; anyone may.",
    ),
    "ChangePending": (
        "another change of operators waits until {notBefore}",
        "Apply it when it is due, or cancel it first.",
    ),
    "DifferentSigners": (
        "the two heads were signed by {first} and by {second}",
        "Both must bear one operator's signature.",
    ),
    "EmptyOrigin": ("a log needs an origin", None),
    "Inconsistent": (
        "the proof does not show that size {size} extends the anchored {anchoredSize}",
        None,
    ),
    "InvalidSuccessor": (
        "the successor {successor} was never opened, or is this log itself",
        "Open it first: start its ledger on this chain.",
    ),
    "LogAlreadyOpen": ("the log {logId} is open already", None),
    "LogNotActive": (
        "the log is {status}",
        "Look at `crossproof log show`. A frozen log can only be closed, by its admin.",
    ),
    "NoChangePending": ("no change of operators waits", "Propose one first."),
    "NoEquivocation": (
        "the two heads do not contradict each other",
        "One size with two roots does, or two leaves at one index.",
    ),
    "NotAdmin": ("{caller} is not the log's admin, {admin}", "Give the admin's key."),
    "NotAscending": ("{next} comes after {previous}, or is the same", _ORDER),
    "NotHead": (
        "size {size} with this root is not the anchored head, of size {anchoredSize}",
        _AGAIN,
    ),
    "NotLarger": ("size {size} is not beyond the anchored {anchoredSize}", None),
    "NotOperator": (
        "{signer} is no operator of the log, or what it signed is something else, or it was struck",
        _AGAIN,
    ),
    "OperatorCountOutOfRange": ("{count} operators, where a log has 1 to {limit}", None),
    "Sha256Unavailable": ("the chain has no SHA-256 at its usual address", None),
    "StruckOperator": (
        "{operator} signed two histories of this log, and can never be its operator again",
        None,
    ),
    "ThresholdOutOfRange": ("a threshold of {threshold} with {operators} operators", None),
    "TooFewSignatures": (
        "{count} operators signed, and {threshold} must",
        "Collect more: see `crossproof log`.",
    ),
    "UnknownEpoch": ("epoch {epoch} has not begun; the log is in {current}", None),
    "UnknownLog": ("no log {logId} was opened", "Check the log's id: `crossproof log id`."),
    # OpenZeppelin's: of bytes that are no signature, and of names beyond 31 bytes.
    "ECDSAInvalidSignature": ("what should be a signature is none", None),
    "ECDSAInvalidSignatureLength": ("a signature has 65 bytes", None),
    "ECDSAInvalidSignatureS": ("a signature's s must be in the lower half", None),
    "InvalidShortString": ("the contract cannot read its own name", None),
    "StringTooLong": ("the name {str} is too long", None),
}


def refused(data: bytes) -> ConflictError:
    """Make the error for a transaction that the contract would revert with this data."""
    name, arguments = read_refusal(data)
    if isinstance(arguments.get("notBefore"), int):
        arguments["notBefore"] = time_of_block(arguments["notBefore"]).strftime(_TIME)
    words, hint = WORDS.get(name, (None, None))
    message = "the contract refuses the transaction"
    if words is not None:
        message = f"{message}: {words.format_map(arguments)}"
    return ConflictError("chain.refused", message, found=name, hint=hint)
