"""Signatures of two curves, verified with nothing but Python's standard library.

    Ed25519     RFC 8032, 5.1.7, without cofactor; keys and points in their one spelling only
    ES256       ECDSA over P-256 with SHA-256 (FIPS 186-5, 6.4.2; RFC 7518, 3.4)

Verification needs no secret, so nothing here takes care to take the same time always: never sign
with it. It is written to be read, and takes some milliseconds for each signature. This file goes
into evidence archives beside verify.py, and stands alone.
"""

from __future__ import annotations

from hashlib import sha256, sha512

__all__ = ["verify_ed25519", "verify_es256"]

_HALF = 32

# Ed25519: -x^2 + y^2 = 1 + d x^2 y^2 over the field of _P; points are (X, Y, Z, T), with
# x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, 5.1.4).
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_SIGN = 1 << 255
_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)

# P-256: y^2 = x^3 - 3 x + b over the field of _Q, of _N points (SP 800-186, 3.2.1.3); points are
# (X, Y, Z), with x = X/Z^2, y = Y/Z^3, and Z = 0 for the one at infinity.
_Q = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_Jacobian = tuple[int, int, int]
_G: _Jacobian = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    1,
)


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` is the key's over `message`; a key of small order signs nothing."""
    if len(public_key) != _HALF or len(signature) != 2 * _HALF:
        return False
    key, commitment = _decompress(public_key), _decompress(signature[:_HALF])
    s = int.from_bytes(signature[_HALF:], "little")
    # Without the bound on s, s + L would be a second spelling (5.1.7).
    if key is None or commitment is None or s >= _L or _same(_times(8, key), _IDENTITY):
        return False
    digest = sha512(signature[:_HALF] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % _L
    return _same(_times(s, _base()), _add(commitment, _times(k, key)))


def verify_es256(x: int, y: int, message: bytes, signature: bytes) -> bool:
    """Say whether `signature`, r and s of 32 bytes each, is that of the key at (x, y)."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    on_curve = max(x, y) < _Q and (y * y - (x * x * x - 3 * x + _B)) % _Q == 0
    if len(signature) != 2 * _HALF or not on_curve or not 0 < r < _N or not 0 < s < _N:
        return False
    inverse = pow(s, -1, _N)
    digest = int.from_bytes(sha256(message).digest(), "big")
    point = _join(_multiple(digest * inverse % _N, _G), _multiple(r * inverse % _N, (x, y, 1)))
    if not point[2]:
        return False
    return point[0] * pow(point[2], -2, _Q) % _Q % _N == r


def _base() -> _Point:
    point = _decompress((4 * pow(5, -1, _P) % _P).to_bytes(_HALF, "little"))
    assert point is not None  # noqa: S101 - a constant
    return point


def _decompress(data: bytes) -> _Point | None:
    """Read a point (RFC 8032, 5.1.3), None for what is none or has another spelling."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (_SIGN - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _SQRT_MINUS_ONE % _P
    if (x * x - square) % _P or (not x and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(p: _Point, q: _Point) -> _Point:
    """Add two points (RFC 8032, 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    result = _IDENTITY
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _same(p: _Point, q: _Point) -> bool:
    return not (p[0] * q[2] - q[0] * p[2]) % _P and not (p[1] * q[2] - q[1] * p[2]) % _P


def _doubled(p: _Jacobian) -> _Jacobian:
    x, y, z = p
    yy = y * y % _Q
    s = 4 * x * yy % _Q
    m = 3 * (x - z * z) * (x + z * z) % _Q
    new_x = (m * m - 2 * s) % _Q
    return new_x, (m * (s - new_x) - 8 * yy * yy) % _Q, 2 * y * z % _Q


def _join(p: _Jacobian, q: _Jacobian) -> _Jacobian:
    """Add two points of P-256."""
    if not p[2] or not q[2]:
        return q if not p[2] else p
    pz, qz = p[2] * p[2] % _Q, q[2] * q[2] % _Q
    px, qx = p[0] * qz % _Q, q[0] * pz % _Q
    py, qy = p[1] * q[2] * qz % _Q, q[1] * p[2] * pz % _Q
    if px == qx:
        return _doubled(p) if py == qy else (1, 1, 0)
    h, r = (qx - px) % _Q, (qy - py) % _Q
    hh = h * h % _Q
    hhh, v = h * hh % _Q, px * hh % _Q
    x = (r * r - hhh - 2 * v) % _Q
    return x, (r * (v - x) - py * hhh) % _Q, p[2] * q[2] * h % _Q


def _multiple(scalar: int, point: _Jacobian) -> _Jacobian:
    result: _Jacobian = (1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _join(result, point)
        point = _doubled(point)
        scalar >>= 1
    return result
