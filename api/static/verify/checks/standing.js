/**
 * Checks of what became of a record: words in the log, and status lists that issuers signed.
 *
 * Whose word counts: of an attestation its issuer's, by any key of his; of a transfer and its plan
 * a regulator's of either jurisdiction. A pre-assessment that was revoked after the transfer had
 * happened still covered it, unless for a key that was compromised before it was anchored.
 */

import { equal, toHex } from "../bytes.js";
import { LedgerError, UnavailableError } from "../errors.js";
import { Check, FAILED, SKIPPED, UNDETERMINED } from "../report.js";
import { readStatus, standing } from "../said.js";
import { seconds } from "../stages/comparison.js";
import { INVALID, SUSPENDED, VALID, readToken, statusOf, worst } from "../status_list.js";
import { LIMITS } from "../tables.js";
import { checkSigned, signerOf } from "./signed.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("./signed.js").SignedEntry} SignedEntry */
/** @typedef {import("../stages/rules.js").Dossier} Dossier */
/** A status in the log whose signature is right, and who said it, where that is known. */
/** @typedef {{index: number, said: any, thumbprint: Uint8Array,
 *             speaker: ?import("../organisation.js").Organisation}} Word */

/** @type {Record<string, number>} */
const AS_LISTED = { reinstate: VALID, stop: SUSPENDED, suspend: SUSPENDED, revoke: INVALID };

/** Check the statuses that the bundle carries; give those that are sound, oldest first. @param {Case} of */
export function checkWords(of) {
  /** @type {Check[]} */
  const checks = [];
  /** @type {Word[]} */
  const words = [];
  const latest = Math.floor(of.asOf / 1000) + LIMITS.clock_skew;
  for (const entry of of.bundle.statuses) {
    const judged = checkSigned("status", entry, of, readStatus, `${entry.index}`);
    checks.push(...judged.checks);
    const { found } = judged;
    if (found !== null && found.says.claims.iat <= latest) {
      const { index, says: said, thumbprint } = found;
      words.push({ index, said, thumbprint, speaker: of.trust.owner(thumbprint) });
    }
  }
  words.sort((one, other) => one.index - other.index);
  return { checks, words };
}

/**
 * Check that an attestation is neither revoked nor suspended.
 *
 * @param {string} stage @param {SignedEntry} attestation @param {Dossier} dossier
 * @param {Word[]} words @param {Case} of
 * @param {?import("../anchor.js").Anchor} first the first anchor that it is shown in
 */
export function checkStanding(stage, attestation, dossier, words, of, first) {
  const [code, subject] = ["attestation.status", stage];
  let mine = words.filter((word) => isOfIssuer(word, attestation, of.trust));
  if (stage === "pre-assessment") {
    mine = mine.filter((word) => wasBefore(word, dossier) || cutsOff(word, first));
  }
  let last, listed;
  try {
    last = standing(mine.map((word) => word.said.claims.action));
    listed = askList(attestation, of);
  } catch (error) {
    if (error instanceof UnavailableError) {
      const { code: reason, expected, found } = error;
      return new Check(code, UNDETERMINED, { reason, subject, expected, found });
    }
    if (error instanceof LedgerError) return Check.failed(code, error, subject);
    throw error;
  }
  const told = worst([last === null ? VALID : AS_LISTED[last], listed ?? VALID]);
  if (told !== VALID) {
    return new Check(code, FAILED, {
      reason: told === INVALID ? "attestation.revoked" : "attestation.suspended",
      subject,
      expected: "valid",
      found: last === null ? "the issuer's status list" : mine[mine.length - 1].said.claims.reason,
    });
  }
  // Nobody says "valid": that nothing was said in the log, a bundle cannot show.
  if (listed === null) return new Check(code, SKIPPED, { reason: "status.none", subject });
  return Check.verified(code, subject);
}

/** Check that no regulator of either side has stopped the transfer or its plan. @param {Dossier} dossier @param {Word[]} words */
export function checkOrders(dossier, words) {
  const { from, to } = dossier.transfer.says;
  const entries = [dossier.transfer, dossier.plan].filter((entry) => entry !== null);
  return entries.flatMap((entry) => {
    const orders = words.filter(
      (word) => equal(word.said.leafHash, entry.leafHash) && isRegulator(word.speaker, [from, to]),
    );
    const speakers = Array.from(new Set(orders.map((word) => toHex(word.thumbprint))));
    return speakers.flatMap((speaker) =>
      checkOrder(orders.filter((word) => toHex(word.thumbprint) === speaker), entry.recordId),
    );
  });
}

/** @param {Word[]} said by one regulator @param {string} subject @returns {Check[]} */
function checkOrder(said, subject) {
  const code = "record.stopped";
  try {
    if (standing(said.map((word) => word.said.claims.action)) !== "stop") return [];
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return [Check.failed(code, error, subject)];
  }
  const found = said[said.length - 1].said.claims.reason;
  return [new Check(code, FAILED, { reason: code, subject, expected: "no order", found })];
}

/**
 * Ask the issuer's status list, null where the attestation is in none; throw UnavailableError where
 * the list is not there, or says nothing about the time.
 *
 * @param {SignedEntry} attestation @param {Case} of @returns {?number}
 */
function askList(attestation, of) {
  const { claims } = attestation.says;
  if (claims.status === undefined) return null;
  const place = claims.status.status_list;
  for (const text of of.bundle.statusLists) {
    const token = readToken(text);
    if (token.claims.sub !== place.uri) continue;
    const key = signerOf(token.jws, of.trust);
    if (key === null || !isSame(key.thumbprint, attestation.thumbprint, of.trust)) {
      const message = "the status list is not the issuer's";
      throw new UnavailableError("status-list.stranger", message, {
        expected: `a list signed by a key of ${claims.iss}`,
        found: "another key",
      });
    }
    token.jws.verify(key);
    return statusOf(token, place, Math.floor(of.asOf / 1000));
  }
  const message = "the bundle carries no status list of the attestation";
  throw new UnavailableError("status-list.absent", message, { expected: place.uri, found: "none" });
}

/** @param {Word} word @param {SignedEntry} attestation @param {import("../trust.js").Trust} trust */
function isOfIssuer(word, attestation, trust) {
  return (
    equal(word.said.leafHash, attestation.statement.leafHash) &&
    isSame(word.thumbprint, attestation.thumbprint, trust)
  );
}

/** Say whether two keys are one, or of one organisation. @param {Uint8Array} one @param {Uint8Array} other @param {import("../trust.js").Trust} trust */
function isSame(one, other, trust) {
  const owner = trust.owner(one);
  return equal(one, other) || (owner !== null && owner === trust.owner(other));
}

/**
 * Say whether something was said before the transfer happened: by the speaker's own clock or by its
 * place in the log, whichever is earlier.
 *
 * @param {Word} word @param {Dossier} dossier
 */
function wasBefore(word, { transfer }) {
  return (
    word.index < transfer.index || word.said.claims.iat <= seconds(transfer.says.occurred_at)
  );
}

/**
 * Say whether a revocation is for a key that was not its owner's alone when this was anchored:
 * whoever had stolen it dates what he signs as he likes.
 *
 * @param {Word} word @param {?import("../anchor.js").Anchor} first
 */
function cutsOff(word, first) {
  const since = word.said.claims.compromised_since;
  return since !== undefined && (first === null || first.seconds >= since);
}

/** @param {Word["speaker"]} speaker @param {string[]} sides */
function isRegulator(speaker, sides) {
  return (
    speaker !== null &&
    speaker.roles.includes("regulator") &&
    sides.some((side) => speaker.jurisdictions.includes(side))
  );
}
