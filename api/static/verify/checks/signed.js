/** Checks of signed entries: in the log, of their kind, signed by a key, and whose key that is. */

import { equal, toHex } from "../bytes.js";
import { LedgerError, VerificationError } from "../errors.js";
import { Check, UNDETERMINED } from "../report.js";
import { checkLogged } from "./logged.js";

/** @typedef {import("./case.js").Case} Case */
/** A signed entry that is in the log and whose signature is right. */
/** @typedef {{index: number, statement: import("../statement.js").Statement, says: any,
 *             thumbprint: Uint8Array}} SignedEntry */

/**
 * Check a signed entry as far as the signature; it is given only where all of it holds.
 *
 * @param {string} part @param {import("../bundle.js").LoggedEntry} entry @param {Case} of
 * @param {(jws: string) => any} read @param {?string} [subject]
 * @returns {{checks: Check[], found: ?SignedEntry}}
 */
export function checkSigned(part, entry, of, read, subject = null) {
  const { checks, statement } = checkLogged(part, entry, of.head, subject);
  if (statement === null) return { checks, found: null };
  const code = `${part}.signature`;
  try {
    if (statement.kind !== part) {
      const details = { expected: part, found: statement.kind };
      throw new VerificationError("entry.other-kind", "the entry is of another kind", details);
    }
    const says = read(statement.members.jws);
    const key = signerOf(says.jws, of.trust);
    if (key === null) {
      const unknown = new Check(code, UNDETERMINED, { reason: "key.unknown", subject });
      return { checks: [...checks, unknown], found: null };
    }
    says.jws.verify(key);
    const found = { index: entry.index, statement, says, thumbprint: key.thumbprint };
    return { checks: [...checks, Check.verified(code, subject)], found };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { checks: [...checks, Check.failed(code, error, subject)], found: null };
  }
}

/** Find the key that is said to have signed. @param {import("../jws.js").Jws} jws @param {import("../trust.js").Trust} trust */
export function signerOf(jws, trust) {
  if (jws.key !== null || jws.thumbprint === null) return jws.key;
  const owner = trust.owner(jws.thumbprint);
  return owner?.keys.get(toHex(jws.thumbprint)) ?? null;
}

/** Say whether two keys are one, or of one organisation. @param {Uint8Array} one @param {Uint8Array} other @param {import("../trust.js").Trust} trust */
export function isSameOwner(one, other, trust) {
  const owner = trust.owner(one);
  return equal(one, other) || (owner !== null && owner === trust.owner(other));
}

/**
 * Check that a key is of the organisation that its owner says to be.
 *
 * @param {string} code @param {string} says @param {Uint8Array} thumbprint
 * @param {import("../trust.js").Trust} trust @param {?string} [subject]
 * @returns {{check: Check, owner: ?import("../organisation.js").Organisation}}
 */
export function checkOwner(code, says, thumbprint, trust, subject = null) {
  const owner = trust.owner(thumbprint);
  if (owner === null) {
    const details = { reason: "organisation.unknown", subject, found: says };
    return { check: new Check(code, UNDETERMINED, details), owner };
  }
  if (owner.id !== says) {
    const other = new VerificationError("organisation.other", "the key is another's", {
      expected: owner.id,
      found: says,
    });
    return { check: Check.failed(code, other, subject), owner: null };
  }
  return { check: Check.verified(code, subject || owner.id), owner };
}
