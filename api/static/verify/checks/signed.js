/** Checks of signed entries: in the log, of their kind, signed by a key, and whose key that is. */

import { byCodePoint, equal, toHex } from "../bytes.js";
import { checkLinks, checkRead } from "../certificate.js";
import { verifyChain } from "../certificate_path.js";
import { LedgerError, UnavailableError, VerificationError } from "../errors.js";
import { Check, UNDETERMINED } from "../report.js";
import { checkLogged } from "./logged.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("../certificate.js").Certificate} Certificate */
/** A signed entry that is in the log and whose signature is right. */
/** @typedef {{index: number, statement: import("../statement.js").Statement, says: any,
 *             thumbprint: Uint8Array}} SignedEntry */

// Of the year 9999: what a time may say is more than a calendar has.
const LAST_SECOND = 253_402_300_799;

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
 * Find whose key signed: in the trust file, or by its certificates up to a root named there.
 *
 * A chain must hold as of the time that the signer says, and, where asked, of the anchor's block.
 * Throws VerificationError for a chain that does not hold or is of somebody else, UnavailableError
 * where it held when it says and no anchor of that time is shown, and where it is not read here.
 *
 * @param {SignedEntry} signed @param {Case} of @param {boolean} [isAnchored]
 * @returns {?import("../organisation.js").Organisation}
 */
export function findOwner({ thumbprint, says }, of, isAnchored = true) {
  const owner = of.trust.owner(thumbprint);
  const chain = says.jws.certificates;
  if (owner !== null || !chain.length) return owner;
  const key = signerOf(says.jws, of.trust);
  if (key !== null) checkLinks(chain, key);
  const top = chain.at(-1);
  const named = of.trust.organisations.flatMap((known) => {
    const roots = known.roots.filter((root) => root.id === top.id || top.isIssuedBy(root));
    return roots.map((root) => ({ known, root }));
  });
  if (!named.length) return null;
  const roots = Array.from(new Map(named.map(({ root }) => [root.id, root])).values());
  checkRead([...chain, ...roots]);
  const held = holding(chain, roots, Math.min(says.claims.iat, LAST_SECOND));
  if (isAnchored) checkAnchored(chain, held, of);
  const holders = named.filter(({ root }) => held.some(({ id }) => id === root.id));
  const found = holders.find(({ known }) => chain[0].names.includes(known.certifiedName));
  if (found === undefined) {
    const wanted = new Set(named.map(({ known }) => known.certifiedName));
    throw new VerificationError("x5c.name", "the certificate is of somebody else", {
      expected: Array.from(wanted).sort(byCodePoint).join(" or "),
      found: chain[0].names.join(", ") || "no name",
    });
  }
  return found.known;
}

/**
 * Find the roots up to which a chain holds; throw VerificationError where it is none of them.
 *
 * An authority may have renewed its root with the same key: one that holds is enough.
 *
 * @param {Certificate[]} chain @param {Certificate[]} roots @param {number} at seconds since 1970
 */
function holding(chain, roots, at) {
  /** @type {?VerificationError} */
  let wrong = null;
  const held = roots.filter((root) => {
    try {
      verifyChain(chain, root, at);
      return true;
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      wrong = error;
      return false;
    }
  });
  if (!held.length) throw wrong;
  return held;
}

/** @param {Certificate[]} chain @param {Certificate[]} roots @param {Case} of */
function checkAnchored(chain, roots, { bundle: { anchor } }) {
  if (anchor === null) return;
  try {
    holding(chain, roots, anchor.seconds);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    // A later anchor than the first may cover it, which a bundle does not show of every entry.
    const message = "the certificate held when it says to have signed, and not when that was anchored";
    const { expected, found } = error;
    throw new UnavailableError("x5c.anchored-later", message, { expected, found });
  }
}

/**
 * Check that a key is of the organisation that its owner says to be.
 *
 * @param {string} code @param {string} says @param {SignedEntry} signed @param {Case} of
 * @param {?string} [subject]
 * @returns {{check: Check, owner: ?import("../organisation.js").Organisation}}
 */
export function checkOwner(code, says, signed, of, subject = null) {
  let owner;
  try {
    owner = findOwner(signed, of);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const { code: reason, expected, found } = error;
    const check =
      error instanceof UnavailableError
        ? new Check(code, UNDETERMINED, { reason, subject, expected, found })
        : Check.failed(code, error, subject);
    return { check, owner: null };
  }
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
