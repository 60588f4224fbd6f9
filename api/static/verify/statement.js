/**
 * The statement: a log's entry in, what it says out (docs/statement.md).
 *
 * What is in a log is never rewritten: only the one canonical form is read.
 */

import { byCodePoint, equal, first } from "./bytes.js";
import { canonicalize, parse } from "./canonical.js";
import { checkConcealable } from "./concealment.js";
import { MalformedError } from "./errors.js";
import { leafHash } from "./merkle.js";
import { ascii, typeName } from "./repr.js";
import { checkNamesAndNumbers, decode, wrongRecordId } from "./struct.js";
import { KINDS } from "./tables.js";

const SHOWN = 60;

/** A well-formed statement: the bytes that are logged, and what they say. */
export class Statement {
  /** @param {Uint8Array} entry @param {Map<string, any>} value @param {Record<string, any>} members */
  constructor(entry, value, members) {
    this.entry = entry;
    this.value = value;
    this.members = members;
  }

  /** Read a statement that must be canonical; throw MalformedError. @param {Uint8Array} entry */
  static fromEntry(entry) {
    const value = parse(entry);
    if (!(value instanceof Map)) {
      const details = { expected: "an object", found: typeName(value) };
      throw new MalformedError("statement.type", "not a statement", details);
    }
    checkNamesAndNumbers(value);
    const members = decode(value, kindOf(value));
    const respelt = recordIds(value).find((text) => text !== normal(text));
    if (respelt !== undefined) throw wrongRecordId(respelt);
    const canonical = canonicalize(value);
    if (!equal(canonical, entry)) {
      const message = "the entry is not in its canonical form";
      throw new MalformedError("statement.not-canonical", message, {
        expected: `${canonical.length} bytes as RFC 8785 has them`,
        found: `${entry.length} other bytes`,
      });
    }
    return new Statement(entry, value, members);
  }

  /** Name the kind: `transfer`, `plan`. @returns {string} */
  get kind() {
    return this.value.get("kind");
  }

  /** Give the identifier that the submitter made. @returns {string} */
  get recordId() {
    return this.members.record_id;
  }

  /** Hash the entry into its leaf. */
  get leafHash() {
    return leafHash(this.entry);
  }

  /** Check what disclosures show: of the kind, and nothing hidden wrongly. @param {Map<string, any>} revealed */
  checkRevealed(revealed) {
    checkConcealable(this.members, decode(revealed, kindOf(this.value)));
  }
}

/** @param {Map<string, any>} value @returns {string} the struct's name */
function kindOf(value) {
  const kind = value.has("kind") ? value.get("kind") : null;
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    throw new MalformedError("statement.kind", "unknown kind of statement", {
      expected: Object.keys(KINDS).sort(byCodePoint).join(" or "),
      found: first(ascii(kind), SHOWN),
    });
  }
  return /** @type {any} */ (KINDS)[kind];
}

/** @param {any} value @returns {string[]} */
function recordIds(value) {
  if (Array.isArray(value)) return value.flatMap(recordIds);
  if (!(value instanceof Map)) return [];
  return Array.from(value).flatMap(([name, member]) =>
    name === "record_id" ? [member, ...recordIds(member)] : recordIds(member),
  );
}

/** @param {string} text a UUID in any spelling */
function normal(text) {
  const digits = text.replaceAll("-", "").toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
