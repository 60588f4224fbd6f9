"""Chains with certificates that were changed and signed again: what is inside counts.

A certificate is taken apart into its elements (X.690), one or two of them are changed, moved,
doubled or left out, and all lengths are right again.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.vectors.generate_certificates import AT, BETWEEN, RICH, ROOT, SIGNER, Issued

# A tag, and bytes or the elements within.
Element = list[Any]

_SEED = 20_261_122
_ISSUED = ((SIGNER, BETWEEN), (RICH, ROOT), (BETWEEN, ROOT), (ROOT, ROOT))
_CONSTRUCTED = 0x20
_TAGS = (
    1, 2, 3, 4, 5, 6, 10, 12, 18, 19, 20, 22, 23, 24, 26, 28, 30, 0x30, 0x31,
    0x80, 0x81, 0x82, 0x84, 0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5,
)  # fmt: skip
_IDENTIFIERS = tuple(
    bytes.fromhex(each)
    for each in (
        "551d0e", "551d0f", "551d10", "551d11", "551d12", "551d13", "551d1e", "551d1f", "551d20",
        "551d23", "551d24", "551d25", "551d2e", "551d36", "2b06010505070101", "2b0601050507010b",
        "2b0601050507300105", "2b06010505070118", "2a0304", "550461", "550403",
        "55042d", "550406", "2a8648ce3d040302", "2a8648ce3d040303", "2a8648ce3d030107",
        "2b81040022", "2a864886f70d01010b", "2b6570", "2a864886f70d01010a", "2a8648ce380401",
    )
)  # fmt: skip
_VALUES = (
    b"", b"\0", b"\x01", b"\xff", b"\x7f", b"\x80", b"\0\x80", b"\xff\x7f", b"a", b"\xc3\xa9",
    b"\xd8\x00", b"\0a\0b", b"20250101000000Z", b"250101000000Z", b"2501010000Z", b"*",
    b"\x03\x02\x01\x06", b"\x0a\0\0\0\xff\0\0\0", b"\x0a\0\0\1\xff\0\0\0", b"\0" * 16,
    b"\x06\x40", b"\x07\x80", b"\0\x06", b"#a ", b" ",
)  # fmt: skip


def mangled_chains(count: int) -> Iterator[dict[str, Any]]:
    """Give changed chains, the same at every run."""
    chance = random.Random(_SEED)  # noqa: S311 - the same cases at every run is the point
    for number in range(count):
        changed, by = chance.choice(_ISSUED)
        text = b64encode(_resigned(chance, changed, by)).decode()
        chain = [RICH] if changed is RICH else [SIGNER, BETWEEN]
        x5c = [text if each is changed else each.text for each in chain]
        root = text if changed is ROOT else ROOT.text
        yield {"name": f"mangled {number}", "x5c": x5c, "root": root, "at": AT}


def _resigned(chance: random.Random, changed: Issued, by: Issued) -> bytes:
    if chance.random() < 0.2:
        der = bytearray(changed.der)
        der[chance.randrange(len(der))] = chance.randrange(256)
        return bytes(der)
    [[tag, [signed, algorithm, _]]] = _parts(changed.der)
    for _ in range(chance.randint(1, 2)):
        _change(chance, signed)
    assert isinstance(by.key, ec.EllipticCurvePrivateKey)
    seal = by.key.sign(_joined([signed]), ec.ECDSA(SHA256(), deterministic_signing=True))
    return _joined([[tag, [signed, algorithm, [3, b"\0" + seal]]]])


def _change(chance: random.Random, signed: Element) -> None:
    places = list(_places(signed[1]))
    around, place = chance.choice(places)
    element = around[place]
    match chance.randrange(12):
        case 0:
            element[0] = chance.choice(_TAGS)
        case 1:
            del around[place]
        case 2:
            around.insert(place, deepcopy(element))
        case 3:
            chance.shuffle(around)
        case 4:
            around.insert(place, [1, chance.choice([b"\xff", b"\0"])])
        case 5 | 6:
            other, where = chance.choice(places)
            around[place] = deepcopy(other[where])
        case _ if element[0] == 6:
            element[1] = chance.choice(_IDENTIFIERS)
        case number if element[1] and number < 10 and isinstance(element[1], bytes):
            content = bytearray(element[1])
            content[chance.randrange(len(content))] = chance.choice([0, 1, 4, 6, 127, 128, 255])
            element[1] = bytes(content)
        case _:
            element[1] = chance.choice(_VALUES)


def _places(elements: list[Element]) -> Iterator[tuple[list[Element], int]]:
    for place, (_, content) in enumerate(elements):
        yield elements, place
        if isinstance(content, list):
            yield from _places(content)


def _parts(data: bytes) -> list[Element]:
    """Take DER apart, what lies in octet strings too."""
    elements = []
    while data:
        tag, length, start = data[0], data[1], 2
        if length > 0x80:
            start += length - 0x80
            length = int.from_bytes(data[2:start])
        content: bytes | list[Element] = data[start : start + length]
        assert len(content) == length
        if tag & _CONSTRUCTED or (tag == 4 and _is_whole(data[start : start + length])):
            content = _parts(data[start : start + length])
        elements.append([tag, content])
        data = data[start + length :]
    return elements


def _is_whole(data: bytes) -> bool:
    return len(data) > 1 and data[0] in {2, 3, 5, 6, 0x30} and data[1] == len(data) - 2


def _joined(elements: list[Element]) -> bytes:
    joined = b""
    for tag, content in elements:
        body = content if isinstance(content, bytes) else _joined(content)
        length = len(body).to_bytes((len(body).bit_length() + 7) // 8)
        size = bytes([0x80 + len(length)]) + length if len(body) > 0x7F else bytes([len(body)])
        joined += bytes([tag]) + size + body
    return joined
