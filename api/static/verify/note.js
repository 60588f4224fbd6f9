/**
 * Signed notes (C2SP signed-note): a text, a blank line, and signature lines.
 *
 *     — <key name> base64(key id, 4 bytes || signature)
 *
 * Signatures by unknown keys are passed over; one that names a known key and does not verify makes
 * the whole note false.
 */

import { fromBase64, lengthOf, toHex } from "./bytes.js";
import { MalformedError, VerificationError } from "./errors.js";
import { FORBIDDEN, KEY_ID_SIZE, checkName } from "./note_key.js";
import { LIMITS } from "./tables.js";

const DASH = "\u2014 ";

/** @typedef {{name: string, keyId: Uint8Array, value: Uint8Array}} Signature */
/** @typedef {{name: string, keyId: Uint8Array,
 *             verify: (text: string, signature: Uint8Array) => boolean}} NoteVerifier */

/** Split a note into text and signatures, none verified; throw MalformedError. @param {string} note */
export function parseNote(note) {
  if (lengthOf(note) > LIMITS.note) throw malformed(`longer than ${LIMITS.note} characters`);
  if (FORBIDDEN.test(note)) throw malformed("a control character or a lone surrogate");
  const split = note.lastIndexOf("\n\n");
  if (split < 0) throw malformed("no blank line between text and signatures");
  const [text, block] = [note.slice(0, split + 1), note.slice(split + 2)];
  if (!block.endsWith("\n")) throw malformed(block ? "no newline at its end" : "no signatures");
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > LIMITS.note_signatures) {
    throw malformed(`more than ${LIMITS.note_signatures} signatures`);
  }
  return { text, signatures: lines.map(parseLine) };
}

/**
 * Verify the signatures by known keys; throw unless one holds and none fails.
 *
 * @param {string} note @param {NoteVerifier[]} verifiers
 */
export function openNote(note, verifiers) {
  const known = new Map();
  const ambiguous = new Set();
  for (const verifier of verifiers) {
    const identity = identify(verifier);
    if (known.has(identity)) ambiguous.add(identity);
    known.set(identity, verifier);
  }
  const { text, signatures } = parseNote(note);
  /** @type {Map<string, Signature>} */
  const verified = new Map();
  for (const signature of signatures) {
    const identity = identify(signature);
    if (ambiguous.has(identity)) {
      const what = "two of the given keys share a name and key id";
      throw new VerificationError("note.ambiguous-key", what);
    }
    if (!known.has(identity)) continue;
    if (!known.get(identity).verify(text, signature.value)) {
      throw new VerificationError("note.signature", "the signature by a known key does not hold", {
        expected: `a signature over this text by ${signature.name}`,
        found: `key id ${toHex(signature.keyId)}, which does not verify`,
      });
    }
    if (!verified.has(identity)) verified.set(identity, signature);
  }
  if (!verified.size) {
    throw new VerificationError("note.unsigned", "no signature by a known key", {
      expected: verifiers.map(show).join(", ") || "any known key",
      found: signatures.map(show).join(", "),
    });
  }
  return { text, verified: Array.from(verified.values()) };
}

/** Tell a key from all others. @param {{name: string, keyId: Uint8Array}} key */
export function identify({ name, keyId }) {
  return `${toHex(keyId)} ${name}`;
}

/** @param {{name: string, keyId: Uint8Array}} key */
function show({ name, keyId }) {
  return `${name} (${toHex(keyId)})`;
}

/** @param {string} line @returns {Signature} */
function parseLine(line) {
  const rest = line.startsWith(DASH) ? line.slice(DASH.length) : "";
  const space = rest.indexOf(" ");
  if (space < 0) throw malformed("a line after the blank one that is not a signature");
  const name = rest.slice(0, space);
  checkName(name, "note.malformed");
  const value = fromBase64(rest.slice(space + 1), "note.malformed", "signed note: a signature");
  if (value.length <= KEY_ID_SIZE) throw malformed("a signature of no bytes");
  return { name, keyId: value.subarray(0, KEY_ID_SIZE), value: value.subarray(KEY_ID_SIZE) };
}

/** @param {string} found */
function malformed(found) {
  return new MalformedError("note.malformed", "not a signed note", { found });
}
