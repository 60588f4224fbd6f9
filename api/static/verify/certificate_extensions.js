/**
 * Extensions of certificates (RFC 5280, 4.2), each read whole, so that a malformed one is told.
 *
 * Those of other kinds than are read here (UNREAD) leave a chain undecided; of a kind that nobody
 * knows they are opaque, and refused where they are critical.
 */

import { BIT_STRING, BOOLEAN, Element, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, context, malformed, readBits, readFlag, readNatural, readNull, readOid } from "./der.js";
import { readGeneralName, readGeneralNames, readPart } from "./distinguished_name.js";

export const [SUBJECT_KEY, KEY_USAGE, NAMES, BASIC, CONSTRAINED_NAMES, AUTHORITY_KEY, PURPOSES, ACCESS] = [
  "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.35", "2.5.29.37", "1.3.6.1.5.5.7.1.1",
];
/** Bits of a key's usage. */
export const [SIGNS, COMMITS, , , AGREES, SIGNS_CERTIFICATES, , ENCIPHERS_ONLY, DECIPHERS_ONLY] = Array(9).keys();

const CPS = "1.3.6.1.5.5.7.2.1";
const NOTICE = "1.3.6.1.5.5.7.2.2";
const [IA5, UTF8, VISIBLE, BMP] = [22, 12, 26, 30];
const COUNT_BITS = 64;

/** @type {Record<string, (element: Element) => any>} */
const READERS = {
  [SUBJECT_KEY]: (element) => element.as(OCTET_STRING).content,
  [KEY_USAGE]: readUsage,
  [NAMES]: readNames,
  "2.5.29.18": readNames,
  [BASIC]: readBasic,
  "2.5.29.31": readPoints,
  "2.5.29.32": (element) => element.as(SEQUENCE).map(readPolicy),
  [AUTHORITY_KEY]: readAuthority,
  "2.5.29.36": readPolicyConstraints,
  [PURPOSES]: (element) => atLeastOne(element.as(SEQUENCE).map((each) => readOid(each.as(OID)))),
  "2.5.29.46": readPoints,
  "2.5.29.54": (element) => readNatural(element.as(INTEGER)),
  [ACCESS]: (element) => element.as(SEQUENCE).map(readAccess),
  "1.3.6.1.5.5.7.1.11": (element) => element.as(SEQUENCE).map(readAccess),
  "1.3.6.1.5.5.7.48.1.5": (element) => readNull(element.as(NULL)),
};
/** Timestamps of logs, templates and admissions, TLS features, and names that an authority is held to. */
const UNREAD = new Set([
  CONSTRAINED_NAMES, "2.5.29.16", "1.3.6.1.5.5.7.1.24", "1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.11129.2.4.3",
  "1.3.6.1.4.1.11129.2.4.5", "1.3.6.1.4.1.311.21.7", "1.3.36.8.3.3",
]);

/** @typedef {{isCritical: boolean, value: any}} Extension */

/**
 * Read the extensions by their identifiers, in order; throw MalformedError, where one is there twice too.
 *
 * @param {?Element} element @returns {{known: Map<string, Extension>, isRead: boolean}}
 */
export function readExtensions(element) {
  const known = new Map();
  for (const { id, ...extension } of element === null ? [] : element.as(SEQUENCE).map(readExtension)) {
    if (known.has(id)) throw malformed("an extension twice");
    known.set(id, extension);
  }
  return { known, isRead: !Array.from(known.keys()).some((id) => UNREAD.has(id)) };
}

/** Say whether a bit of a usage is set. @param {?Uint8Array} usage @param {number} bit */
export function has(usage, bit) {
  return ((usage?.[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

/** @param {Element} element */
function readExtension(element) {
  const fields = element.as(SEQUENCE).fields;
  const id = readOid(fields.take(OID));
  const isCritical = readFlag(fields.optional(BOOLEAN));
  const { content } = fields.take(OCTET_STRING);
  fields.end();
  const value = id in READERS ? READERS[id](Element.read(content)) : null;
  return { id, isCritical, value };
}

/** @template T @param {T[]} elements */
function atLeastOne(elements) {
  if (!elements.length) throw malformed("none at all");
  return elements;
}

/** @param {Element} element */
function readUsage(element) {
  const { bytes } = readBits(element.as(BIT_STRING));
  const isOnly = has(bytes, ENCIPHERS_ONLY) || has(bytes, DECIPHERS_ONLY);
  if (isOnly && !has(bytes, AGREES)) throw malformed("a usage");
  return bytes;
}

/** @param {Element} element */
function readNames(element) {
  return readGeneralNames(element.as(SEQUENCE));
}

/** @param {Element} element */
function readBasic(element) {
  const fields = element.as(SEQUENCE).fields;
  const isAuthority = readFlag(fields.optional(BOOLEAN));
  const length = fields.optional(INTEGER);
  fields.end();
  if (length !== null && !isAuthority) throw malformed("a path of nobody");
  return { isAuthority, pathLength: length && readNatural(length, COUNT_BITS) };
}

/** @param {Element} element */
function readAuthority(element) {
  const fields = element.as(SEQUENCE).fields;
  const key = fields.optional(context(0));
  const issuer = fields.optional(context(1, true));
  const serial = fields.optional(context(2));
  fields.end();
  if (issuer) readGeneralNames(issuer);
  if (serial) readNatural(serial);
  if ((issuer === null) !== (serial === null)) throw malformed("an issuer or a number alone");
  return key && key.content;
}

/** @param {Element} element */
function readPolicyConstraints(element) {
  const fields = element.as(SEQUENCE).fields;
  const found = [0, 1].map((number) => fields.optional(context(number)));
  fields.end();
  for (const each of found) if (each) readNatural(each, COUNT_BITS);
  if (found.every((each) => each === null)) throw malformed("no constraint");
}

/** @param {Element} element */
function readAccess(element) {
  const fields = element.as(SEQUENCE).fields;
  readOid(fields.take(OID));
  readGeneralName(fields.take());
  fields.end();
}

/** @param {Element} element */
function readPoints(element) {
  return element.as(SEQUENCE).map((point) => {
    const fields = point.as(SEQUENCE).fields;
    const name = fields.explicit(0);
    const reasons = fields.optional(context(1));
    const issuer = fields.optional(context(2, true));
    fields.end();
    if (reasons) readBits(reasons);
    const names = [...(issuer ? readGeneralNames(issuer) : []), ...readPointNames(name)];
    if (!names.length) throw malformed("a point nowhere");
  });
}

/** @param {?Element} name */
function readPointNames(name) {
  if (name === null) return [];
  return name.tag === context(0, true) ? readGeneralNames(name) : readPart(name.as(context(1, true)));
}

/** @param {Element} element */
function readPolicy(element) {
  const fields = element.as(SEQUENCE).fields;
  readOid(fields.take(OID));
  const qualifiers = fields.optional(SEQUENCE);
  fields.end();
  qualifiers?.map(readQualifier);
}

/** @param {Element} element */
function readQualifier(element) {
  const fields = element.as(SEQUENCE).fields;
  const id = readOid(fields.take(OID));
  const said = fields.take();
  fields.end();
  if (said.tag === IA5 && id === CPS) readText(said);
  else if (said.tag === SEQUENCE && id === NOTICE) readNotice(said);
  else throw malformed("a qualifier");
}

/** @param {Element} element */
function readNotice(element) {
  const fields = element.fields;
  const reference = fields.optional(SEQUENCE);
  const text = fields.optional(IA5, UTF8, VISIBLE, BMP);
  fields.end();
  if (text) readText(text);
  if (reference === null) return;
  const parts = reference.fields;
  readText(parts.take());
  parts.take(SEQUENCE).map((number) => readNatural(number.as(INTEGER)));
  parts.end();
}

/** @param {Element} element */
function readText({ tag, content }) {
  const isText = [IA5, UTF8, VISIBLE, BMP].includes(tag) && (tag !== BMP || content.length % 2 === 0);
  if (!isText || (tag === IA5 && content.some((byte) => byte > 0x7f))) throw malformed("a text");
  try {
    new TextDecoder(tag === BMP ? "utf-16be" : "utf-8", { fatal: true }).decode(content);
  } catch {
    throw malformed("a text");
  }
}
