/**
 * JSON values as the other verifier shows them in "found": both give the same report.
 *
 * `repr` keeps what can be printed, `ascii` escapes all that is not ASCII.
 */

import { Float } from "./float.js";

const UNPRINTABLE = /[\p{C}\p{Z}]/u;
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** Show a value. @param {unknown} value @returns {string} */
export function repr(value) {
  return show(value, (letter) => letter !== " " && UNPRINTABLE.test(letter));
}

/** Show a value in ASCII. @param {unknown} value @returns {string} */
export function ascii(value) {
  return show(value, (letter) => letter < " " || letter > "~");
}

/** Name a value's type. @param {unknown} value */
export function typeName(value) {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  if (typeof value === "string") return "str";
  if (value instanceof Float) return "float";
  return Array.isArray(value) ? "list" : "dict";
}

/** @param {unknown} value @param {(letter: string) => boolean} escaped @returns {string} */
function show(value, escaped) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return String(value);
  if (value instanceof Float) return showFloat(value.value);
  if (typeof value === "string") return showText(value, escaped);
  if (Array.isArray(value)) return `[${value.map((each) => show(each, escaped)).join(", ")}]`;
  const members = Array.from(/** @type {Map<string, unknown>} */ (value));
  const shown = members.map(([name, member]) => `${show(name, escaped)}: ${show(member, escaped)}`);
  return `{${shown.join(", ")}}`;
}

/** @param {string} text @param {(letter: string) => boolean} escaped */
function showText(text, escaped) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = "";
  for (const letter of text) {
    if (letter === quote) shown += `\\${letter}`;
    else if (letter in NAMED) shown += NAMED[/** @type {keyof NAMED} */ (letter)];
    else if (escaped(letter)) shown += escape(letter);
    else shown += letter;
  }
  return quote + shown + quote;
}

/** @param {string} letter */
function escape(letter) {
  const code = /** @type {number} */ (letter.codePointAt(0));
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** @param {number} value */
function showFloat(value) {
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const fixed = exponent < 0 ? value.toFixed(digits.replace(/[-.]/g, "").length - 1 - exponent) : String(value);
  return fixed.includes(".") ? fixed : `${fixed}.0`;
}
