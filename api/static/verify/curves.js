/**
 * Signatures: ECDSA over P-256 (FIPS 186-5), Ed25519 (RFC 8032), and recovery over secp256k1.
 *
 * Not by WebCrypto: it is absent from pages served over plain http, lacks secp256k1, and browsers
 * differ in which Ed25519 signatures they take. Here Ed25519 is checked as OpenSSL checks it, by
 * encoding R anew (RFC 8032, 5.1.7, without the cofactor), so that all verifiers agree.
 */

import { edwards } from "../vendor/noble/curves/abstract/edwards.js";
import { ecdsa, weierstrass } from "../vendor/noble/curves/abstract/weierstrass.js";
import { sha256 } from "../vendor/noble/hashes/sha2.js";
import { concat, equal, fromBigEndian, toHex } from "./bytes.js";
import { keccak256, sha512 } from "./hash.js";

const SIZE = 32;
const UNCOMPRESSED = Uint8Array.of(4);
const V_OFFSET = 27;

// SEC 2, 2.4.1.
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const Secp256k1 = weierstrass({
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
  n: SECP256K1_ORDER,
  h: 1n,
  a: 0n,
  b: 7n,
  Gx: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  Gy: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
});
// SP 800-186, 3.2.1.3.
export const P256 = weierstrass({
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  h: 1n,
  a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
});
// RFC 8032, 5.1.
const ED25519_PRIME = 2n ** 255n - 19n;
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const Ed25519 = edwards({
  p: ED25519_PRIME,
  n: ED25519_ORDER,
  h: 8n,
  a: ED25519_PRIME - 1n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
  Gx: 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
  Gy: 0x6666666666666666666666666666666666666666666666666666666666666658n,
});
const secp256k1 = ecdsa(Secp256k1, sha256, { lowS: true });
const p256 = ecdsa(P256, sha256, { lowS: false });

// RFC 8032 lets implementations differ on these, and some accept any signature under them.
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  ED25519_PRIME - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/** Say whether 32 bytes are a key on which all implementations agree. @param {Uint8Array} key */
export function isSoundEd25519(key) {
  const y = fromLittleEndian(key) & (2n ** 255n - 1n);
  return y < ED25519_PRIME && !SMALL_ORDER_Y.has(y);
}

/**
 * Say whether an Ed25519 signature holds.
 *
 * @param {Uint8Array} key @param {Uint8Array} message @param {Uint8Array} signature
 */
export function verifyEd25519(key, message, signature) {
  if (signature.length !== 2 * SIZE) return false;
  const s = fromLittleEndian(signature.subarray(SIZE));
  if (s >= ED25519_ORDER) return false;
  try {
    const point = Ed25519.fromBytes(key);
    const r = signature.subarray(0, SIZE);
    const k = fromLittleEndian(sha512(concat(r, key, message))) % ED25519_ORDER;
    const computed = times(Ed25519.BASE, s).add(times(point.negate(), k));
    return equal(computed.toBytes(), r);
  } catch {
    return false;
  }
}

/** Say whether x || y is a point on P-256. @param {Uint8Array} point */
export function isOnP256(point) {
  try {
    P256.fromBytes(concat(UNCOMPRESSED, point)).assertValidity();
    return true;
  } catch {
    return false;
  }
}

/**
 * Say whether an ES256 signature, r || s, holds.
 *
 * @param {Uint8Array} point @param {Uint8Array} message @param {Uint8Array} signature
 */
export function verifyP256(point, message, signature) {
  if (signature.length !== 2 * SIZE) return false;
  try {
    return p256.verify(signature, message, concat(UNCOMPRESSED, point));
  } catch {
    return false;
  }
}

/**
 * Recover the signer's address, null where this is no signature the contract would take.
 *
 * @param {Uint8Array} digest @param {Uint8Array} signature r || s || v
 */
export function recover(digest, signature) {
  if (signature.length !== 2 * SIZE + 1) return null;
  const v = signature[2 * SIZE] - V_OFFSET;
  // The upper half of s is the same signature again, mirrored: refused here as on the chain.
  const s = fromBigEndian(signature.subarray(SIZE, 2 * SIZE));
  if ((v !== 0 && v !== 1) || s > SECP256K1_ORDER / 2n) return null;
  try {
    const recovered = concat(Uint8Array.of(v), signature.subarray(0, 2 * SIZE));
    const key = secp256k1.recoverPublicKey(recovered, digest, { prehash: false });
    return keccak256(Secp256k1.fromBytes(key).toBytes(false).subarray(1)).subarray(12);
  } catch {
    return null;
  }
}

/** @param {any} point @param {bigint} scalar */
function times(point, scalar) {
  return scalar === 0n ? Ed25519.ZERO : point.multiplyUnsafe(scalar);
}

/** @param {Uint8Array} bytes */
function fromLittleEndian(bytes) {
  return BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
}
