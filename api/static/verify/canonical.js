/**
 * Canonical JSON: strict JSON bytes in, a value out; a value in, RFC 8785 bytes out.
 *
 * Beside what `json` refuses: bytes that are not UTF-8, lone surrogates (RFC 7493, 2.1), more than
 * MAX_DEPTH levels.
 */

import { ascii } from "./repr.js";
import { first, loneSurrogate, utf8 } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { Float } from "./float.js";
import { read } from "./json.js";
import { LIMITS } from "./tables.js";

const SHOWN = 40;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Read strict JSON; throw MalformedError for anything else. @param {Uint8Array} data */
export function parse(data) {
  checkDepth(data);
  const value = read(decode(data));
  checkStrings(value);
  return value;
}

/** Serialise a value to its one canonical form (RFC 8785). @param {import("./json.js").Json} value */
export function canonicalize(value) {
  return utf8(write(value));
}

/** Say that something is nested too deeply. */
export function tooDeep() {
  return new MalformedError("json.depth", "nested too deeply", {
    expected: `at most ${LIMITS.depth} levels`,
  });
}

/** Turn a value into plain objects, for JSON.stringify. @param {unknown} value @returns {any} */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Float) return value.value;
  if (!(value instanceof Map)) return value;
  const members = Object.create(null);
  for (const [name, member] of value) members[name] = plain(member);
  return members;
}

/** @param {import("./json.js").Json} value @returns {string} */
function write(value) {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (value instanceof Float) return JSON.stringify(value.value);
  if (!(value instanceof Map)) return JSON.stringify(value);
  // Names in the order of their UTF-16 units (RFC 8785, 3.2.3), which is that of JavaScript.
  const names = Array.from(value.keys()).sort();
  const members = names.map((name) => {
    const member = /** @type {import("./json.js").Json} */ (value.get(name));
    return `${JSON.stringify(name)}:${write(member)}`;
  });
  return `{${members.join(",")}}`;
}

/** Refuse JSON of more than so many levels, before anything recurses. @param {Uint8Array} data */
function checkDepth(data) {
  let depth = 0;
  for (let i = 0; i < data.length; i++) {
    const byte = data[i];
    if (byte === 0x22) i = endOfString(data, i);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > LIMITS.depth) throw tooDeep();
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

/** @param {Uint8Array} data @param {number} start */
function endOfString(data, start) {
  for (let i = start + 1; i < data.length; i++) {
    if (data[i] === 0x5c) i++;
    else if (data[i] === 0x22) return i;
  }
  return data.length;
}

/** @param {Uint8Array} data */
function decode(data) {
  try {
    return decoder.decode(data);
  } catch {
    const at = invalidAt(data);
    throw new MalformedError("json.invalid", "not UTF-8", {
      found: `byte 0x${data[at].toString(16).padStart(2, "0")} at ${at}`,
    });
  }
}

/** Find the first byte that begins nothing of UTF-8 (RFC 3629, 4). @param {Uint8Array} data */
function invalidAt(data) {
  let at = 0;
  while (at < data.length) {
    const lead = data[at];
    const size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (!size || !isSequence(data.subarray(at, at + size), size)) return at;
    at += size;
  }
  return -1;
}

/** @param {Uint8Array} bytes @param {number} size */
function isSequence(bytes, size) {
  if (bytes.length < size || bytes.subarray(1).some((byte) => (byte & 0xc0) !== 0x80)) return false;
  const [lead, second] = bytes;
  return !(
    (lead === 0xe0 && second < 0xa0) ||
    (lead === 0xed && second > 0x9f) ||
    (lead === 0xf0 && second < 0x90) ||
    (lead === 0xf4 && second > 0x8f)
  );
}

/** @param {import("./json.js").Json} root */
function checkStrings(root) {
  const stack = [root];
  while (stack.length) {
    const value = stack.pop();
    if (typeof value === "string") checkString(value);
    else if (Array.isArray(value)) stack.push(...value);
    else if (value instanceof Map) {
      for (const [name, member] of value) {
        checkString(name);
        stack.push(member);
      }
    }
  }
}

/** @param {string} text */
function checkString(text) {
  const at = loneSurrogate(text);
  if (at < 0) return;
  throw new MalformedError("json.surrogate", "a string has a lone surrogate", {
    expected: "Unicode scalar values",
    found: `U+${text.charCodeAt(at).toString(16).toUpperCase()} in ${ascii(first(text, SHOWN))}`,
  });
}
