/**
 * Strict JSON text in, a value out (RFC 8259), or where the text is none and why.
 *
 * Objects become Maps, so that no name is special and their order is kept; numbers that are not
 * written as integers become Floats, for 1.0 is another text than 1. An integer outside ±(2^53-1),
 * a name twice in one object, NaN and anything behind the value are refused (RFC 7493).
 */

import { first, lengthOf } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { Float } from "./float.js";
import { ascii } from "./repr.js";

const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
const MAX_INTEGER_DIGITS = String(-MAX_INTEGER).length;
const SHOWN = 40;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\x00-\x1f]*/y;
const WORDS = new Map([["null", null], ["true", true], ["false", false]]);
const CONSTANTS = ["NaN", "Infinity", "-Infinity"];
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** @typedef {null | boolean | number | string | Float | Json[] | Map<string, Json>} Json */

/** Read one value and nothing behind it; throw MalformedError. @param {string} text @returns {Json} */
export function read(text) {
  const reader = new Reader(text);
  reader.space();
  const value = reader.value();
  reader.space();
  if (reader.at !== text.length) throw reader.wrong("Extra data", reader.at);
  return value;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {RegExp} pattern */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = /** @type {RegExpExecArray} */ (pattern.exec(this.text));
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  space() {
    this.match(SPACE);
  }

  /** @returns {Json} */
  value() {
    const start = this.at;
    switch (this.text[start]) {
      case '"':
        this.at++;
        return this.string();
      case "{":
        this.at++;
        return this.object();
      case "[":
        this.at++;
        return this.array();
    }
    for (const [word, value] of WORDS) if (this.take(word)) return value;
    for (const constant of CONSTANTS) if (this.take(constant)) throw notJson(constant);
    const number = this.match(NUMBER);
    if (number === null) throw this.wrong("Expecting value", start);
    return number[2] || number[3] ? float(number[0]) : integer(number[0]);
  }

  /** @param {string} word */
  take(word) {
    const found = this.text.startsWith(word, this.at);
    if (found) this.at += word.length;
    return found;
  }

  object() {
    /** @type {[string, Json][]} */
    const pairs = [];
    this.space();
    if (!this.take("}")) {
      for (;;) {
        if (!this.take('"')) {
          throw this.wrong("Expecting property name enclosed in double quotes", this.at);
        }
        const name = this.string();
        this.space();
        if (!this.take(":")) throw this.wrong("Expecting ':' delimiter", this.at);
        this.space();
        pairs.push([name, this.value()]);
        this.space();
        if (this.take("}")) break;
        if (!this.take(",")) throw this.wrong("Expecting ',' delimiter", this.at);
        this.space();
      }
    }
    const members = new Map(pairs);
    if (members.size !== pairs.length) throw duplicate(pairs);
    return members;
  }

  array() {
    /** @type {Json[]} */
    const elements = [];
    this.space();
    if (this.take("]")) return elements;
    for (;;) {
      elements.push(this.value());
      this.space();
      if (this.take("]")) return elements;
      if (!this.take(",")) throw this.wrong("Expecting ',' delimiter", this.at);
      this.space();
    }
  }

  string() {
    const begin = this.at - 1;
    let read = "";
    for (;;) {
      read += this.match(PLAIN)[0];
      const letter = this.text[this.at];
      if (letter === undefined) throw this.wrong("Unterminated string starting at", begin);
      if (letter === '"') {
        this.at++;
        return read;
      }
      if (letter !== "\\") throw this.wrong("Invalid control character at", this.at);
      read += this.escape(begin);
    }
  }

  /** @param {number} begin */
  escape(begin) {
    const start = this.at;
    const letter = this.text[start + 1];
    if (letter === undefined) throw this.wrong("Unterminated string starting at", begin);
    if (letter !== "u") {
      if (!(letter in ESCAPES)) throw this.wrong("Invalid \\escape", start);
      this.at += 2;
      return ESCAPES[/** @type {keyof ESCAPES} */ (letter)];
    }
    const digits = this.text.slice(start + 2, start + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.wrong("Invalid \\uXXXX escape", start + 1);
    this.at += 6;
    return String.fromCharCode(parseInt(digits, 16));
  }

  /** @param {string} what @param {number} at */
  wrong(what, at) {
    return notJson(`${what} at character ${lengthOf(this.text.slice(0, at))}`);
  }
}

/** @param {string} literal */
function integer(literal) {
  const value = Number(literal);
  if (literal.length > MAX_INTEGER_DIGITS || Math.abs(value) > MAX_INTEGER) {
    throw new MalformedError("json.integer-range", "an integer is out of range", {
      expected: `-${MAX_INTEGER} to ${MAX_INTEGER}`,
      found: literal.slice(0, SHOWN),
      hint: "Write larger numbers as strings.",
    });
  }
  return value === 0 ? 0 : value;
}

/** @param {string} literal */
function float(literal) {
  const value = Number(literal);
  if (!Number.isFinite(value)) {
    throw new MalformedError("json.number-range", "a number is not a finite double", {
      expected: "an IEEE 754 double",
      found: literal.slice(0, SHOWN),
    });
  }
  return new Float(value);
}

/** @param {[string, Json][]} pairs */
function duplicate(pairs) {
  const seen = new Set();
  const twice = pairs.find(([name]) => seen.has(name) || !seen.add(name));
  return new MalformedError("json.duplicate-name", "an object has the same name twice", {
    found: ascii(first(/** @type {[string, Json]} */ (twice)[0], SHOWN)),
  });
}

/** @param {string} found */
function notJson(found) {
  return new MalformedError("json.invalid", "not JSON", { found });
}
