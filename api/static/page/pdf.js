/**
 * Bundles inside a PDF: the bytes of a PDF in, those of the bundles attached to it out.
 *
 * Dictionaries of streams are always in the clear (ISO 32000-2, 7.5.7), so what is attached is found
 * by its /Type /EmbeddedFile, wherever a tree of names has it, and whatever else a PDF may hold. Of
 * two bundles a reader could show one and a verifier check the other: none is to be taken then.
 */

import { InflateError, inflate } from "../verify/inflate.js";
import { LIMITS, MEDIA_TYPES } from "../verify/tables.js";

const MAX_PDF = 64 * 1024 * 1024;
const MAX_ATTACHMENTS = 100;
const DICTIONARY = 4096;
const STREAM = /stream\r?\n/g;

/** Say whether a file begins as PDFs do. @param {Uint8Array} head */
export function isPdf(head) {
  return latin(head.subarray(0, 5)) === "%PDF-";
}

/** Find all bundles. @param {Uint8Array} pdf @returns {Uint8Array[]} */
export function bundlesIn(pdf) {
  if (pdf.length > MAX_PDF) return [];
  const text = latin(pdf);
  /** @type {Uint8Array[]} */
  const found = [];
  let attached = 0;
  for (const match of text.matchAll(STREAM)) {
    const before = text.slice(Math.max(0, match.index - DICTIONARY), match.index);
    const dictionary = before.slice(before.lastIndexOf(" obj") + 1);
    if (!/\/EmbeddedFile\b/.test(dictionary)) continue;
    if (++attached > MAX_ATTACHMENTS) return [];
    const start = match.index + match[0].length;
    const content = contentOf(pdf, text, start, dictionary);
    if (content !== null && isBundle(content)) found.push(content);
  }
  return found;
}

/** @param {Uint8Array} pdf @param {string} text @param {number} start @param {string} dictionary */
function contentOf(pdf, text, start, dictionary) {
  const length = /\/Length\s+([0-9]{1,9})(?!\s+[0-9]+\s+R)/.exec(dictionary);
  const end = length ? start + Number(length[1]) : text.indexOf("endstream", start);
  if (end < start || end > pdf.length) return null;
  const raw = pdf.slice(start, end);
  if (!/\/Filter\b/.test(dictionary)) return raw;
  if (!/\/Filter\s*\[?\s*\/FlateDecode\s*(?:\]|\/|>|\s)/.test(dictionary)) return null;
  try {
    const { bytes, isWhole } = inflate(raw, LIMITS.bundle_bytes);
    return isWhole ? bytes.slice() : null;
  } catch (error) {
    if (error instanceof InflateError) return null;
    throw error;
  }
}

/** @param {Uint8Array} content */
function isBundle(content) {
  return content.length <= LIMITS.bundle_bytes && mediaType(content) === MEDIA_TYPES.bundle;
}

/** Read what a JSON file says to be, null where it says nothing. @param {Uint8Array} content @returns {?string} */
export function mediaType(content) {
  try {
    const value = JSON.parse(new TextDecoder().decode(content));
    return typeof value?.mediaType === "string" ? value.mediaType : null;
  } catch {
    return null;
  }
}

/** @param {Uint8Array} content @returns {boolean} */
export function isJson(content) {
  try {
    JSON.parse(new TextDecoder().decode(content));
    return true;
  } catch {
    return false;
  }
}

/** @param {Uint8Array} bytes */
function latin(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}
