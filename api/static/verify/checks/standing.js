/**
 * Checks of what became of a record: words in the log, lists that issuers signed, the chain.
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
import { INVALID, SUSPENDED, VALID, worst } from "../status_list.js";
import { askRegistry, stoppedBy } from "./announced.js";
import { LIST, askList, isRequired, rulesOf } from "./listed.js";
import { checkSigned, findOwner, isSameOwner } from "./signed.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("./signed.js").SignedEntry} SignedEntry */
/** @typedef {import("../stages/rules.js").Dossier} Dossier */
/** A status in the log whose signature is right, and who said it, where that is known. */
/** @typedef {{index: number, said: any, thumbprint: Uint8Array,
 *             speaker: ?import("../organisation.js").Organisation}} Word */

const UNREAD = "x5c.unread";
/** @type {Record<string, number>} */
const AS_LISTED = { reinstate: VALID, stop: SUSPENDED, suspend: SUSPENDED, revoke: INVALID };

/** Check the statuses that the bundle carries; give those that are sound, oldest first. @param {Case} of */
export function checkWords(of) {
  /** @type {Check[]} */
  const checks = [];
  /** @type {Word[]} */
  const words = [];
  for (const entry of of.bundle.statuses) {
    const subject = `${entry.index}`;
    const judged = checkSigned("status", entry, of, readStatus, subject);
    checks.push(...judged.checks);
    const { found } = judged;
    if (found !== null && found.says.claims.iat <= of.latest) {
      const { index, says: said, thumbprint } = found;
      const { speaker, isUnread } = speakerOf(found, of);
      words.push({ index, said, thumbprint, speaker });
      if (isUnread) checks.push(new Check("status.signature", UNDETERMINED, { reason: UNREAD, subject }));
    }
  }
  words.sort((one, other) => one.index - other.index);
  return { checks, words };
}

/**
 * Find who said it; a chain that does not hold makes nobody of its signer.
 *
 * That an order was anchored late is no reason to pass it over. A regulator's order could hide behind
 * a certificate that is not read here, so that such a one leaves the verdict open.
 *
 * @param {SignedEntry} found @param {Case} of
 */
function speakerOf(found, of) {
  try {
    return { speaker: findOwner(found, of, false), isUnread: false };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { speaker: null, isUnread: error.code === UNREAD };
  }
}

/**
 * Check that an attestation is neither revoked nor suspended.
 *
 * @param {string} stage @param {SignedEntry} attestation @param {Dossier} dossier
 * @param {Word[]} words @param {Case} of
 * @param {?import("../anchor.js").Anchor} first the first anchor that it is shown in
 */
export async function checkStanding(stage, attestation, dossier, words, of, first) {
  const [code, subject] = ["attestation.status", stage];
  const told = new Told();
  const rules = rulesOf(attestation, of);
  const mine = words.filter((word) => isOfIssuer(word, attestation, of.trust));
  const isCovering = stage === "pre-assessment";
  const counted = mine.filter(
    (word) => !isCovering || wasBefore(word, dossier) || cutsOff(word, first),
  );
  const occurred = seconds(dossier.transfer.says.occurred_at);
  const at = isCovering ? Math.min(of.latest, occurred) : of.latest;
  try {
    told.logged(standing(counted.map(actionOf)), counted);
    told.registered(await askRegistry(attestation, of, rules, at));
  } catch (error) {
    if (error instanceof UnavailableError) told.unasked(error);
    else if (error instanceof LedgerError) return Check.failed(code, error, subject);
    else throw error;
  }
  try {
    const listed = await askList(attestation, of, rules);
    // A list tells no time: where the log does, and the word came after the transfer, it is the
    // same word.
    if (listed !== null && !(isCovering && explains(listed, mine, counted))) told.listed(listed);
  } catch (error) {
    if (error instanceof UnavailableError) {
      if (isRequired(LIST, rules)) told.unasked(error);
      else told.skipped = error;
    } else if (error instanceof LedgerError) return Check.failed(code, error, subject);
    else throw error;
  }
  return told.check(code, subject);
}

/** What the sources say of one attestation: the worst of it counts. */
class Told {
  constructor() {
    /** @type {{status: number, who: string}[]} */
    this.said = [];
    /** @type {UnavailableError[]} */
    this.errors = [];
    this.hasAnswer = false;
    /** @type {?UnavailableError} */
    this.skipped = null;
  }

  /** Take the last word in the log; that there is none, a bundle cannot show. @param {?string} last @param {Word[]} words */
  logged(last, words) {
    if (last === null) return;
    const who = words[words.length - 1].said.claims.reason;
    this.said.push({ status: AS_LISTED[last], who });
  }

  /** Take what the registry says: where nothing was said, it says so. @param {(?string)[]} said */
  registered(said) {
    if (said.length) this.hasAnswer = true;
    const who = "AttestationRegistry";
    this.said.push(...said.map((last) => ({ status: last ? AS_LISTED[last] : VALID, who })));
  }

  /** Take what the issuer's list says. @param {number} status */
  listed(status) {
    this.hasAnswer = true;
    this.said.push({ status, who: "the issuer's status list" });
  }

  /** Note that a source which must answer did not. @param {UnavailableError} error */
  unasked(error) {
    this.errors.push(error);
  }

  /** Judge: what is known to be wrong fails, whoever else could not be asked. @param {string} code @param {string} subject */
  check(code, subject) {
    const told = worst(this.said.map(({ status }) => status));
    if (told !== VALID) {
      const reason = told === INVALID ? "attestation.revoked" : "attestation.suspended";
      const found = this.said.find(({ status }) => worst([status]) === told)?.who;
      return new Check(code, FAILED, { reason, subject, expected: "valid", found });
    }
    for (const { code: reason, expected, found } of this.errors) {
      return new Check(code, UNDETERMINED, { reason, subject, expected, found });
    }
    if (this.hasAnswer) return Check.verified(code, subject);
    const reason = this.skipped === null ? "status.none" : this.skipped.code;
    return new Check(code, SKIPPED, { reason, subject });
  }
}

/** Check that no regulator of either side has stopped the transfer or its plan. @param {Dossier} dossier @param {Word[]} words @param {Case} of */
export async function checkOrders(dossier, words, of) {
  const { from, to } = dossier.transfer.says;
  const checks = [];
  for (const entry of [dossier.transfer, dossier.plan]) {
    if (entry === null) continue;
    const orders = words.filter(
      (word) => equal(word.said.leafHash, entry.leafHash) && isRegulator(word.speaker, [from, to]),
    );
    const speakers = Array.from(new Set(orders.map((word) => toHex(word.thumbprint))));
    for (const speaker of speakers) {
      const said = orders.filter((word) => toHex(word.thumbprint) === speaker);
      checks.push(...checkOrder(said, entry.recordId));
    }
    checks.push(...(await checkAnnounced(entry, [from, to], of)));
  }
  return checks;
}

/** Check what the chain says of it. @param {{recordId: string, leafHash: Uint8Array}} entry @param {string[]} sides @param {Case} of */
async function checkAnnounced(entry, sides, of) {
  const code = "record.stopped";
  try {
    const authority = await stoppedBy(entry, sides, of);
    return authority === null ? [] : [stopped(entry.recordId, `an order of 0x${authority}`)];
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const details = { reason: "status.unavailable", subject: entry.recordId, found: error.text };
    return [new Check(code, UNDETERMINED, details)];
  }
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
  return [stopped(subject, said[said.length - 1].said.claims.reason)];
}

/** @param {string} subject @param {string} found */
function stopped(subject, found) {
  const code = "record.stopped";
  return new Check(code, FAILED, { reason: code, subject, expected: "no order", found });
}

/** Say whether words that came too late to count are why a list says what it does. @param {number} listed @param {Word[]} all @param {Word[]} counted */
function explains(listed, all, counted) {
  if (all.length === counted.length) return false;
  try {
    const last = standing(all.map(actionOf));
    return worst([listed]) === (last === null ? VALID : AS_LISTED[last]);
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

/** @param {Word} word @returns {string} */
function actionOf(word) {
  return word.said.claims.action;
}

/** @param {Word} word @param {SignedEntry} attestation @param {import("../trust.js").Trust} trust */
function isOfIssuer(word, attestation, trust) {
  return (
    equal(word.said.leafHash, attestation.statement.leafHash) &&
    isSameOwner(word.thumbprint, attestation.thumbprint, trust)
  );
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
