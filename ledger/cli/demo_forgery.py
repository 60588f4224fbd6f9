"""The demo's cheats: a changed file, an edited record, and a history written anew with all keys."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.bundle import Bundle, LoggedEntry
from ledger.canonical import canonicalize, parse
from ledger.chain import Account, Extension
from ledger.checkpoint import Checkpoint
from ledger.evm_key import EvmKey
from ledger.head_signature import HeadSigner
from ledger.keys import load_log_key
from ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from ledger.node import Node
from ledger.note import sign
from ledger.publisher import operator_signer
from ledger.tile import WIDTH

__all__ = ["Forgery", "change_file", "forge", "other_recipient"]

_RIVAL = {"id": "example:rival", "name": "Somebody Else Ltd", "country": "SG"}


@dataclass(frozen=True, slots=True)
class Forgery:
    """A bundle of the forged history, and the attempt to anchor that history."""

    bundle: Bundle
    anchor: Callable[[], None]


def change_file(path: Path, changed: Path) -> None:
    """Copy a file, one bit of one byte in its middle flipped; an empty one gets a byte."""
    shutil.copyfile(path, changed)
    with changed.open("r+b") as file:
        middle = changed.stat().st_size // 2
        file.seek(middle)
        byte = file.read(1) or b"\0"
        file.seek(middle)
        file.write(bytes([byte[0] ^ 1]))


def other_recipient(raw: bytes) -> str:
    """Name another recipient in a bundle's record, and change nothing else."""
    value = json.loads(raw)
    value["entry"]["body"] = b64encode(_rewritten(b64decode(value["entry"]["body"]))).decode()
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def forge(node: Node, raw: bytes) -> Forgery:
    """Rewrite the record of a bundle in the log's history, with all keys that the operator has.

    The forged history has one record more than the anchored one, as a log that grew would.
    """
    honest = Bundle.from_json(raw)
    size = node.log.head().size
    leaves = [leaf_hash(entry) for entry in _entries(node, size)]
    index = honest.entry.index
    body = _rewritten(honest.entry.body)
    leaves[index] = leaf_hash(body)
    return Forgery(
        bundle=_signed_bundle(node, honest, LoggedEntry(index, body, ()), leaves),
        anchor=lambda: _anchor(node, [*leaves, leaf_hash(b"one record more")], size),
    )


def _signed_bundle(node: Node, honest: Bundle, entry: LoggedEntry, leaves: list[bytes]) -> Bundle:
    """Prove the rewritten record in the rewritten tree, signed by all; claim the honest anchor."""
    signer = load_log_key(node.settings.log_key, node.settings.passphrase)
    forged_root = root(leaves)
    checkpoint = Checkpoint(signer.name, len(leaves), forged_root)
    path = tuple(inclusion_proof(leaves, entry.index))
    return Bundle(
        replace(entry, path=path),
        sign(checkpoint.text(), signer, _operator(node)),
        replace(honest.anchor, root=forged_root) if honest.anchor else None,
    )


def _anchor(node: Node, leaves: list[bytes], anchored_size: int) -> None:
    """Ask the contract to take the rewritten history; raise ConflictError as it refuses."""
    forged_root = root(leaves)
    extension = Extension(
        log_id=node.publisher.log_id,
        size=len(leaves),
        root=forged_root,
        proof=tuple(consistency_proof(leaves, anchored_size)),
        signatures=(_operator(node).sign_head(len(leaves), forged_root),),
    )
    signed = node.chain.sign_anchor(Account(_operator_key(node)), extension)
    node.chain.node.send(signed.raw)


def _operator(node: Node) -> HeadSigner:
    admin = node.publisher.admin
    return operator_signer(node.chain, node.log.origin, _operator_key(node), admin=admin)


def _operator_key(node: Node) -> EvmKey:
    settings = node.settings
    return settings.operator.load(passphrase=settings.passphrase, timeout=settings.signer_timeout)


def _entries(node: Node, size: int) -> Iterator[bytes]:
    for start in range(0, size, WIDTH):
        yield from node.log.entries(start, min(WIDTH, size - start))


def _rewritten(body: bytes) -> bytes:
    return canonicalize({**parse(body), "recipient": _RIVAL})
