/**
 * What else is signed and logged: a submitter's manifest, a recipient's receipt, a status.
 *
 * Each is a JWS over claims; its signature is checked by `jws.verify`.
 */

import { leafOf } from "./attestation.js";
import { byCodePoint, fromHex } from "./bytes.js";
import { VerificationError } from "./errors.js";
import { readClaims } from "./jws.js";
import { verifyInclusion } from "./merkle.js";
import { MAY_FOLLOW, TYPES } from "./tables.js";

/** Read a manifest. @param {string} text */
export function readManifest(text) {
  return readClaims(text, TYPES.manifest, "ManifestClaims");
}

/** Read a receipt. @param {string} text */
export function readReceipt(text) {
  return spoken(readClaims(text, TYPES.receipt, "ReceiptClaims"));
}

/** Read a status. @param {string} text */
export function readStatus(text) {
  return spoken(readClaims(text, TYPES.status, "StatusClaims"));
}

/**
 * Check that a record is at its place in a manifest's batch; throw VerificationError.
 *
 * @param {any} claims @param {Uint8Array} leafHash @param {{index: number, path: Uint8Array[]}} place
 */
export function verifyRecord(claims, leafHash, { index, path }) {
  verifyInclusion({
    leafHash,
    index: BigInt(index),
    size: BigInt(claims.count),
    proof: path,
    root: /** @type {Uint8Array} */ (fromHex(claims.root)),
  });
}

/** Hold a receipt's outcome to the transfer's own fingerprints. @param {any} claims @param {any[]} files */
export function checkOutcome(claims, files) {
  const derived = isSame(files, claims.files) ? "matches" : "differs";
  if (derived !== claims.outcome) {
    throw new VerificationError(
      "receipt.outcome",
      "the receipt does not say what its fingerprints say",
      { expected: derived, found: claims.outcome },
    );
  }
}

/**
 * Say where one speaker's words on one leaf have come to, in the order they were logged; throw
 * where one of them cannot follow the one before it.
 *
 * @param {string[]} actions @returns {?string}
 */
export function standing(actions) {
  let last = "";
  for (const action of actions) {
    const allowed = /** @type {Record<string, string[]>} */ (MAY_FOLLOW)[last];
    if (!allowed.includes(action)) {
      throw new VerificationError("status.order", "a status cannot follow the one before it", {
        expected: Array.from(allowed).sort(byCodePoint).join(" or ") || "nothing more",
        found: `${action} after ${last || "nothing"}`,
      });
    }
    last = action;
  }
  return last || null;
}

/** @param {{jws: any, claims: any}} read */
function spoken({ jws, claims }) {
  return { jws, claims, leafHash: leafOf(claims.sub) };
}

/** Compare files by size and SHA-256: the same as often, in any order. @param {any[]} sent @param {any[]} received */
function isSame(sent, received) {
  const [one, other] = [sent, received].map((files) =>
    files.map((file) => `${file.size} ${file.digests["sha-256"]}`).sort().join("\n"),
  );
  return sent.length === received.length && one === other;
}
