/**
 * Certificates that came along with a signature (`x5c`, RFC 7515, 4.1.6; RFC 5280).
 *
 * They are data: nothing that they name is fetched, and only a root that the trust file names makes
 * them more. What is not read here is told (`x5c.unread`) and decided by the other verifier.
 */

import { byCodePoint, first, fromBase64, isAscii, toHex } from "./bytes.js";
import { isPermittedSignature, isSignedBy, keyPoint } from "./certificate_signature.js";
import { NAMES, readExtensions } from "./certificate_extensions.js";
import {
  BIT_STRING, Element, GENERALIZED_TIME, INTEGER, NULL, OID, SEQUENCE, context, malformed as notDer, readBits, readInteger,
  readNatural, readNull, readOid, readTime,
} from "./der.js";
import { DistinguishedName, STANDS_FOR } from "./distinguished_name.js";
import { MalformedError, UnavailableError, VerificationError } from "./errors.js";
import { PublicKey } from "./jwk.js";
import { typeName } from "./repr.js";
import { LIMITS } from "./tables.js";

const ORGANISATION = "2.5.4.97";
const SHOWN = 120;
const [V1, V3] = [0n, 2n];
const VERSION_BITS = 8;

// RFC 8410, 3; RFC 5758, 3.2.
const WITHOUT_PARAMETERS = new Set([
  "1.3.101.110", "1.3.101.111", "1.3.101.112", "1.3.101.113", "2.16.840.1.101.3.4.3.9", "2.16.840.1.101.3.4.3.10",
  "2.16.840.1.101.3.4.3.11", "2.16.840.1.101.3.4.3.12",
]);
// RFC 4055 for RSA; for ECDSA and DSA some write a NULL that should not be there.
const NULLABLE = /^(?:1\.2\.840\.113549\.1\.1\.(?:1|5|11|12|13|14)|1\.3\.14\.3\.2\.29|1\.2\.840\.10045\.4\.3\.[1-4]|2\.16\.840\.1\.101\.3\.4\.3\.(?:[1-4]|13|14|15|16))$/;
const EC = "1.2.840.10045.2.1";
/** Signature algorithms that the other verifier knows by name, some of which nobody should use. */
const SIGNATURES = /^(?:1\.2\.840\.113549\.1\.1\.(?:4|5|10|11|12|13|14)|1\.3\.14\.3\.2\.29|1\.2\.840\.10045\.4\.(?:1|3\.[1-4])|1\.2\.840\.10040\.4\.3|2\.16\.840\.1\.101\.3\.4\.3\.(?:1|2|3|9|10|11|12|13|14|15|16|17|18|19)|1\.3\.101\.11[23]|1\.2\.643\.2\.2\.3|1\.2\.643\.7\.1\.1\.3\.[23]|1\.3\.6\.1\.5\.5\.7\.6\.36)$/;
/** Algorithms with parameters of a shape of their own, which are not looked into. */
const UNREAD = /^(?:1\.2\.840\.113549\.1\.(?:1\.10|3\.1|5\.1[23])|1\.2\.840\.10040\.4\.1|1\.2\.840\.10046\.2\.1)$/;

/** @typedef {{id: string, bytes: Uint8Array, isRead: boolean}} Algorithm */

/** An X.509 certificate. */
export class Certificate {
  /** Read base64 of DER; throw MalformedError. @param {string} text */
  static read(text) {
    let der;
    try {
      der = fromBase64(text, "", "");
    } catch {
      throw malformed(`base64 of at most ${LIMITS.certificate} bytes`, "another text");
    }
    if (!der.length || der.length > LIMITS.certificate) {
      throw malformed(`base64 of at most ${LIMITS.certificate} bytes`, "another text");
    }
    try {
      return new Certificate(der);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      throw malformed("an X.509 certificate in DER, as base64", "something else");
    }
  }

  /** @param {Uint8Array} der */
  constructor(der) {
    this.der = der;
    this.id = toHex(der);
    const whole = Element.read(der).as(SEQUENCE).fields;
    const signed = whole.take(SEQUENCE);
    this.signed = signed.bytes;
    /** @type {Algorithm} */
    this.algorithm = readAlgorithm(whole.take(SEQUENCE));
    this.signature = readBits(whole.take(BIT_STRING)).bytes;
    whole.end();
    const fields = signed.fields;
    this.version = readVersion(fields.explicit(0));
    this.serial = fields.take(INTEGER);
    readInteger(this.serial);
    this.innerAlgorithm = readAlgorithm(fields.take(SEQUENCE));
    this.issuer = new DistinguishedName(fields.take());
    const validity = fields.take(SEQUENCE).fields;
    this.validity = [validity.take(), validity.take()].map((time) => {
      return { ...readTime(time), isGeneralized: time.tag === GENERALIZED_TIME };
    });
    validity.end();
    this.subject = new DistinguishedName(fields.take());
    const certified = fields.take(SEQUENCE).fields;
    /** @type {{algorithm: Algorithm, bits: {bytes: Uint8Array, unused: number}}} */
    this.certified = {
      algorithm: readAlgorithm(certified.take(SEQUENCE)),
      bits: readBits(certified.take(BIT_STRING)),
    };
    certified.end();
    for (const number of [1, 2]) {
      const unique = fields.optional(context(number));
      if (unique) readBits(unique);
    }
    const { known, isRead } = readExtensions(fields.explicit(3));
    this.extensions = known;
    fields.end();
    if (!SIGNATURES.test(this.algorithm.id)) throw notDer("another signature");
    this.isRead = isRead && [this.algorithm, this.innerAlgorithm, this.certified.algorithm].every((each) => each.isRead);
  }

  /** The certified key; throws MalformedError for one of another kind. */
  get key() {
    const found = keyPoint(this.certified);
    if (found === null) throw malformed("a key of P-256 or Ed25519", "another");
    return new PublicKey(found.curve, found.point);
  }

  /** The names that stand for an organisation: URIs, DNS names, its register number. @returns {string[]} */
  get names() {
    const registered = this.subject.valuesOf(ORGANISATION);
    const named = this.extensions.get(NAMES)?.value ?? [];
    const texts = named.filter(({ tag }) => STANDS_FOR.includes(tag)).map(({ text }) => text);
    return Array.from(new Set([...registered, ...texts])).sort(byCodePoint);
  }

  /** Say whether the issuer's name and key are those that signed this one; throw UnavailableError. @param {Certificate} issuer */
  isIssuedBy(issuer) {
    if (toHex(this.algorithm.bytes) !== toHex(this.innerAlgorithm.bytes)) return false;
    if (toHex(this.issuer.bytes) !== toHex(issuer.subject.bytes)) return false;
    return isSignedBy(this, issuer);
  }
}

/** Read the value of `x5c`; throw MalformedError. @param {unknown} value */
export function readChain(value) {
  const longest = LIMITS.chain;
  if (!Array.isArray(value) || !value.length || value.length > longest) {
    throw malformed(`x5c: a list of 1 to ${longest} certificates`, typeName(value));
  }
  if (!value.every((text) => typeof text === "string" && isAscii(text))) {
    throw malformed("x5c: certificates as base64", "something else");
  }
  return value.map((text) => Certificate.read(text));
}

/** Check that the first is of `key`, and each is issued by the next; throw VerificationError. @param {Certificate[]} chain @param {PublicKey} key */
export function checkLinks(chain, key) {
  const [signer] = chain;
  if (signer.key.id !== key.id) {
    throw new VerificationError("x5c.key", "the certificate is of another key than the one that signed", {
      expected: key.did,
      found: signer.key.did,
    });
  }
  chain.slice(1).forEach((issuer, i) => {
    if (chain[i].isIssuedBy(issuer)) return;
    throw new VerificationError("x5c.chain", "a certificate is not issued by the next one", {
      expected: first(chain[i].issuer.shown, SHOWN),
      found: `certificate ${i + 2}: ${first(issuer.subject.shown, SHOWN)}`,
    });
  });
}

/** Refuse to decide about certificates that are not read here; throw UnavailableError. @param {Certificate[]} certificates */
export function checkRead(certificates) {
  const unread = certificates.find((each) => !each.isRead);
  if (unread) throw new UnavailableError("x5c.unread", "a certificate of a kind that is not read here");
}

/** @param {?Element} element */
function readVersion(element) {
  if (element === null) return V1;
  const version = readNatural(element.as(INTEGER), VERSION_BITS);
  // The first version is not written: it is the default.
  if (version !== V3) throw notDer("another version");
  return version;
}

/** @param {Element} element @returns {Algorithm} */
function readAlgorithm(element) {
  const fields = element.fields;
  const id = readOid(fields.take(OID));
  const parameters = fields.left.length ? fields.take() : null;
  fields.end();
  if (NULLABLE.test(id) && parameters !== null) readNull(parameters.as(NULL));
  if (WITHOUT_PARAMETERS.has(id) && parameters !== null) throw notDer("parameters");
  if (id === EC) {
    if (parameters === null) throw notDer("no curve");
    if (parameters.tag === OID) readOid(parameters);
    else if (parameters.tag === NULL) readNull(parameters);
    else parameters.as(SEQUENCE);
  }
  return { id, bytes: element.bytes, isRead: !UNREAD.test(id) || isPermittedSignature(element) };
}

/** @param {string} expected @param {string} found */
function malformed(expected, found) {
  return new MalformedError("x5c.malformed", "certificate", { expected, found });
}
