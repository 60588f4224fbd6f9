/**
 * Accreditation: whether a key may speak about a stage, in a jurisdiction, at a time.
 *
 * An authority's changes, in the order in which it made them, answer that for every time. Times are
 * seconds since 1970; a period includes its beginning and not its end.
 */

import { first, toHex } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { checkJurisdiction } from "./formats.js";
import { Members, readText } from "./members.js";
import { repr } from "./repr.js";
import { LIMITS, STAGES, STANDINGS } from "./tables.js";

const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
const NAMES = Object.keys(STAGES);

/**
 * One change: `from` begins a grant, or is the date from which a compromised key says nothing.
 *
 * @typedef {{time: number, standing: string, stages: string[], from: number, until: number,
 *             controller?: string}} Change an address in hexadecimal digits
 */

/** All that an authority has said of a key, oldest first. */
export class Accreditation {
  /** @param {string} jurisdiction @param {Uint8Array} key its thumbprint @param {Change[]} changes */
  constructor(jurisdiction, key, changes) {
    this.jurisdiction = jurisdiction;
    this.key = key;
    this.changes = changes;
  }

  /** Read its JSON object; throw MalformedError. @param {unknown} value @param {string} where */
  static fromValue(value, where) {
    const members = new Members(value, where);
    const jurisdiction = members.text("jurisdiction");
    checkJurisdiction(jurisdiction);
    const key = members.hash("key");
    const changes = members.array("changes", readChange, LIMITS.accreditation_changes);
    members.end();
    if (changes.some((change, i) => i > 0 && change.time < changes[i - 1].time)) {
      throw malformed(`${where}.changes`, "the oldest change first", "another order");
    }
    return new Accreditation(jurisdiction, key, changes);
  }

  /** Leave out what was changed after a time. @param {number} time */
  upTo(time) {
    const changes = this.changes.filter((change) => change.time <= time);
    return new Accreditation(this.jurisdiction, this.key, changes);
  }

  /** Say whether the key was accredited for a stage at a time. @param {string} stage @param {number} time */
  isAccredited(stage, time) {
    const { grant, isSuspended } = this.grantAt(time);
    return grant !== null && !isSuspended && grant.stages.includes(stage);
  }

  /**
   * Find the grant that governed at a time, and whether it was suspended then.
   *
   * Read backwards: the last grant that had begun governs, unless a revocation lies in between.
   *
   * @param {number} time @returns {{grant: ?Change, isSuspended: boolean}}
   */
  grantAt(time) {
    /** @type {?boolean} */
    let suspended = null;
    for (const change of Array.from(this.changes).reverse()) {
      if (change.standing === "compromised") {
        // The one change that reaches back before its own time.
        if (time >= change.from) break;
        continue;
      }
      if (change.time > time) continue;
      if (change.standing === "revoked") break;
      if (change.standing !== "accredited") suspended ??= change.standing === "suspended";
      else if (change.from <= time) {
        return { grant: time < change.until ? change : null, isSuspended: Boolean(suspended) };
      }
    }
    return { grant: null, isSuspended: Boolean(suspended) };
  }
}

/** @param {unknown} value @param {string} where @returns {Change} */
function readChange(value, where) {
  const members = new Members(value, where);
  const time = members.integer("time", 0, MAX_INTEGER);
  const standing = members.literal("standing", ...STANDINGS);
  /** @type {Change} */
  let change = { time, standing, stages: /** @type {string[]} */ ([]), from: 0, until: 0 };
  if (standing === "accredited") {
    const stages = members.array("stages", readStage, NAMES.length);
    const from = members.integer("from", 0, MAX_INTEGER);
    const until = members.integer("until", from + 1, MAX_INTEGER);
    change = { time, standing, stages, from, until };
    if (members.has("controller")) change.controller = toHex(members.prefixed("controller", 20));
    if (!stages.length || new Set(stages).size !== stages.length) {
      throw malformed(`${where}.stages`, "each stage once, at least one", repr(stages));
    }
  } else if (standing === "compromised") {
    change.from = members.integer("from", 1, time);
  }
  members.end();
  return change;
}

/** @param {unknown} value @param {string} where */
function readStage(value, where) {
  const text = readText(value, where);
  if (!NAMES.includes(text)) throw malformed(where, NAMES.join(" or "), text);
  return text;
}

/** @param {string} where @param {string} expected @param {string} found */
function malformed(where, expected, found) {
  const details = { expected, found: first(found, 80) };
  return new MalformedError("accreditation.malformed", where, details);
}
