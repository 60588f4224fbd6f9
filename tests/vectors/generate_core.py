"""Make the vectors of the pure core: merkle.json, note.json, tile.json and bundle.json.

    python tests/vectors/generate_core.py           write them
    python tests/vectors/generate_core.py --check   exit 1 where they differ from what is committed

Nothing here calls the code under test: trees are built by the RFC's recursion, signatures and
encodings by the libraries below. All keys are made from fixed seeds and are for tests alone.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_HERE = Path(__file__).resolve().parent
_ORIGIN = "vectors.example/log"
_SEED = sha256(b"crossproof test vectors, a log's key").digest()
_OTHER_SEED = sha256(b"crossproof test vectors, a witness's key").digest()
_SIZES = (1, 2, 3, 7, 8, 70, 255, 256, 257, 600)


def main() -> None:
    """Write the files, or compare."""
    made = {"merkle": _merkle(), "note": _note(), "tile": _tile(), "bundle": _bundle()}
    stale = []
    for name, value in made.items():
        path = _HERE / f"{name}.json"
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.is_file() or path.read_text("utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, "utf-8")
    if stale:
        sys.exit(f"differ from what generate_core.py makes: {', '.join(stale)}")


# RFC 9162, 2.1, as it is written there


def _leaf(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def _mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return sha256(b"\x01" + _mth(leaves[:k]) + _mth(leaves[k:])).digest()


def _path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if m < k:
        return [*_path(m, leaves[:k]), _mth(leaves[k:])]
    return [*_path(m - k, leaves[k:]), _mth(leaves[:k])]


def _subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [_mth(leaves)]
    k = _split(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), _mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), _mth(leaves[:k])]


def _split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def _merkle() -> dict[str, Any]:
    trees = []
    for size in _SIZES:
        leaves = [_leaf(i.to_bytes(4, "big")) for i in range(size)]
        places = sorted({0, size // 3, size // 2, size - 1})
        trees.append(
            {
                "size": size,
                "root": _mth(leaves).hex(),
                "inclusion": {str(m): [h.hex() for h in _path(m, leaves)] for m in places},
                "consistency": {
                    str(m): [h.hex() for h in _subproof(m, leaves, whole=True)]
                    for m in sorted({1, size // 2, size - 1, size} - {0})
                },
            }
        )
    return {"entries": "entry i is i as a big-endian uint32", "trees": trees}


# C2SP signed-note and tlog-checkpoint


def _key(name: str, seed: bytes) -> tuple[Ed25519PrivateKey, bytes, str, str]:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    material = b"\x01" + key.public_key().public_bytes_raw()
    key_id = sha256(name.encode() + b"\n" + material).digest()[:4]
    vkey = f"{name}+{key_id.hex()}+{b64encode(material).decode()}"
    secret = b64encode(b"\x01" + seed).decode()
    skey = f"PRIVATE+KEY+{name}+{key_id.hex()}+{secret}"
    return key, key_id, vkey, skey


def _signed(text: str, *keys: tuple[str, bytes]) -> str:
    lines = []
    for name, seed in keys:
        key, key_id, _, _ = _key(name, seed)
        value = b64encode(key_id + key.sign(text.encode())).decode()
        lines.append(f"\u2014 {name} {value}\n")
    return f"{text}\n{''.join(lines)}"


def _head(size: int, root: bytes, *extensions: str) -> str:
    lines = (_ORIGIN, str(size), b64encode(root).decode(), *extensions)
    return "".join(f"{line}\n" for line in lines)


def _note() -> dict[str, Any]:
    _, _, vkey, skey = _key(_ORIGIN, _SEED)
    _, _, other_vkey, _ = _key("witness.example", _OTHER_SEED)
    root = _mth([_leaf(i.to_bytes(4, "big")) for i in range(12)])
    both = ((_ORIGIN, _SEED), ("witness.example", _OTHER_SEED))
    cases = [
        {"text": _head(0, sha256().digest()), "size": 0, "root": sha256().hexdigest()},
        {"text": _head(12, root), "size": 12, "root": root.hex()},
        {
            "text": _head(12, root, "extension one", "\u6269\u5c55 two"),
            "size": 12,
            "root": root.hex(),
            "extensions": ["extension one", "\u6269\u5c55 two"],
        },
    ]
    for case in cases:
        case["note"] = _signed(str(case["text"]), *both)
    return {
        "origin": _ORIGIN,
        "vkey": vkey,
        "skey": skey,
        "witness_vkey": other_vkey,
        "checkpoints": cases,
    }


# C2SP tlog-tiles


def _tile() -> dict[str, Any]:
    trees = []
    for size in (1, 255, 256, 257, 600, 70_000):
        names = []
        level, width = 0, size
        while width:
            full, partial = divmod(width, 256)
            names += [[level, full, partial]]
            level, width = level + 1, width // 256
        trees.append({"size": size, "levels": names})
    paths = {
        "0": "000", "7": "007", "999": "999", "1000": "x001/000", "123456": "x123/456",
        "1234067": "x001/x234/067", "1000000": "x001/x000/000",
    }  # fmt: skip
    entries = [b"", b"\x00", b"entry", bytes(range(256)), b"x" * 65_535]
    bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    return {
        "trees": trees,
        "levels": "for each level: its number, how many full tiles, the width of the partial one",
        "numbers": paths,
        "bundle": {
            "lengths": [len(entry) for entry in entries],
            "sha256": sha256(bundle).hexdigest(),
        },
    }


# The bundle of version 1, which must be read for ever


def _bundle() -> dict[str, Any]:
    entries = [json.dumps({"n": i}).encode() for i in range(12)]
    leaves = [_leaf(entry) for entry in entries]
    root = _mth(leaves)
    anchor = {
        "chain_id": 31_337,
        "genesis_hash": "0x" + sha256(b"genesis").hexdigest(),
        "contract": "0x" + sha256(b"contract").hexdigest()[:40],
        "sandbox": False,
        "log_id": "0x" + sha256(b"log").hexdigest(),
        "size": 12,
        "root": "0x" + root.hex(),
        "transaction": "0x" + sha256(b"transaction").hexdigest(),
        "block_number": 17,
        "block_hash": "0x" + sha256(b"block").hexdigest(),
        "block_time": 1_700_000_000,
    }

    def logged(index: int, *disclosures: str) -> dict[str, Any]:
        value: dict[str, Any] = {
            "index": index,
            "body": b64encode(entries[index]).decode(),
            "path": [h.hex() for h in _path(index, leaves)],
        }
        return {**value, "disclosures": list(disclosures)} if disclosures else value

    media_type = "application/vnd.crossproof.bundle.v1+json"
    checkpoint = _signed(_head(12, root), (_ORIGIN, _SEED), ("witness.example", _OTHER_SEED))
    least = {"mediaType": media_type, "checkpoint": checkpoint, "entry": logged(7)}
    full = {**least, "entry": logged(7, "WyJzYWx0IiwgIm4iLCA3XQ"), "plan": logged(3)}
    # 7 of 12: a right child three times, then the left part of the whole.
    sides = ("left", "left", "left", "right")
    return {
        "bundles": [least, {**full, "anchor": anchor}],
        "trust": {
            "mediaType": "application/vnd.crossproof.trust.v1+json",
            "logs": [
                {"origin": _ORIGIN, "keys": [_key(_ORIGIN, _SEED)[2]], "log_id": anchor["log_id"]}
            ],
            "chains": [
                {
                    **{name: anchor[name] for name in ("chain_id", "genesis_hash", "contract")},
                    "sandbox": False,
                    "finality": "confirmations:12",
                    "rpc": ["https://one.example/key", "http://127.0.0.1:8545"],
                    "agree": 2,
                }
            ],
            "anchors": [anchor],
        },
        "tlog_proof": "c2sp.org/tlog-proof@v1\nindex 7\n"
        + "".join(b64encode(h).decode() + "\n" for h in _path(7, leaves))
        + "\n"
        + checkpoint,
        "merkletools": [{side: h.hex()} for side, h in zip(sides, _path(7, leaves), strict=True)],
    }


if __name__ == "__main__":
    main()
