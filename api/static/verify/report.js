/**
 * A report: named checks in order, one verdict (schemas/report.v1.schema.json).
 *
 * "They are wrong" (failed) and "I could not tell" (undetermined) are never mixed; where integrity
 * failed the record's claims are withheld.
 */

import { plain } from "./canonical.js";
import { MEDIA_TYPES } from "./tables.js";
import { TEXTS } from "./texts.js";

export const VERIFIED = "verified";
export const FAILED = "failed";
export const UNDETERMINED = "undetermined";
export const SKIPPED = "skipped";

/** @typedef {{reason?: ?string, subject?: ?string, expected?: ?string, found?: ?string}} Details */

/** One question and its answer. */
export class Check {
  /** @param {string} code @param {string} status @param {Details} [details] */
  constructor(code, status, { reason = null, subject = null, expected = null, found = null } = {}) {
    this.code = code;
    this.status = status;
    this.reason = reason;
    this.subject = subject;
    this.expected = expected;
    this.found = found;
  }

  /** Answer yes. @param {string} code @param {?string} [subject] */
  static verified(code, subject = null) {
    return new Check(code, VERIFIED, { subject });
  }

  /** Answer no, for the reason that an error gives. @param {string} code @param {import("./errors.js").LedgerError} error @param {?string} [subject] */
  static failed(code, error, subject = null) {
    const { expected } = error;
    const found = expected || error.found ? error.found : error.message;
    return new Check(code, FAILED, { reason: error.code, subject, expected, found });
  }

  /** Write the check as a JSON object, what it has not left out. @param {"en" | "zh"} [language] */
  toValue(language = "en") {
    const { code, status, reason, subject, expected, found } = this;
    const { checks, reasons } = /** @type {any} */ (TEXTS)[language];
    // A reason without words of its own still gets an honest sentence, never a crash.
    const words = reason === null ? null : Object.hasOwn(reasons, reason) ? reasons[reason] : reasons.other;
    const [text, hint] = [words && words.text, words && words.hint];
    const members = { code, status, reason, subject, expected, found, title: checks[code], text, hint };
    return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
  }
}

/**
 * The checks, in the order in which they were made, and what they let one say.
 *
 * @typedef {object} Parts
 * @property {Check[]} checks
 * @property {number} asOf milliseconds since 1970
 * @property {?string} [origin]
 * @property {?number} [index]
 * @property {?import("./anchor.js").Anchor} [anchor]
 * @property {?Map<string, any>} [statement]
 */
export class Report {
  /** @param {Parts} parts */
  constructor({ checks, asOf, origin = null, index = null, anchor = null, statement = null }) {
    this.checks = checks;
    this.asOf = asOf;
    this.origin = origin;
    this.index = index;
    this.anchor = anchor;
    this.statement = statement;
  }

  /** The one answer: failed beats undetermined, undetermined beats verified. */
  get verdict() {
    const seen = this.checks.map((check) => check.status);
    return [FAILED, UNDETERMINED, VERIFIED].find((status) => seen.includes(status)) ?? UNDETERMINED;
  }

  /** Whether the anchor stands on a sandbox chain, which proves nothing to anyone else. */
  get sandbox() {
    return this.anchor !== null && this.anchor.sandbox;
  }

  /** Write the report as a JSON value. @param {"en" | "zh"} [language] of titles and texts */
  toValue(language = "en") {
    /** @type {Record<string, any>} */
    const value = {
      mediaType: MEDIA_TYPES.report,
      verdict: this.verdict,
      as_of: `${new Date(this.asOf).toISOString().slice(0, 19)}Z`,
      sandbox: this.sandbox,
      checks: this.checks.map((check) => check.toValue(language)),
    };
    if (this.origin !== null) value.log = { origin: this.origin, index: this.index };
    if (this.anchor !== null) value.anchor = this.anchor.toValue();
    if (this.statement !== null) value.statement = plain(this.statement);
    return value;
  }
}
