/** Values of a report, `expected` and `found`, in the language of the page (ledger/values.py). */

import { VALUES } from "../verify/texts.js";

const MAX_LENGTH = 1024;
const MAX_DEPTH = 3;
const OR = { zh: " 或 " };

/** @typedef {{exact: Map<string, string>, parts: [string[], string][]}} Templates */

/** @type {Map<string, Templates>} */
const prepared = new Map();

/** Write a value in a language. @param {string} value @param {string} language @param {number} [depth] @returns {string} */
export function valueText(value, language, depth = MAX_DEPTH) {
  if (!Object.hasOwn(OR, language) || [...value].length > MAX_LENGTH || depth === 0) return value;
  const { exact, parts } = templatesOf(language);
  const whole = exact.get(value);
  if (whole !== undefined) return whole;
  const listed = value.split(" or ");
  if (listed.length > 1 && listed.every((one) => VALUES.codes.includes(one))) {
    return listed.join(/** @type {any} */ (OR)[language]);
  }
  for (const [literals, template] of parts) {
    const found = fit(literals, value);
    if (found === null) continue;
    const told = found.map((one) => valueText(one, language, depth - 1));
    return template.replace(/\{(\d)\}/g, (_, place) => told[Number(place) - 1]);
  }
  return value;
}

/** Split templates at their places, those first that say the most. @param {string} language @returns {Templates} */
function templatesOf(language) {
  const ready = prepared.get(language);
  if (ready !== undefined) return ready;
  const all = Object.entries(/** @type {any} */ (VALUES)[language]);
  const exact = new Map(all.filter(([template]) => !/\{\d\}/.test(template)));
  /** @type {[string[], string][]} */
  const parts = all
    .filter(([template]) => !exact.has(template))
    .map(([template, text]) => [template.split(/\{\d\}/), String(text)]);
  const length = (/** @type {string[]} */ literals) => [...literals.join("")].length;
  parts.sort(([one], [other]) => length(other) - length(one));
  const made = { exact, parts };
  prepared.set(language, made);
  return made;
}

/** Give what stands in a template's places, in time that grows with the value alone. @param {string[]} literals @param {string} value @returns {?string[]} */
function fit(literals, value) {
  if (!value.startsWith(literals[0])) return null;
  const found = [];
  let at = literals[0].length;
  for (const literal of literals.slice(1, -1)) {
    // A place holds one character at least.
    const end = value.indexOf(literal, at + 1);
    if (end < 0) return null;
    found.push(value.slice(at, end));
    at = end + literal.length;
  }
  const last = value.length - literals[literals.length - 1].length;
  if (last <= at || !value.endsWith(literals[literals.length - 1])) return null;
  return [...found, value.slice(at, last)];
}
