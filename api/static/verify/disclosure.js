/**
 * Disclosures (RFC 9901): an object with salted digests in, what its holder chose to show out.
 *
 *     disclosure = base64url(JSON [salt, name, value]), of an array element [salt, value]    4.2.1-2
 *     digest     = base64url(SHA-256(the disclosure's ASCII))                                4.2.3
 *
 * Every disclosure must be called for by exactly one digest; a digest without a disclosure is a
 * member that stays concealed, or a decoy (7.1).
 */

import { decode, encode } from "./base64url.js";
import { first, utf8 } from "./bytes.js";
import { parse, tooDeep } from "./canonical.js";
import { MalformedError, VerificationError } from "./errors.js";
import { sha256 } from "./hash.js";
import { ascii } from "./repr.js";
import { LIMITS } from "./tables.js";

const ALGORITHM = "sha-256";
const [SD, SD_ALG, ELEMENT] = ["_sd", "_sd_alg", "..."];
const RESERVED = [SD, SD_ALG, ELEMENT];
const SHOWN = 60;

/** @typedef {{text: string, digest: string, name: ?string, value: any}} Disclosure */

/** Read a disclosure; throw MalformedError. @param {string} text @returns {Disclosure} */
export function parseDisclosure(text) {
  let parts;
  try {
    parts = parse(decode(text));
  } catch (error) {
    if (error instanceof MalformedError) throw malformed("not base64url of JSON", error.text);
    throw error;
  }
  // Hashed as it was received: it is never encoded again.
  const digest = encode(sha256(utf8(text)));
  if (Array.isArray(parts) && typeof parts[0] === "string") {
    const [, name, value] = parts;
    if (parts.length === 3 && typeof name === "string" && !RESERVED.includes(name)) {
      return { text, digest, name, value };
    }
    if (parts.length === 2) return { text, digest, name: null, value: parts[1] };
  }
  throw malformed("not [salt, name, value] or [salt, value]", ascii(parts));
}

/**
 * Put disclosed members back and take what stays concealed out (RFC 9901, 7.1).
 *
 * @param {Map<string, any>} value @param {string[]} disclosures
 */
export function reveal(value, disclosures) {
  /** @type {Map<string, Disclosure>} */
  const pending = new Map();
  for (const disclosure of disclosures.map(parseDisclosure)) {
    if (pending.has(disclosure.digest)) {
      throw malformed("the same disclosure twice", disclosure.text);
    }
    if (pending.size === LIMITS.disclosures) {
      throw malformed(`more than ${LIMITS.disclosures} disclosures`, disclosure.text);
    }
    pending.set(disclosure.digest, disclosure);
  }
  const shown = new Reader(pending).members(value, 1);
  for (const [digest, { name }] of pending) {
    throw new VerificationError(
      "disclosure.unreferenced",
      "a disclosure does not belong to the document",
      { expected: "its digest in the document", found: `${name || "an array element"}: ${digest}` },
    );
  }
  return shown;
}

/** A walk over an object and everything disclosed in it, taking disclosures as they are met. */
class Reader {
  /** @param {Map<string, Disclosure>} pending */
  constructor(pending) {
    this.pending = pending;
    this.seen = new Set();
  }

  /** @param {Map<string, any>} value @param {number} depth */
  members(value, depth) {
    const shown = new Map();
    for (const [name, member] of value) {
      if (name === ELEMENT || (name === SD_ALG && depth > 1)) {
        throw malformed(`a member named ${name}`, ascii(member));
      }
      if (!RESERVED.includes(name)) shown.set(name, this.any(member, depth + 1));
    }
    if (value.has(SD_ALG) && value.get(SD_ALG) !== ALGORITHM) {
      throw malformed("an unknown _sd_alg", ascii(value.get(SD_ALG)));
    }
    const digests = value.has(SD) ? value.get(SD) : [];
    if (!Array.isArray(digests)) throw malformed("_sd that is not an array", ascii(digests));
    for (const digest of digests) {
      const disclosure = this.take(digest);
      if (disclosure === null) continue;
      if (disclosure.name === null) {
        throw misplaced("an array element is disclosed as a member", digest);
      }
      // It must not replace what the signer or the log shows in the clear.
      if (shown.has(disclosure.name)) {
        throw misplaced(`a second member named ${ascii(disclosure.name)}`, digest);
      }
      shown.set(disclosure.name, this.any(disclosure.value, depth + 1));
    }
    return shown;
  }

  /** @param {any[]} value @param {number} depth */
  array(value, depth) {
    const shown = [];
    for (const element of value) {
      if (!(element instanceof Map) || !element.has(ELEMENT)) {
        shown.push(this.any(element, depth + 1));
        continue;
      }
      if (element.size !== 1) {
        throw malformed("an array element with more than its digest", ascii(element));
      }
      const disclosure = this.take(element.get(ELEMENT));
      if (disclosure === null) continue;
      if (disclosure.name !== null) {
        throw misplaced("a member is disclosed as an array element", disclosure.digest);
      }
      shown.push(this.any(disclosure.value, depth + 1));
    }
    return shown;
  }

  /** @param {any} value @param {number} depth @returns {any} */
  any(value, depth) {
    const isNested = value instanceof Map || Array.isArray(value);
    // Disclosures inside disclosures can nest deeper than any of them was when it was parsed.
    if (isNested && depth > LIMITS.depth) throw tooDeep();
    if (value instanceof Map) return this.members(value, depth);
    return Array.isArray(value) ? this.array(value, depth) : value;
  }

  /** @param {any} digest @returns {?Disclosure} */
  take(digest) {
    if (typeof digest !== "string") throw malformed("a digest that is not a string", ascii(digest));
    if (this.seen.has(digest)) throw malformed("the same digest twice", digest);
    this.seen.add(digest);
    const disclosure = this.pending.get(digest) ?? null;
    this.pending.delete(digest);
    return disclosure;
  }
}

/** @param {string} what @param {string} found */
function malformed(what, found) {
  const details = { found: first(found, SHOWN) };
  return new MalformedError("disclosure.malformed", `concealment: ${what}`, details);
}

/** @param {string} what @param {string} found */
function misplaced(what, found) {
  return new VerificationError("disclosure.misplaced", `concealment: ${what}`, { found });
}
