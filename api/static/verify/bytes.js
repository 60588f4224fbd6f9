/** Bytes and text: hexadecimal, canonical base64, UTF-8, code points. */

import { MalformedError } from "./errors.js";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NOT_BASE64 = /[^A-Za-z0-9+/]/;
const MAX_PADS = 2;
const CHUNK = 0x8000;
const encoder = new TextEncoder();

/** Write bytes as lower-case hexadecimal digits. @param {Uint8Array} bytes */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Read lower-case hexadecimal digits; null for anything else. @param {string} text */
export function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Write bytes as standard base64. @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(binary);
}

/**
 * Decode standard base64 in its one canonical spelling; throw MalformedError.
 *
 * @param {string} value @param {string} code @param {string} what
 */
export function fromBase64(value, code, what) {
  let end = value.length;
  while (end > 0 && value[end - 1] === "=" && value.length - end < MAX_PADS) end--;
  const letters = value.slice(0, end);
  const isShort = [0, 3, MAX_PADS, 1][letters.length % 4] > value.length - end;
  if (NOT_BASE64.test(letters) || isShort) throw new MalformedError(code, `${what}: not base64`);
  const decoded = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
  // Unused bits of the last character would let one value be written in several ways.
  if (toBase64(decoded) !== value) {
    throw new MalformedError(code, `${what}: base64 with stray bits at its end`);
  }
  return decoded;
}

/** Encode text as UTF-8. @param {string} text */
export function utf8(text) {
  return encoder.encode(text);
}

/** Say whether two byte strings are the same. @param {?Uint8Array} one @param {?Uint8Array} other */
export function equal(one, other) {
  if (one === null || other === null) return one === other;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** Join byte strings. @param {...Uint8Array} parts */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Write a number as big-endian bytes. @param {bigint} value @param {number} size */
export function toBigEndian(value, size) {
  return fromHex(value.toString(16).padStart(2 * size, "0"));
}

/** Read big-endian bytes. @param {Uint8Array} bytes */
export function fromBigEndian(bytes) {
  return bytes.length ? BigInt(`0x${toHex(bytes)}`) : 0n;
}

/** Count code points, as every limit here does. @param {string} text */
export function lengthOf(text) {
  let length = text.length;
  for (let i = 1; i < text.length; i++) {
    if (isLow(text.charCodeAt(i)) && isHigh(text.charCodeAt(i - 1))) length--;
  }
  return length;
}

/** Take the first code points. @param {string} text @param {number} count */
export function first(text, count) {
  if (text.length <= count) return text;
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken++) {
    end += text.codePointAt(end) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** Order texts by code points, as Python does. @param {string} one @param {string} other */
export function byCodePoint(one, other) {
  const [a, b] = [Array.from(one), Array.from(other)];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = a[i].codePointAt(0) - b[i].codePointAt(0);
    if (difference) return difference;
  }
  return a.length - b.length;
}

/** Say whether text is of ASCII alone. @param {string} text */
export function isAscii(text) {
  return !/[^\x00-\x7f]/.test(text);
}

/** Find the first lone surrogate, -1 where there is none. @param {string} text */
export function loneSurrogate(text) {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) i++;
    else if (isHigh(unit) || isLow(unit)) return i;
  }
  return -1;
}

/** @param {number} unit */
function isHigh(unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

/** @param {number} unit */
function isLow(unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}
