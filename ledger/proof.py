"""A bundle's proof in the formats of other tools, for those who want no tool of ours.

`tlog_proof`    C2SP tlog-proof: index, path and checkpoint as text; any such verifier that knows
                the log's key checks it against the leaf hash of the entry
`merkletools`   a path as merkletools and Chainpoint write it, [{"left": hex}, {"right": hex}]:
                the RFC 9162 path, where the tool's hash function is SHA-256(0x01 || …) and the
                leaf is given as its hash
"""

from __future__ import annotations

from base64 import b64encode

from ledger.bundle import Bundle
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import climb

__all__ = ["merkletools", "tlog_proof"]

_TLOG_PROOF = "c2sp.org/tlog-proof@v1"


def tlog_proof(bundle: Bundle) -> str:
    """Write the record's proof as C2SP tlog-proof, its entry left to the holder."""
    entry = bundle.entry
    path = "".join(f"{b64encode(node).decode()}\n" for node in entry.path)
    return f"{_TLOG_PROOF}\nindex {entry.index}\n{path}\n{bundle.checkpoint}"


def merkletools(bundle: Bundle) -> list[dict[str, str]]:
    """Write the record's path with each sibling's side; raise VerificationError if it has none."""
    size = parse_checkpoint(bundle.checkpoint).size
    steps = climb("inclusion", bundle.entry.index, size - 1, bundle.entry.path)
    return [{"left" if is_left else "right": sibling.hex()} for sibling, is_left in steps]
