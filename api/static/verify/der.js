/**
 * DER (X.690), read strictly: one encoding of each value, nothing behind it.
 *
 * Throws MalformedError for any bytes that are not of it.
 */

import { toHex } from "./bytes.js";
import { MalformedError } from "./errors.js";

export const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID] = [1, 2, 3, 4, 5, 6];
export const [UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET] = [0x17, 0x18, 0x30, 0x31];
/** Tags above 30 take more bytes; nothing that is read here has one. */
export const LONG = -1;

const MORE = 0x80;
const LONG_TAG = 0x1f;
const MAX_LENGTH_BYTES = 4;
const MAX_OID = 63;

/** The tag of a member that a structure numbers: primitive, or with elements in it. @param {number} number @param {boolean} [isConstructed] */
export function context(number, isConstructed = false) {
  return 0x80 | (isConstructed ? 0x20 : 0) | number;
}

/** One element: its tag, what is in it, and all its bytes. */
export class Element {
  /** @param {number} tag @param {Uint8Array} content @param {Uint8Array} bytes */
  constructor(tag, content, bytes) {
    this.tag = tag;
    this.content = content;
    this.bytes = bytes;
  }

  /** Read bytes that are one element. @param {Uint8Array} bytes */
  static read(bytes) {
    const element = next(bytes);
    if (element.bytes.length !== bytes.length) throw malformed("bytes behind an element");
    return element;
  }

  /** Hold the element to a tag. @param {number} tag */
  as(tag) {
    if (this.tag !== tag) throw malformed("an element of another tag");
    return this;
  }

  /** Begin to read its elements. */
  get fields() {
    return new Fields(this.content);
  }

  /** Read all of its elements, each in the same way. @template T @param {(element: Element) => T} read @returns {T[]} */
  map(read) {
    const elements = [];
    for (let left = this.content; left.length; left = left.subarray(elements.at(-1).bytes.length)) {
      elements.push(next(left));
    }
    return elements.map(read);
  }
}

/** The elements of a structure, taken one by one, so that none goes unread. */
export class Fields {
  /** @param {Uint8Array} content */
  constructor(content) {
    this.left = content;
  }

  /** Take the next element, of a tag where one is given. @param {number} [tag] @returns {Element} */
  take(tag) {
    const element = next(this.left);
    this.left = this.left.subarray(element.bytes.length);
    return tag === undefined ? element : element.as(tag);
  }

  /** Take the next element where it has one of these tags, null where it has not. @param {...number} tags */
  optional(...tags) {
    if (!this.left.length || !tags.includes(next(this.left).tag)) return null;
    return this.take();
  }

  /** Take the element within a numbered one, null where there is none. @param {number} number */
  explicit(number) {
    const around = this.optional(context(number, true));
    return around && Element.read(around.content);
  }

  /** Refuse elements that nobody has taken. */
  end() {
    if (this.left.length) throw malformed("further elements");
  }
}

/** Read a BOOLEAN. @param {Element} element */
export function readBoolean({ content }) {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed("a truth value");
  return content[0] === 0xff;
}

/** Read a BOOLEAN that stands only where it is true. @param {?Element} element */
export function readFlag(element) {
  if (element === null) return false;
  if (!readBoolean(element)) throw malformed("a default that is written out");
  return true;
}

/** Read an INTEGER, of either sign. @param {Element} element */
export function readInteger({ content }) {
  const [one, two] = content;
  const isPadded = content.length > 1 && ((one === 0 && two < MORE) || (one === 0xff && two >= MORE));
  if (!content.length || isPadded) throw malformed("an integer");
  return BigInt.asIntN(8 * content.length, BigInt(`0x${toHex(content)}`));
}

/** Read an INTEGER that is not negative, of at most so many bits. @param {Element} element */
export function readNatural(element, bits = Infinity) {
  const value = readInteger(element);
  if (value < 0n || (bits !== Infinity && value >> BigInt(bits))) throw malformed("a number");
  return value;
}

/** Read a BIT STRING: its bytes, and how many bits of the last one are none. @param {Element} element */
export function readBits({ content }) {
  const [unused] = content;
  const bytes = content.subarray(1);
  const last = bytes.at(-1) ?? 0;
  const isWrong = !content.length || unused > 7 || (unused > 0 && !bytes.length);
  if (isWrong || last & ((1 << unused) - 1)) throw malformed("bits");
  return { bytes, unused };
}

/** Read an OBJECT IDENTIFIER as numbers between points. @param {Element} element */
export function readOid({ content }) {
  if (!content.length || content.length > MAX_OID || content.at(-1) & MORE) throw malformed("an identifier");
  const numbers = [];
  let number = 0n;
  let isFirst = true;
  for (const byte of content) {
    if (isFirst && byte === MORE) throw malformed("an identifier");
    number = (number << 7n) | BigInt(byte & ~MORE);
    isFirst = !(byte & MORE);
    if (!isFirst) continue;
    numbers.push(number);
    number = 0n;
  }
  if (numbers.some((each) => each >> 32n)) throw malformed("an identifier");
  const root = numbers[0] < 80n ? numbers[0] / 40n : 2n;
  return [root, numbers[0] - 40n * root, ...numbers.slice(1)].join(".");
}

/** Read a NULL. @param {Element} element */
export function readNull({ content }) {
  if (content.length) throw malformed("nothing");
}

/** Read a UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5) as seconds since 1970. @param {Element} element */
export function readTime({ tag, content }) {
  const digits = tag === UTC_TIME ? 12 : 14;
  const text = String.fromCharCode(...content);
  const isTime = tag === UTC_TIME || tag === GENERALIZED_TIME;
  if (!isTime || text.length !== digits + 1 || !/^[0-9]+Z$/.test(text)) throw malformed("a time");
  const short = Number(text.slice(0, 2));
  const year = tag === UTC_TIME ? short + (short < 50 ? 2000 : 1900) : Number(text.slice(0, 4));
  const [month, day, hour, minute, second] = text.slice(digits - 10, -1).match(/../g).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const isSame = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!isSame || minute > 59 || second > 59) throw malformed("a time");
  return { seconds: date.getTime() / 1000, year };
}

/** Say what is wrong; who reads a structure says of what. @param {string} found */
export function malformed(found) {
  return new MalformedError("der.malformed", "not DER", { found });
}

/** Read the element at the beginning. @param {Uint8Array} bytes */
function next(bytes) {
  let at = 1;
  let tag = bytes[0];
  if ((tag & LONG_TAG) === LONG_TAG) {
    tag = LONG;
    if (bytes[at] === MORE) throw malformed("a tag");
    while (bytes[at] & MORE) at++;
    if (at === 1 && bytes[at] < LONG_TAG) throw malformed("a tag");
    at++;
  }
  let length = bytes[at++];
  if (length === undefined) throw malformed("the end");
  if (length >= MORE) {
    const count = length - MORE;
    length = 0;
    for (let i = 0; i < count && i <= MAX_LENGTH_BYTES; i++) length = length * 256 + (bytes[at + i] ?? 0);
    // One spelling: as few bytes as it takes.
    const isLong = count > MAX_LENGTH_BYTES || bytes[at] === 0 || length < MORE;
    if (count === 0 || isLong) throw malformed("a length");
    at += count;
  }
  if (at + length > bytes.length) throw malformed("the end");
  return new Element(tag, bytes.subarray(at, at + length), bytes.subarray(0, at + length));
}
