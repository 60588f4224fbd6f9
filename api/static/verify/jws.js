/**
 * A JSON Web Signature in its compact form (RFC 7515, 7.1), read strictly.
 *
 * The header may bring the key along, in `jwk` or `x5c`. That makes it no key to believe: who believes a thumbprint
 * knows the key by it. Addresses (`jku`, `x5u`) and extensions (`crit`) are refused.
 */

import { decode, encode } from "./base64url.js";
import { first, isAscii, lengthOf, utf8 } from "./bytes.js";
import { parse } from "./canonical.js";
import { readChain } from "./certificate.js";
import { MalformedError, VerificationError } from "./errors.js";
import { ALGORITHMS, PublicKey } from "./jwk.js";
import { HASH_SIZE } from "./merkle.js";
import { ascii, typeName } from "./repr.js";
import { checkNamesAndNumbers, decode as decodeStruct } from "./struct.js";
import { LIMITS } from "./tables.js";

const KNOWN = Object.values(ALGORITHMS).flat();
const REFUSED = ["b64", "crit", "jku", "x5u"];
const MAX_HEADER = 16_384;
const PARTS = 3;
const SHOWN = 60;

/** A signature with all that it covers; that it is right, only `verify` says. */
export class Jws {
  /**
   * @param {Map<string, any>} header @param {Uint8Array} payload @param {Uint8Array} signature
   * @param {Uint8Array} signingInput
   */
  constructor(header, payload, signature, signingInput) {
    this.header = header;
    this.payload = payload;
    this.signature = signature;
    this.signingInput = signingInput;
    /** The certificates that came along, the signer's first. @type {import("./certificate.js").Certificate[]} */
    this.certificates = header.has("x5c") ? readChain(header.get("x5c")) : [];
    /** The key that came along, null where none did. @type {?PublicKey} */
    this.key = header.has("jwk") ? PublicKey.fromJwk(header.get("jwk")) : (this.certificates[0]?.key ?? null);
  }

  /** Read the compact form, of this `typ`; throw MalformedError. @param {string} text @param {string} typ */
  static parse(text, typ, longest = LIMITS.jws) {
    const parts = text.split(".");
    if (parts.length !== PARTS || lengthOf(text) > longest || !isAscii(text)) {
      const found = `${Math.min(parts.length, PARTS + 1)} parts`;
      throw malformed("three parts, base64url, between points", found);
    }
    if (parts[0].length > MAX_HEADER) {
      throw malformed(`a header of at most ${MAX_HEADER} characters`, "a longer one");
    }
    const header = readHeader(decode(parts[0]), typ);
    const signingInput = utf8(`${parts[0]}.${parts[1]}`);
    return new Jws(header, decode(parts[1]), decode(parts[2]), signingInput);
  }

  /** Read the payload as a JSON object, strictly; throw MalformedError. @returns {Map<string, any>} */
  get claims() {
    const value = parse(this.payload);
    if (!(value instanceof Map)) throw malformed("an object as payload", typeName(value));
    return value;
  }

  /** The thumbprint of the key that is said to have signed, null where none is named. @returns {?Uint8Array} */
  get thumbprint() {
    if (this.key !== null) return this.key.thumbprint;
    try {
      const thumbprint = decode(this.header.get("kid") ?? "");
      return thumbprint.length === HASH_SIZE ? thumbprint : null;
    } catch (error) {
      if (error instanceof MalformedError) return null;
      throw error;
    }
  }

  /** Check the signature; throw VerificationError. @param {PublicKey} key */
  verify(key) {
    const algorithm = this.header.get("alg");
    if (!key.verify(algorithm, this.signingInput, this.signature)) {
      throw new VerificationError(
        "jws.signature",
        "the signature is not this key's over this text",
        {
          expected: `a signature of ${encode(key.thumbprint)}`,
          found: `${algorithm}, ${this.signature.length} bytes`,
        },
      );
    }
  }
}

/** Read a signature of a `typ` and what it covers. @param {string} text @param {string} typ @param {string} struct */
export function readClaims(text, typ, struct, longest = LIMITS.jws) {
  const jws = Jws.parse(text, typ, longest);
  const value = jws.claims;
  checkNamesAndNumbers(value);
  return { jws, claims: decodeStruct(value, struct) };
}

/** @param {Uint8Array} data @param {string} typ */
function readHeader(data, typ) {
  const header = parse(data);
  if (!(header instanceof Map)) throw malformed("an object as header", typeName(header));
  const refused = REFUSED.filter((name) => header.has(name));
  if (refused.length) {
    throw malformed("a header that names no address and no extension", refused.join(", "));
  }
  const [alg, type, kid] = ["alg", "typ", "kid"].map((name) => header.get(name) ?? null);
  if (typeof alg !== "string" || !KNOWN.includes(alg)) {
    throw malformed(Array.from(KNOWN).sort().join(" or "), first(`alg ${ascii(alg)}`, SHOWN));
  }
  if (type !== typ) throw malformed(`typ ${typ}`, first(ascii(type), SHOWN));
  if (kid !== null && !(typeof kid === "string" && isAscii(kid))) {
    throw malformed("kid: a thumbprint in base64url", first(ascii(kid), SHOWN));
  }
  if (header.has("jwk")) PublicKey.fromJwk(header.get("jwk"));
  // The key of the first is read here, so that no reader has to expect another.
  if (header.has("x5c")) void readChain(header.get("x5c"))[0].key;
  return header;
}

/** @param {string} expected @param {string} found */
function malformed(expected, found) {
  const details = { expected, found };
  return new MalformedError("jws.malformed", "not a JWS as it is read here", details);
}
