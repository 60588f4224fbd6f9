/**
 * A chain up to a root, as of a time (RFC 5280, 6): validity, constraints of authorities, path
 * lengths, and that the key may sign. Its words are those of the other verifier.
 */

import { toHex } from "./bytes.js";
import {
  ACCESS, AUTHORITY_KEY, BASIC, COMMITS, CONSTRAINED_NAMES, KEY_USAGE, NAMES, PURPOSES, SIGNS, SIGNS_CERTIFICATES,
  SUBJECT_KEY, has,
} from "./certificate_extensions.js";
import { STRONG_BITS, isPermittedKey, isPermittedSignature, isSignedBy, modulusBits } from "./certificate_signature.js";
import { VerificationError } from "./errors.js";
import { timeText } from "./stages/comparison.js";
import { LIMITS } from "./tables.js";

/** @typedef {import("./certificate.js").Certificate} Certificate */

const V3 = 2n;
const MAX_SERIAL = 21;
const CLIENT = "1.3.6.1.5.5.7.3.2";
const ANY_PURPOSE = "2.5.29.37.0";
/** Years that a time of two digits can say. */
const [FIRST_SHORT, LAST_SHORT] = [1950, 2049];
// The signer's and the root's do not count.
const MAX_BETWEEN = LIMITS.chain - 2;
const MAX_SIGNATURES = 128;
const MISSING = `invalid extension: ${KEY_USAGE}: Certificate is missing required extension`;
const KNOWN = [ACCESS, AUTHORITY_KEY, SUBJECT_KEY, KEY_USAGE, NAMES, BASIC, CONSTRAINED_NAMES, PURPOSES];
/** Whether an extension of an authority must be critical, or must not; others may be. */
const CRITICAL = new Map([[BASIC, true], [ACCESS, false], [AUTHORITY_KEY, false], [SUBJECT_KEY, false], [PURPOSES, false]]);

/** Why a path does not hold. */
class BrokenPath extends Error {}

/** Check a chain up to a root; throw VerificationError. @param {Certificate[]} chain @param {Certificate} root @param {number} at seconds since 1970 */
export function verifyChain(chain, root, at) {
  const between = chain.slice(1).filter((each) => each.id !== root.id);
  try {
    new Path(root, between, at).check(chain[0]);
  } catch (error) {
    if (!(error instanceof BrokenPath)) throw error;
    throw new VerificationError("x5c.chain", "the certificate's chain does not hold", {
      expected: `one that holds as of ${timeText(at)}`,
      found: error.message,
    });
  }
}

/** The search for a path: the root is tried first, then who is nearest by the identifier of its key. */
class Path {
  /** @param {Certificate} root @param {Certificate[]} between @param {number} at */
  constructor(root, between, at) {
    this.root = root;
    this.between = between;
    this.at = at;
    this.signatures = 0;
  }

  /** @param {Certificate} signer */
  check(signer) {
    this.checkAny(signer);
    checkSigner(signer);
    const broken = this.build(signer, 0);
    if (broken !== null) throw new BrokenPath(broken);
  }

  /** Give null where a path leads to the root, else what is wrong with the last that was tried. @param {Certificate} certificate @param {number} depth @returns {?string} */
  build(certificate, depth) {
    if (certificate.id === this.root.id) return null;
    if (depth > MAX_BETWEEN) return "chain construction exceeds max depth";
    let last = "all candidates exhausted with no interior errors";
    for (const issuer of this.candidates(certificate)) {
      try {
        this.checkIssuer(issuer, certificate, depth);
        const broken = this.build(issuer, depth + 1);
        if (broken === null) return null;
        last = broken;
      } catch (error) {
        if (!(error instanceof BrokenPath)) throw error;
        last = error.message;
      }
      if (this.signatures > MAX_SIGNATURES) throw new BrokenPath("fatal error: Exceeded maximum signature check limit");
    }
    return last;
  }

  /** @param {Certificate} certificate */
  candidates(certificate) {
    const name = toHex(certificate.issuer.bytes);
    const wanted = certificate.extensions.get(AUTHORITY_KEY)?.value;
    /** @param {Certificate} candidate */
    const distance = (candidate) => {
      const key = candidate.extensions.get(SUBJECT_KEY)?.value;
      if (!wanted || !key) return 1;
      return toHex(wanted) === toHex(key) ? 0 : 2;
    };
    const named = [this.root, ...this.between].filter(({ subject }) => toHex(subject.bytes) === name);
    return named.sort((one, other) => distance(one) - distance(other));
  }

  /** @param {Certificate} issuer @param {Certificate} certificate @param {number} depth */
  checkIssuer(issuer, certificate, depth) {
    this.checkAny(issuer);
    checkAuthority(issuer, depth);
    const { certified } = issuer;
    if (!isPermittedKey(certified.algorithm)) throw new BrokenPath("Forbidden public key algorithm");
    if (!isPermittedSignature(certificate.algorithm)) throw new BrokenPath("Forbidden signature algorithm");
    const bits = modulusBits(certified);
    if (bits && bits < STRONG_BITS) throw new BrokenPath("RSA key is too weak");
    this.signatures += 1;
    if (!isSignedBy(certificate, issuer)) throw new BrokenPath("signature does not match");
  }

  /** @param {Certificate} certificate */
  checkAny({ version, algorithm, innerAlgorithm, serial, issuer, validity }) {
    if (version !== V3) throw new BrokenPath("certificate must be an X509v3 certificate");
    if (toHex(algorithm.bytes) !== toHex(innerAlgorithm.bytes)) {
      throw new BrokenPath("mismatch between signatureAlgorithm and SPKI algorithm");
    }
    if (serial.content.length > MAX_SERIAL) {
      throw new BrokenPath("certificate must have a serial between 1 and 20 octets");
    }
    if (serial.content[0] & 0x80) throw new BrokenPath("certificate serial number cannot be negative");
    if (!issuer.parts.length) throw new BrokenPath("certificate must have a non-empty Issuer");
    if (validity.some((time) => time.isGeneralized && time.year >= FIRST_SHORT && time.year <= LAST_SHORT)) {
      throw new BrokenPath("validity dates between 1950 and 2049 must be UtcTime");
    }
    if (this.at < validity[0].seconds || this.at > validity[1].seconds) {
      throw new BrokenPath("cert is not valid at validation time");
    }
  }
}

/** @param {Certificate} certificate */
function checkSigner({ extensions }) {
  for (const [id, { isCritical, value }] of extensions) {
    checkKnown(id, isCritical);
    if (id === KEY_USAGE && !has(value, SIGNS) && !has(value, COMMITS)) throw new BrokenPath("the key may not sign");
    if (id === BASIC && value.isAuthority) throw new BrokenPath("the signer's certificate is an authority's");
  }
  if (!extensions.has(KEY_USAGE)) throw new BrokenPath(MISSING);
}

/** @param {Certificate} certificate @param {number} depth */
function checkAuthority({ extensions }, depth) {
  const basic = extensions.get(BASIC)?.value;
  if (basic === undefined) {
    throw new BrokenPath(`invalid extension: ${BASIC}: missing required extension: CA certificate has no basicConstraints`);
  }
  if (!basic.isAuthority) throw new BrokenPath("basicConstraints.cA must be asserted in a CA certificate");
  const { pathLength } = basic;
  if (pathLength !== null && BigInt(depth) > pathLength) throw new BrokenPath("path length constraint violated");
  for (const [id, { isCritical, value }] of extensions) {
    checkKnown(id, isCritical);
    if (isCritical !== (CRITICAL.get(id) ?? isCritical)) {
      throw new BrokenPath(`invalid extension: ${id}: Certificate extension has incorrect criticality`);
    }
    if (id === AUTHORITY_KEY && value === null) {
      throw new BrokenPath("authorityKeyIdentifier must contain keyIdentifier");
    }
    if (id === KEY_USAGE && !has(value, SIGNS_CERTIFICATES)) {
      throw new BrokenPath("keyUsage.keyCertSign must be asserted in a CA certificate");
    }
    if (id === PURPOSES && !value.includes(CLIENT) && !value.includes(ANY_PURPOSE)) {
      throw new BrokenPath("Neither EKU nor anyEKU could be found");
    }
  }
  if (!extensions.has(KEY_USAGE)) throw new BrokenPath(MISSING);
}

/** @param {string} id @param {boolean} isCritical */
function checkKnown(id, isCritical) {
  if (KNOWN.includes(id) || !isCritical) return;
  throw new BrokenPath(`invalid extension: ${id}: certificate contains unaccounted-for critical extensions`);
}
