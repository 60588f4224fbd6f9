/**
 * A file's fingerprint: its size and its digests in hexadecimal, by algorithm.
 *
 * SHA-256 is always there; SM3 may stand beside it, and counts where both sides have it.
 */

import { VerificationError } from "./errors.js";
import { ALGORITHMS } from "./tables.js";

export const SHA_256 = "sha-256";

/** @typedef {{name: ?string, size: number, digests: Record<string, string>}} Fingerprint */

/** Read the fingerprint that a statement carries. @param {Map<string, any>} value @returns {Fingerprint} */
export function fingerprintOf(value) {
  const name = value.get("name") ?? null;
  return { name, size: value.get("size"), digests: Object.fromEntries(value.get("digests")) };
}

/** Check that `other` is of the same bytes; names are not compared. @param {Fingerprint} one @param {Fingerprint} other */
export function verifySame(one, other) {
  if (one.size !== other.size) {
    throw new VerificationError("file.size", "the file has another size", {
      expected: `${one.size} bytes`,
      found: `${other.size} bytes`,
    });
  }
  for (const algorithm of ALGORITHMS) {
    const [expected, found] = [one, other].map((each) => each.digests[algorithm] ?? null);
    // Only SM3 may be absent on one side: an empty intersection must not pass.
    const isOptional = algorithm !== SHA_256 && (expected === null || found === null);
    if (!isOptional && (expected === null || expected !== found)) {
      const message = `the file has another ${algorithm} digest`;
      throw new VerificationError("file.digest", message, { expected, found });
    }
  }
}
