/**
 * A checkpoint (C2SP tlog-checkpoint): the head of a log, as the text of a signed note.
 *
 *     <origin>
 *     <size, decimal>
 *     <base64 of the root hash>
 *     [extension lines]
 */

import { equal, first, fromBase64, loneSurrogate, toHex } from "./bytes.js";
import { MalformedError, VerificationError } from "./errors.js";
import { EMPTY_ROOT, HASH_SIZE, MAX_SIZE } from "./merkle.js";
import { SPACE } from "./note_key.js";
import { openNote, parseNote } from "./note.js";
import { repr } from "./repr.js";

const LINES = 3;
const MAX_SIZE_DIGITS = String(MAX_SIZE).length;

/** @typedef {{origin: string, size: bigint, root: Uint8Array}} Checkpoint */

/** Read a checkpoint's text, without its signatures; throw MalformedError. @param {string} text @returns {Checkpoint} */
export function parseText(text) {
  const lines = text.split("\n");
  if (lines.pop() || lines.length < LINES) {
    throw malformed("text", `at least ${LINES} lines, each ended`, `${lines.length}`);
  }
  const [origin, size, root, ...extensions] = lines;
  if (!/^(?:0|[1-9][0-9]*)$/.test(size) || size.length > MAX_SIZE_DIGITS) {
    throw malformed("size", "a decimal number without leading zeros", first(size, 40));
  }
  const decoded = fromBase64(root, "checkpoint.malformed", "checkpoint: root");
  return checked({ origin, size: BigInt(size), root: decoded }, extensions);
}

/** Read the checkpoint of a signed note without verifying it; throw MalformedError. @param {string} note */
export function parseCheckpoint(note) {
  return parseText(parseNote(note).text);
}

/**
 * Read a signed checkpoint that one of the log's keys signed; throw VerificationError.
 *
 * @param {string} note @param {import("./note.js").NoteVerifier[]} verifiers
 */
export function openCheckpoint(note, verifiers) {
  const opened = openNote(note, verifiers);
  const checkpoint = parseText(opened.text);
  // A key of another log, though trusted for that one, says nothing here.
  if (!opened.verified.some((signature) => signature.name === checkpoint.origin)) {
    throw new VerificationError(
      "checkpoint.origin",
      "the checkpoint is signed by a key of another log",
      {
        expected: `a signature by ${checkpoint.origin}`,
        found: opened.verified.map((signature) => signature.name).join(", "),
      },
    );
  }
  return checkpoint;
}

/** Accept what can be both a checkpoint's first line and a key's name. @param {string} origin */
export function checkOrigin(origin) {
  if (!isLine(origin) || origin.includes("+") || SPACE.test(origin)) {
    const expected = "a schema-less URL like example.com/log, no spaces, no plus";
    throw malformed("origin", expected, repr(first(origin, 80)));
  }
}

/** @param {Checkpoint} checkpoint @param {string[]} extensions */
function checked(checkpoint, extensions) {
  const { origin, size, root } = checkpoint;
  checkOrigin(origin);
  if (size > MAX_SIZE) throw malformed("size", `0 to ${MAX_SIZE}`, `${size}`);
  if (root.length !== HASH_SIZE) {
    throw malformed("root", `${HASH_SIZE} bytes`, `${root.length} bytes`);
  }
  if (size === 0n && !equal(root, EMPTY_ROOT)) {
    throw malformed("root", "the root of the empty tree at size 0", toHex(root));
  }
  const wrong = extensions.find((line) => !isLine(line));
  if (wrong !== undefined) throw malformed("extension line", "a line of text", repr(wrong));
  return checkpoint;
}

/** Say whether this can be a line of a signed note. @param {string} text */
function isLine(text) {
  return text !== "" && !/[\x00-\x1f]/.test(text) && loneSurrogate(text) < 0;
}

/** @param {string} what @param {string} expected @param {string} found */
function malformed(what, expected, found) {
  return new MalformedError("checkpoint.malformed", `checkpoint: ${what}`, { expected, found });
}
