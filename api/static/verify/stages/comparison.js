/** What rules compare: two values, two places in the log, two clocks. */

import { toHex } from "../bytes.js";
import { VerificationError } from "../errors.js";
import { LIMITS } from "../tables.js";

const MAX_SECONDS = 253_402_300_799;

/** A logged record: its place, its names, and what it says. */
/** @typedef {{index: number, recordId: string, leafHash: Uint8Array, says: any}} Entry */

/** Say that a rule is broken. @param {string} what @param {string} expected @param {string} found */
export function broken(what, expected, found) {
  return new VerificationError("stage.broken", what, { expected, found });
}

/** Check that two records say the same. @param {string} what @param {string} expected @param {string} found */
export function same(what, expected, found) {
  if (expected !== found) throw broken(`${what} is another one`, expected, found);
}

/** Check the order of two records in the log. @param {Entry} later @param {Entry} earlier @param {string} what */
export function after(later, earlier, what) {
  if (later.index <= earlier.index) {
    throw broken(what, `an index above ${earlier.index}`, `${later.index}`);
  }
}

/** Check that a time is not after another, as far as clocks agree. @param {string} what @param {number} time @param {number} limit */
export function notLater(what, time, limit) {
  if (time > limit + LIMITS.clock_skew) {
    throw broken(what, `a time up to ${timeText(limit)}`, timeText(time));
  }
}

/** Say whether a reference names this very record. @param {Entry} entry @param {any} reference */
export function isNamedBy(entry, reference) {
  return reference.record_id === entry.recordId && reference.leaf_hash === toHex(entry.leafHash);
}

/** Read a statement's time in whole seconds since 1970. @param {string} time */
export function seconds(time) {
  return Date.parse(`${time.slice(0, "2026-11-21T08:15:00".length)}Z`) / 1000;
}

/** Write seconds since 1970 as a time, or as the number where no calendar goes so far. @param {number} time */
export function timeText(time) {
  if (time > MAX_SECONDS) return `${time}`;
  const text = `${new Date(time * 1000).toISOString().slice(0, 19)}Z`;
  return text.replace(/^0+(?=[0-9])/, "");
}
