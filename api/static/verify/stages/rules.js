/** The rules of the stages, in the order of the verifier in Python (ledger/stages). */

import { VerificationError } from "../errors.js";
import { STAGES } from "../tables.js";
import { RULES as CHECKING } from "./checking.js";
import { RULES as COVERAGE } from "./coverage.js";
import { RULES as KEEPING } from "./keeping.js";

/** @typedef {import("./comparison.js").Entry} Entry */
/**
 * What there is of a transfer; null where a record is not there, or is not shown.
 *
 * @typedef {{transfer: Entry, plan: ?Entry, preAssessment: ?Entry, backup: ?Entry,
 *            postCheck: ?Entry}} Dossier
 */

/** @type {Record<string, {rules: Record<string, (of: any) => void>, needs: (keyof Dossier)[]}>} */
const ASKED = {
  "pre-assessment": { rules: COVERAGE, needs: ["plan", "preAssessment"] },
  backup: { rules: KEEPING, needs: ["backup"] },
  "post-check": { rules: CHECKING, needs: ["postCheck", "backup"] },
};

/**
 * Ask the rules of a stage; give each with what breaks it, null where it holds.
 *
 * Gives none where the stage, or a record that its rules compare it with, is not there.
 *
 * @param {Dossier} dossier @param {string} stage @returns {[string, ?VerificationError][]}
 */
export function ask(dossier, stage) {
  const { rules, needs } = ASKED[stage];
  if (needs.some((part) => dossier[part] === null)) return [];
  const codes = /** @type {any} */ (STAGES)[stage].rules;
  return codes.map((code) => [code, brokenBy(rules[code], dossier)]);
}

/** @param {(of: any) => void} rule @param {Dossier} dossier */
function brokenBy(rule, dossier) {
  try {
    rule(dossier);
    return null;
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
}
