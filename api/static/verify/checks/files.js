/** Checks of the files: each that the record names is there and matches, and no other is. */

import { VerificationError } from "../errors.js";
import { SHA_256, fingerprintOf, verifySame } from "../fingerprint.js";
import { Check, FAILED, SKIPPED, UNDETERMINED } from "../report.js";

/** @typedef {import("../fingerprint.js").Fingerprint} Fingerprint */

const CODE = "file.digest";

/**
 * Pair the files that the record names with those given: by digest, then by name. What has the
 * digest is the file, however often it is named or given.
 *
 * @param {?import("../statement.js").Statement} statement @param {Fingerprint[]} given
 * @param {boolean} withoutFiles
 */
export function checkFiles(statement, given, withoutFiles) {
  if (statement === null) {
    return given.map((file) => new Check(CODE, SKIPPED, { reason: "entry.unsound", subject: file.name }));
  }
  /** @type {Check[]} */
  const checks = [];
  const record = (statement.value.get("files") ?? []).map(fingerprintOf);
  /** @type {Map<string, Fingerprint>} */
  const byDigest = new Map();
  for (const file of given) if (!byDigest.has(digestOf(file))) byDigest.set(digestOf(file), file);
  const left = new Map(byDigest);
  /** @type {Fingerprint[]} */
  const missing = [];
  for (const named of record) {
    const match = byDigest.get(digestOf(named));
    if (match === undefined) missing.push(named);
    else {
      left.delete(digestOf(named));
      checks.push(compare(named, match));
    }
  }
  const byName = new Map(Array.from(left.values()).reverse().map((file) => [file.name, file]));
  const only = left.size === 1 && missing.length === 1 ? left.values().next().value : undefined;
  for (const named of missing) {
    const wrong = byName.get(named.name) ?? only;
    byName.delete(named.name);
    if (wrong !== undefined) left.delete(digestOf(wrong));
    checks.push(absent(named, wrong, withoutFiles));
  }
  for (const file of left.values()) {
    const details = { reason: "file.not-named", subject: nameOf(file), found: digestOf(file) };
    checks.push(new Check(CODE, FAILED, details));
  }
  return checks;
}

/** @param {Fingerprint} named @param {Fingerprint} match */
function compare(named, match) {
  try {
    verifySame(named, match);
    return Check.verified(CODE, nameOf(named));
  } catch (error) {
    if (error instanceof VerificationError) return Check.failed(CODE, error, nameOf(named));
    throw error;
  }
}

/** @param {Fingerprint} named @param {Fingerprint | undefined} wrong @param {boolean} withoutFiles */
function absent(named, wrong, withoutFiles) {
  const [subject, expected] = [nameOf(named), digestOf(named)];
  if (wrong !== undefined) {
    const details = { reason: "file.changed", subject, expected, found: digestOf(wrong) };
    return new Check(CODE, FAILED, details);
  }
  if (withoutFiles) return new Check(CODE, SKIPPED, { reason: "file.waived", subject });
  return new Check(CODE, UNDETERMINED, { reason: "file.not-given", subject, expected });
}

/** @param {Fingerprint} file */
function digestOf(file) {
  return file.digests[SHA_256];
}

/** @param {Fingerprint} file */
function nameOf(file) {
  return file.name || digestOf(file).slice(0, 16);
}
