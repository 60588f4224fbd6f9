/**
 * Members of a JSON object, taken one by one and checked, so that none goes unread.
 *
 * A verifier that skips what it does not know would call "verified" what it did not look at.
 */

import { byCodePoint, first, fromBase64, fromHex, lengthOf } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { repr } from "./repr.js";

const SHOWN = 80;
const MAX_TEXT = 1_000_000;
const HASH_SIZE = 32;

/** A JSON object being read; every reader throws MalformedError with the member's place. */
export class Members {
  /** @param {unknown} value @param {string} where */
  constructor(value, where) {
    if (!(value instanceof Map)) throw malformed(where, "an object", value);
    this.where = where;
    this.left = new Map(value);
  }

  /** Refuse members that nobody has taken. */
  end() {
    if (!this.left.size) return;
    const names = Array.from(this.left.keys()).sort(byCodePoint).join(", ");
    throw malformed(this.where, "no further members", names);
  }

  /** Say whether the member is there and not yet taken. @param {string} name */
  has(name) {
    return this.left.has(name);
  }

  /** Take a member as it is. @param {string} name @returns {any} */
  take(name) {
    if (!this.left.has(name)) throw malformed(this.place(name), "this member", "nothing");
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  /** Take a string of at most `longest` characters. @param {string} name @returns {string} */
  text(name, longest = MAX_TEXT) {
    const value = this.take(name);
    if (typeof value !== "string" || lengthOf(value) > longest) {
      throw malformed(this.place(name), `a string of at most ${longest} characters`, value);
    }
    return value;
  }

  /** Take a string that is one of those allowed. @param {string} name @param {...string} allowed */
  literal(name, ...allowed) {
    const value = this.take(name);
    if (!allowed.includes(value)) throw malformed(this.place(name), allowed.join(" or "), value);
    return value;
  }

  /** Take an integer within bounds. @param {string} name @param {number} smallest @param {number} largest */
  integer(name, smallest, largest) {
    const value = this.take(name);
    if (typeof value !== "number" || value < smallest || value > largest) {
      throw malformed(this.place(name), `an integer ${smallest} to ${largest}`, value);
    }
    return value;
  }

  /** Take true or false. @param {string} name @returns {boolean} */
  boolean(name) {
    const value = this.take(name);
    if (typeof value !== "boolean") throw malformed(this.place(name), "true or false", value);
    return value;
  }

  /** Take `size` bytes as 0x and lower-case hexadecimal digits. @param {string} name @param {number} size */
  prefixed(name, size) {
    const value = this.take(name);
    if (typeof value !== "string" || !value.startsWith("0x")) {
      throw malformed(this.place(name), `0x and ${2 * size} hexadecimal digits`, value);
    }
    return hexadecimal(value.slice(2), size, this.place(name));
  }

  /** Take 32 bytes as 0x and lower-case hexadecimal digits. @param {string} name */
  hash(name) {
    return this.prefixed(name, HASH_SIZE);
  }

  /** Take bytes as standard base64 in its canonical spelling. @param {string} name */
  base64(name) {
    return fromBase64(this.text(name), "members.malformed", this.place(name));
  }

  /**
   * Take an array of at most `longest` elements, each through `read(value, place)`.
   *
   * @template T @param {string} name @param {(value: any, where: string) => T} readElement
   * @param {number} longest
   */
  array(name, readElement, longest) {
    const value = this.take(name);
    const place = this.place(name);
    if (!Array.isArray(value) || value.length > longest) {
      throw malformed(place, `an array of at most ${longest}`, value);
    }
    return value.map((element, i) => readElement(element, `${place}[${i}]`));
  }

  /**
   * Take an array that may be absent, which is the same as empty.
   *
   * @template T @param {string} name @param {(value: any, where: string) => T} readElement
   * @param {number} longest @returns {T[]}
   */
  listed(name, readElement, longest) {
    return this.has(name) ? this.array(name, readElement, longest) : [];
  }

  /**
   * Take a member that may be absent, through `read(value, place)`.
   *
   * @template T @param {string} name @param {(value: any, where: string) => T} readMember
   * @returns {?T}
   */
  optional(name, readMember) {
    return this.has(name) ? readMember(this.take(name), this.place(name)) : null;
  }

  /** Take an array of hashes, each 64 lower-case hexadecimal digits. @param {string} name @param {number} longest */
  hashes(name, longest) {
    return this.array(name, readHash, longest);
  }

  /** @param {string} name */
  place(name) {
    return `${this.where}.${name}`;
  }
}

/** Read 32 bytes as 64 lower-case hexadecimal digits. @param {unknown} value @param {string} where */
export function readHash(value, where) {
  if (typeof value !== "string") throw malformed(where, "64 hexadecimal digits", value);
  return hexadecimal(value, HASH_SIZE, where);
}

/** Read a string. @param {unknown} value @param {string} where */
export function readText(value, where) {
  if (typeof value !== "string") throw malformed(where, "a string", value);
  return value;
}

/** @param {string} value @param {number} size @param {string} where */
function hexadecimal(value, size, where) {
  const bytes = value.length === 2 * size ? fromHex(value) : null;
  // One spelling only: a changed case must not pass for the same bytes.
  if (bytes === null) throw malformed(where, `${2 * size} lower-case hexadecimal digits`, value);
  return bytes;
}

/** @param {string} where @param {string} expected @param {unknown} found */
function malformed(where, expected, found) {
  const shown = first(typeof found === "string" ? found : repr(found), SHOWN);
  return new MalformedError("members.malformed", where, { expected, found: shown || "nothing" });
}
