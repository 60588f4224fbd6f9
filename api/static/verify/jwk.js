/**
 * Public keys of people and organisations as JSON Web Keys (RFC 7517): P-256 and Ed25519 alone.
 *
 * A key is named by its thumbprint (RFC 7638), 32 bytes. Members that say how a key is to be used
 * may stand beside and change nothing.
 */

import { decode, encode } from "./base64url.js";
import { concat, first, isAscii, lengthOf, toHex, utf8 } from "./bytes.js";
import { parse } from "./canonical.js";
import { isOnP256, verifyEd25519, verifyP256 } from "./curves.js";
import { MalformedError } from "./errors.js";
import { sha256 } from "./hash.js";
import { checkEd25519 } from "./note_key.js";
import { ascii, typeName } from "./repr.js";

/** What a signature's header may call the algorithm of a key. @type {Record<string, string[]>} */
export const ALGORITHMS = { "P-256": ["ES256"], Ed25519: ["EdDSA", "Ed25519"] };

const SIZE = 32;
const TYPES = new Map([["P-256", "EC"], ["Ed25519", "OKP"]]);

const DID = "did:jwk:";
const MAX_DID = 1024;

/** A public key: its curve, and its point as 32 bytes (Ed25519) or x and y of 32 each. */
export class PublicKey {
  /** @param {string} curve @param {Uint8Array} point */
  constructor(curve, point) {
    this.curve = curve;
    this.point = point;
    this.thumbprint = sha256(utf8(canonicalJwk(curve, point)));
    /** The thumbprint as text, to compare by. */
    this.id = toHex(this.thumbprint);
  }

  /** The key as a `did:jwk`. */
  get did() {
    return DID + encode(utf8(canonicalJwk(this.curve, this.point)));
  }

  /** Read a public JWK; throw MalformedError, for a private one too. @param {any} value */
  static fromJwk(value) {
    if (!(value instanceof Map)) throw malformed("a JSON object", typeName(value));
    // Its owner has shown a secret. It is not repeated here.
    if (value.has("d")) throw malformed("a public key", "a private one");
    const curve = value.has("crv") ? value.get("crv") : null;
    if (typeof curve !== "string" || !TYPES.has(curve) || value.get("kty") !== TYPES.get(curve)) {
      throw malformed("kty EC with crv P-256, or kty OKP with crv Ed25519", ascii(curve));
    }
    const x = coordinate(value, "x");
    if (curve === "Ed25519") {
      checkEd25519(x, "jwk.malformed");
      return new PublicKey(curve, x);
    }
    const point = concat(x, coordinate(value, "y"));
    if (!isOnP256(point)) throw malformed("a point on P-256", "another");
    return new PublicKey(curve, point);
  }

  /** Read a `did:jwk`; throw MalformedError. @param {string} did */
  static fromDid(did) {
    if (!did.startsWith(DID) || lengthOf(did) > MAX_DID) {
      throw malformed(`${DID} and a key`, first(did, MAX_DID));
    }
    return PublicKey.fromJwk(parse(decode(did.slice(DID.length))));
  }

  /**
   * Say whether `signature` is this key's over `message`, by this very algorithm.
   *
   * @param {string} algorithm @param {Uint8Array} message @param {Uint8Array} signature
   */
  verify(algorithm, message, signature) {
    if (!ALGORITHMS[this.curve].includes(algorithm) || signature.length !== 2 * SIZE) return false;
    const verify = this.curve === "Ed25519" ? verifyEd25519 : verifyP256;
    return verify(this.point, message, signature);
  }
}

/** Write the required members alone, in their order (RFC 7638, 3). @param {string} curve @param {Uint8Array} point */
function canonicalJwk(curve, point) {
  const [x, y] = [point.subarray(0, SIZE), point.subarray(SIZE)].map(encode);
  const kty = TYPES.get(curve);
  return JSON.stringify(curve === "P-256" ? { crv: curve, kty, x, y } : { crv: curve, kty, x });
}

/** @param {Map<string, any>} value @param {string} name */
function coordinate(value, name) {
  const text = value.get(name);
  let data = new Uint8Array();
  try {
    if (typeof text === "string" && isAscii(text)) data = decode(text);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  if (data.length !== SIZE) {
    throw malformed(`${name}: ${SIZE} bytes in base64url`, "something else");
  }
  return data;
}

/** @param {string} expected @param {string} found */
function malformed(expected, found) {
  const details = { expected, found };
  return new MalformedError("jwk.malformed", "not a key that is used here", details);
}
