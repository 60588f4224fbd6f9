/**
 * Signatures of authorities under certificates: RSA (RFC 8017) and ECDSA, as the rules of public
 * authorities allow them (CA/Browser Forum, Baseline Requirements, 7.1.3).
 *
 * An authority may have another kind of key than those who sign here.
 */

import { ecdsa, weierstrass } from "../vendor/noble/curves/abstract/weierstrass.js";
import { sha256, sha384, sha512 } from "../vendor/noble/hashes/sha2.js";
import { concat, equal, fromBigEndian, toBigEndian, toHex } from "./bytes.js";
import { P256 } from "./curves.js";
import { Element, INTEGER, SEQUENCE, readNatural } from "./der.js";
import { MalformedError, UnavailableError } from "./errors.js";

/** @typedef {import("./certificate.js").Certificate} Certificate */
/** @typedef {import("./certificate.js").Algorithm} Algorithm */

// SP 800-186, 3.2.1.4 and 3.2.1.5.
const P384 = weierstrass({
  p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
  n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  h: 1n,
  a: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 4n,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  Gx: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
  Gy: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
});
const P521 = weierstrass({
  p: 2n ** 521n - 1n,
  n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  h: 1n,
  a: 2n ** 521n - 4n,
  b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  Gx: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
  Gy: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
});

const [RSA, EC_P256, EC_P384, EC_P521, ED25519] = [
  "300d06092a864886f70d0101010500", "301306072a8648ce3d020106082a8648ce3d030107", "301006072a8648ce3d020106052b81040022",
  "301006072a8648ce3d020106052b81040023", "300506032b6570",
];
const CURVES = new Map([[EC_P256, P256], [EC_P384, P384], [EC_P521, P521]]);
const SALTED = "06092a864886f70d01010a3034a00f300d06096086480165030402";
const MASKED = "0500a11c301a06092a864886f70d010108300d06096086480165030402";
/** Each algorithm by its only encoding. @type {Map<string, {scheme: "pkcs1" | "pss" | "ecdsa", hash: any, info?: string}>} */
const ALGORITHMS = new Map([
  ["300d06092a864886f70d01010b0500", { scheme: "pkcs1", hash: sha256, info: "3031300d060960864801650304020105000420" }],
  ["300d06092a864886f70d01010c0500", { scheme: "pkcs1", hash: sha384, info: "3041300d060960864801650304020205000430" }],
  ["300d06092a864886f70d01010d0500", { scheme: "pkcs1", hash: sha512, info: "3051300d060960864801650304020305000440" }],
  [`3041${SALTED}01${MASKED}010500a203020120`, { scheme: "pss", hash: sha256 }],
  [`3041${SALTED}02${MASKED}020500a203020130`, { scheme: "pss", hash: sha384 }],
  [`3041${SALTED}03${MASKED}030500a203020140`, { scheme: "pss", hash: sha512 }],
  ["300a06082a8648ce3d040302", { scheme: "ecdsa", hash: sha256 }],
  ["300a06082a8648ce3d040303", { scheme: "ecdsa", hash: sha384 }],
  ["300a06082a8648ce3d040304", { scheme: "ecdsa", hash: sha512 }],
]);
const [UNCOMPRESSED, HYBRID, ED25519_SIZE] = [4, 6, 32];
const [MIN_BITS, MAX_BITS, MAX_EXPONENT] = [1024, 8192, 2n ** 64n];
/** What an authority's RSA key has at least. */
export const STRONG_BITS = 2048;

/** Say whether an authority may have a key of this kind. @param {Algorithm} algorithm */
export function isPermittedKey({ bytes }) {
  const id = toHex(bytes);
  return id === RSA || CURVES.has(id);
}

/** Say whether an authority may sign with this algorithm. @param {{bytes: Uint8Array}} algorithm */
export function isPermittedSignature({ bytes }) {
  return ALGORITHMS.has(toHex(bytes));
}

/** Say how long a modulus is, in bits of whole bytes, 0 for a key of another kind. @param {Certificate["certified"]} certified */
export function modulusBits({ algorithm, bits }) {
  if (toHex(algorithm.bytes) !== RSA) return 0;
  return 8 * Element.read(bits.bytes).as(SEQUENCE).fields.take(INTEGER).content.length;
}

/** Give a key that signs statements, null for one of another kind. @param {Certificate["certified"]} certified */
export function keyPoint({ algorithm, bits }) {
  const id = toHex(algorithm.bytes);
  if (id === ED25519) return isWhole(bits, ED25519_SIZE) ? { curve: "Ed25519", point: bits.bytes } : null;
  const point = id === EC_P256 ? readPoint(P256, bits) : null;
  return point && { curve: "P-256", point: point.toBytes(false).subarray(1) };
}

/** Say whether an issuer's key signed a certificate; throw UnavailableError for algorithms that are not read here. @param {Certificate} certificate @param {Certificate} issuer */
export function isSignedBy({ signed, signature, algorithm }, { certified }) {
  const found = ALGORITHMS.get(toHex(algorithm.bytes));
  if (found === undefined || !isPermittedKey(certified.algorithm)) {
    throw new UnavailableError("x5c.unread", "a signature of a kind that is not read here");
  }
  const { scheme, hash, info } = found;
  const curve = CURVES.get(toHex(certified.algorithm.bytes));
  if ((scheme === "ecdsa") !== (curve !== undefined)) return false;
  if (curve !== undefined) {
    const point = readPoint(curve, certified.bits);
    return point !== null && isEcdsa(curve, hash, point, signed, signature);
  }
  const key = readRsa(certified.bits);
  if (key === null || signature.length !== key.size) return false;
  const power = raised(fromBigEndian(signature), key);
  if (power === null) return false;
  const message = toBigEndian(power, key.size);
  if (scheme === "pkcs1") return equal(message, padded(hash(signed), info, key.size));
  return isSalted(message, hash, signed, key);
}

/** @param {{bytes: Uint8Array, unused: number}} bits @param {number} [size] */
function isWhole({ bytes, unused }, size = bytes.length) {
  return unused === 0 && bytes.length === size;
}

/** Read a point: both coordinates, one and the other's sign, or all three (X9.62, 4.3.6). @param {any} curve @param {{bytes: Uint8Array, unused: number}} bits */
function readPoint(curve, bits) {
  let { bytes } = bits;
  if (!isWhole(bits) || !bytes.length) return null;
  if (bytes[0] === HYBRID || bytes[0] === HYBRID + 1) {
    if ((bytes.at(-1) & 1) !== (bytes[0] & 1)) return null;
    bytes = concat(Uint8Array.of(UNCOMPRESSED), bytes.subarray(1));
  }
  try {
    const point = curve.fromBytes(bytes);
    point.assertValidity();
    return point;
  } catch {
    return null;
  }
}

/** @param {any} curve @param {any} hash @param {any} point @param {Uint8Array} signed @param {Uint8Array} signature */
function isEcdsa(curve, hash, point, signed, signature) {
  try {
    return ecdsa(curve, hash, { lowS: false }).verify(signature, signed, point.toBytes(false), { format: "der" });
  } catch {
    return false;
  }
}

/** @param {{bytes: Uint8Array, unused: number}} certified @returns {?{n: bigint, e: bigint, bits: number, size: number}} */
function readRsa({ bytes, unused }) {
  let n, e;
  if (unused) return null;
  try {
    const fields = Element.read(bytes).as(SEQUENCE).fields;
    [n, e] = [fields.take(INTEGER), fields.take(INTEGER)].map((each) => readNatural(each));
    fields.end();
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
  const bits = n.toString(2).length;
  if (bits < MIN_BITS || bits > MAX_BITS || e < 3n || e > MAX_EXPONENT || !(e & 1n) || !(n & 1n)) {
    throw new UnavailableError("x5c.unread", "a key of a kind that is not read here");
  }
  return { n, e, bits, size: Math.ceil(bits / 8) };
}

/** @param {bigint} base @param {{n: bigint, e: bigint}} key */
function raised(base, { n, e }) {
  if (base >= n) return null;
  let [result, square] = [1n, base];
  for (let left = e; left; left >>= 1n) {
    if (left & 1n) result = (result * square) % n;
    square = (square * square) % n;
  }
  return result;
}

/** RFC 8017, 9.2. @param {Uint8Array} digest @param {string} info @param {number} size */
function padded(digest, info, size) {
  const tail = concat(Uint8Array.from(info.match(/../g), (digits) => parseInt(digits, 16)), digest);
  const message = new Uint8Array(size).fill(0xff);
  message.set([0, 1]);
  message[size - tail.length - 1] = 0;
  message.set(tail, size - tail.length);
  return message;
}

/** RFC 8017, 9.1.2, with a salt as long as the digest. @param {Uint8Array} power @param {any} hash @param {Uint8Array} signed @param {{bits: number}} key */
function isSalted(power, hash, signed, { bits }) {
  const length = Math.ceil((bits - 1) / 8);
  if (power.length > length && power[0] !== 0) return false;
  const message = power.slice(power.length - length);
  const digest = hash(signed);
  const size = digest.length;
  const rest = length - size - 1;
  const spare = 0xff >> (8 * length - (bits - 1));
  if (rest < size + 1 || message[length - 1] !== 0xbc || message[0] & ~spare) return false;
  const wanted = message.subarray(rest, length - 1);
  const data = masked(message.slice(0, rest), wanted, hash);
  data[0] &= spare;
  const salt = rest - size;
  const isPadded = data.subarray(0, salt).every((byte, i) => byte === (i === salt - 1 ? 1 : 0));
  return isPadded && equal(hash(concat(new Uint8Array(8), digest, data.subarray(salt))), wanted);
}

/** Take a mask off (RFC 8017, B.2.1). @param {Uint8Array} data @param {Uint8Array} seed @param {any} hash */
function masked(data, seed, hash) {
  for (let at = 0, counter = 0n; at < data.length; counter++) {
    for (const byte of hash(concat(seed, toBigEndian(counter, 4)))) {
      if (at < data.length) data[at++] ^= byte;
    }
  }
  return data;
}
