/**
 * Names of X.500 as certificates have them (RFC 5280, 4.1.2.4 and 4.2.1.6).
 *
 * Two names are the same where their bytes are. Written as RFC 4514 says, to be shown.
 */

import { toHex } from "./bytes.js";
import { Element, Fields, LONG, OCTET_STRING, OID, SEQUENCE, SET, context, malformed, readOid } from "./der.js";
import { ascii } from "./repr.js";

const [BIT, UTF8, NUMERIC, PRINTABLE, T61, IA5, VISIBLE, UNIVERSAL, BMP] = [3, 12, 18, 19, 20, 22, 26, 28, 30];
const TIMES = [0x17, 0x18];
/** What is read as UTF-8, whatever its tag promises. */
const TEXTS = new Set([OCTET_STRING, UTF8, NUMERIC, T61, IA5, ...TIMES, VISIBLE]);
const PRINTED = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const UNIQUE = "2.5.4.45";
const SHORT = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.6", "C"],
  ["2.5.4.9", "STREET"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["0.9.2342.19200300.100.1.1", "UID"],
]);

const [OTHER, MAIL, DNS, X400, DIRECTORY, PARTY, URI, ADDRESS, REGISTERED] = [
  context(0, true), context(1), context(2), context(3, true), context(4, true), context(5, true),
  context(6), context(7), context(8),
];
/** Names that stand for an organisation. */
export const STANDS_FOR = [URI, DNS];

/** @typedef {{type: string, value: string | Uint8Array}} Attribute */

/** A distinguished name: sets of attributes, in order. */
export class DistinguishedName {
  /** Read it; throw MalformedError. @param {Element} element */
  constructor(element) {
    this.bytes = element.as(SEQUENCE).bytes;
    this.parts = element.map((part) => readPart(part.as(SET)));
  }

  /** The values of a type. @param {string} type */
  valuesOf(type) {
    return this.parts.flat().flatMap((each) => (each.type === type ? [each.value] : []));
  }

  /** Show it, in ASCII. */
  get shown() {
    const parts = this.parts.map((part) => part.map(written).join("+"));
    return ascii(parts.reverse().join(","));
  }
}

/** Read a set of attributes, sorted, each once. @param {Element} element @returns {Attribute[]} */
export function readPart(element) {
  const members = element.map((member) => member);
  const sorted = members.every((member, i) => !i || toHex(members[i - 1].bytes) <= toHex(member.bytes));
  const attributes = members.map((member) => readAttribute(member.as(SEQUENCE).fields));
  const named = new Set(attributes.map(({ type, value }) => `${type} ${typeof value === "string"} ${value}`));
  if (!attributes.length || !sorted || named.size < attributes.length) throw malformed("a name");
  return attributes;
}

/** Read a name of any kind, and give it where it is text. @param {Element} element */
export function readGeneralName(element) {
  const { tag, content } = element;
  if (tag === OTHER) {
    const fields = element.fields;
    readOid(fields.take(OID));
    if (fields.explicit(0) === null) throw malformed("a name");
    fields.end();
  } else if (tag === DIRECTORY) {
    new DistinguishedName(Element.read(content));
  } else if (tag === ADDRESS) {
    checkAddress(content);
  } else if (tag === REGISTERED) {
    readOid(element);
  } else if (tag === MAIL || tag === DNS || tag === URI) {
    return { tag, text: decode("utf-8", content) };
  } else {
    // X.400 addresses and parties of EDI are not read, as not by the other verifier.
    throw malformed([X400, PARTY].includes(tag) ? "a name of another time" : "a name");
  }
  return { tag, text: null };
}

/** Read names of any kind. @param {Element} element */
export function readGeneralNames(element) {
  return element.map(readGeneralName);
}

/** @param {Fields} fields @returns {Attribute} */
function readAttribute(fields) {
  const type = readOid(fields.take(OID));
  const element = fields.take();
  fields.end();
  const { tag, content } = element;
  if (tag === LONG || (tag === BIT) !== (type === UNIQUE && tag === BIT)) throw malformed("an attribute");
  if (tag === BIT) return { type, value: content };
  return { type, value: readString(tag, content) };
}

/** @param {number} tag @param {Uint8Array} content */
function readString(tag, content) {
  if (TEXTS.has(tag)) return decode("utf-8", content);
  if (tag === PRINTABLE) {
    const text = decode("utf-8", content);
    if (PRINTED.test(text)) return text;
  }
  if (tag === BMP && content.length % 2 === 0) return decode("utf-16be", content);
  if (tag === UNIVERSAL && content.length % 4 === 0) return readUniversal(content);
  throw malformed("an attribute");
}

/** @param {Uint8Array} content */
function readUniversal(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = "";
  for (let at = 0; at < content.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw malformed("an attribute");
    text += String.fromCodePoint(point);
  }
  return text;
}

/** @param {string} encoding @param {Uint8Array} content */
function decode(encoding, content) {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw malformed("a text");
  }
}

/** An address, or a network: an address and its mask. @param {Uint8Array} content */
function checkAddress(content) {
  const size = content.length / 2;
  if (content.length === 4 || content.length === 16) return;
  if (size !== 4 && size !== 16) throw malformed("an address");
  const bits = Array.from(content.subarray(size), (byte) => byte.toString(2).padStart(8, "0")).join("");
  const isOutside = content.subarray(0, size).some((byte, i) => byte & ~content[size + i]);
  if (/01/.test(bits) || isOutside) throw malformed("a network");
}

/** @param {Attribute} attribute */
function written({ type, value }) {
  const name = SHORT.get(type) ?? type;
  if (typeof value !== "string") return `${name}=${value.length ? `#${toHex(value)}` : ""}`;
  let text = value.replace(/[\\"+,;<>]/g, "\\$&").replaceAll("\0", "\\00");
  if (text[0] === "#" || (text[0] === " " && text.length > 1)) text = `\\${text}`;
  if (text.endsWith(" ")) text = `${text.slice(0, -1)}\\ `;
  return `${name}=${text}`;
}
