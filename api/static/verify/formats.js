/**
 * The text formats inside statements and claims, and what members of one object ask of each other.
 *
 * `CHECKS` names, by struct, what is asked of it once its members are read (ledger/kinds,
 * ledger/attestation, ledger/claims). Patterns come from the verifier in Python.
 */

import { first, isAscii, lengthOf } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { ascii } from "./repr.js";
import { FORMATS, LEAF_PREFIX } from "./tables.js";

const SHOWN = 80;
const DATE_LENGTH = "2026-11-21".length;
const patterns = Object.fromEntries(
  // `$` would also match before a newline.
  Object.entries(FORMATS).map(([name, pattern]) => [name, new RegExp(pattern)]),
);

/** @typedef {Record<string, any>} Struct a decoded object; absent members are undefined */

/** Check a UUIDv7 (RFC 9562, 5.7). @param {string} text lower-case */
export function checkRecordId(text) {
  if (!patterns["record-id"].test(text)) throw malformed("record-id", "record_id", "a UUIDv7", text);
}

/** Check 32 bytes in lower-case hex. @param {string} text */
export function checkHash(text) {
  if (!patterns.hash.test(text)) {
    throw malformed("hash", "hash", "64 lower-case hexadecimal digits", text);
  }
}

/** Check the form of an ISO 3166-1 alpha-2 code. @param {string} text */
export function checkJurisdiction(text) {
  if (!patterns.jurisdiction.test(text)) {
    const expected = "an ISO 3166-1 alpha-2 code such as CN or HK";
    throw malformed("jurisdiction", "jurisdiction", expected, text);
  }
}

/** Check a leaf's name. @param {string} text */
export function checkLeafName(text) {
  if (!text.startsWith(LEAF_PREFIX)) {
    throw new MalformedError("claims.leaf", "the subject is not a leaf", {
      expected: `${LEAF_PREFIX} and 64 hexadecimal digits`,
      found: ascii(first(text, LEAF_PREFIX.length)),
    });
  }
  checkHash(text.slice(LEAF_PREFIX.length));
}

/** What is asked of a struct, by its name. @type {Record<string, (struct: Struct) => void>} */
export const CHECKS = {
  Attestation: checkSignedKind,
  Manifest: checkSignedKind,
  Receipt: checkSignedKind,
  Status: checkSignedKind,
  Plan: checkMovement,
  Transfer(struct) {
    checkMovement(struct);
    checkTime(struct.occurred_at);
  },
  Trail(struct) {
    checkKind(struct);
    checkHash(struct.head);
    checkTime(struct.since);
    checkTime(struct.until);
  },
  Digests(struct) {
    checkHash(struct["sha-256"]);
    optional(struct.sm3, checkHash);
  },
  Reference(struct) {
    checkRecordId(struct.record_id);
    checkHash(struct.leaf_hash);
  },
  Party: (struct) => optional(struct.country, checkJurisdiction),
  Persons: (struct) => optional(struct.as_of, checkTime),
  StoragePlace: (struct) => checkJurisdiction(struct.jurisdiction),
  Retention: (struct) => checkPeriod(struct.from, struct.until),
  OriginLabel: (struct) => optional(struct.produced_at, checkTime),
  Period: (struct) => checkPeriod(struct.from, struct.until),
  Filing: (struct) => checkPeriod(struct.valid_from, struct.valid_until),
  Certificate: (struct) => checkPeriod(struct.valid_from, struct.valid_until),
  Contract: (struct) => optional(struct.effective_on, checkDate),
  Assessment: (struct) => checkPeriod(struct.made_on, struct.keep_until),
  ManifestClaims: (struct) => checkHash(struct.root),
  ReceiptClaims: checkSpoken,
  StatusClaims(struct) {
    checkSpoken(struct);
    if (struct.compromised_since !== undefined && struct.action !== "revoke") {
      const message = "only a revocation can be for a compromised key";
      const details = { expected: "action revoke", found: struct.action };
      throw new MalformedError("status.compromise", message, details);
    }
  },
  PreAssessmentClaims: checkClaims,
  BackupClaims: checkClaims,
  PostCheckClaims: checkClaims,
  PreAssessment(struct) {
    checkSubject(struct);
    checkJurisdiction(struct.to);
  },
  Deposit: (struct) => checkHash(struct.root),
  RestoreCheck: (struct) => checkTime(struct.at),
  Backup: checkBackup,
  Method: checkMethod,
  PostCheck(struct) {
    checkSubject(struct);
    checkTime(struct.checked_at);
  },
};

/** @param {Struct} struct */
function checkKind(struct) {
  checkRecordId(struct.record_id);
  if (!patterns.salt.test(struct.salt)) {
    // Its length, not the salt itself.
    const found = `${lengthOf(struct.salt)} characters`;
    throw malformed("salt", "salt", "16 bytes in base64url", found);
  }
}

/** @param {Struct} struct */
function checkMovement(struct) {
  checkKind(struct);
  checkJurisdiction(struct.from);
  checkJurisdiction(struct.to);
}

/** @param {Struct} struct */
function checkSignedKind(struct) {
  checkKind(struct);
  if (!patterns["compact-jws"].test(struct.jws)) {
    const expected = "header, payload and signature in base64url, with points between";
    throw malformed("jws", "jws", expected, `${lengthOf(struct.jws)} characters`);
  }
}

/** @param {Struct} struct */
function checkSpoken(struct) {
  checkLeafName(struct.sub);
  checkRecordId(struct.record_id);
}

/** @param {Struct} struct */
function checkSubject(struct) {
  checkLeafName(struct.id);
  checkRecordId(struct.record_id);
}

/** @param {Struct} struct */
function checkClaims(struct) {
  checkJurisdiction(struct.jurisdiction);
  if (struct.nbf !== undefined && struct.exp !== undefined && struct.nbf >= struct.exp) {
    throw new MalformedError("attestation.period", "the attestation is valid at no time", {
      expected: `exp after nbf, ${struct.nbf}`,
      found: `${struct.exp}`,
    });
  }
}

/** @param {Struct} struct */
function checkBackup(struct) {
  checkSubject(struct);
  checkTime(struct.deposited_at);
  checkDate(struct.retained_until);
  // Times begin with their date.
  if (struct.retained_until <= struct.deposited_at.slice(0, DATE_LENGTH)) {
    throw new MalformedError("attestation.retention", "what is deposited is kept for no time", {
      expected: `retained_until after ${struct.deposited_at}`,
      found: struct.retained_until,
    });
  }
}

/** @param {Struct} struct */
function checkMethod({ kind, population, size, seed }) {
  if (kind === "full") {
    if (size !== undefined || seed !== undefined) {
      throw noSample("no size and no seed, where all was looked at", "some");
    }
    return;
  }
  if (population === undefined || size === undefined || seed === undefined) {
    throw noSample("population, size and seed of a sample", "not all of them");
  }
  if (size <= 0 || size > population) throw noSample(`a sample of 1 to ${population}`, `${size}`);
}

/** @param {string} expected @param {string} found */
function noSample(expected, found) {
  return new MalformedError("attestation.method", "the method is not said whole", {
    expected,
    found,
  });
}

/** @param {string} text */
function checkDate(text) {
  if (!patterns.date.test(text) || !isInCalendar(text)) {
    throw malformed("date", "date", "YYYY-MM-DD", text);
  }
}

/** @param {?string} start @param {?string} end */
function checkPeriod(start, end) {
  optional(start, checkDate);
  optional(end, checkDate);
  if (start && end && start > end) {
    throw malformed("period", "period", `an end not before ${start}`, end);
  }
}

/** @param {string} text */
function checkTime(text) {
  if (!patterns.time.test(text) || !isInCalendar(text.slice(0, DATE_LENGTH))) {
    throw malformed("time", "time", "YYYY-MM-DDTHH:MM:SSZ", text);
  }
}

/** Say whether a calendar has this day; years begin at 1. @param {string} date */
function isInCalendar(date) {
  const time = Date.parse(`${date}T00:00:00Z`);
  return (
    isAscii(date) &&
    !date.startsWith("0000") &&
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(date)
  );
}

/** @param {any} value @param {(value: any) => void} check */
function optional(value, check) {
  if (value !== undefined) check(value);
}

/** @param {string} code @param {string} what @param {string} expected @param {string} found */
function malformed(code, what, expected, found) {
  return new MalformedError(`statement.${code}`, `${what} is not of its format`, {
    expected,
    found: ascii(first(found, SHOWN)),
  });
}
