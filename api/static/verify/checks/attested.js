/** Checks of attestations: each stage's entry, who issued it, what became of it, and its rules. */

import { readAttestation } from "../attestation.js";
import { toHex } from "../bytes.js";
import { UnavailableError, VerificationError } from "../errors.js";
import { verifyInclusion } from "../merkle.js";
import { Check, FAILED, SKIPPED, UNDETERMINED, VERIFIED } from "../report.js";
import { timeText } from "../stages/comparison.js";
import { ask } from "../stages/rules.js";
import { isStruct } from "../struct.js";
import { STAGES } from "../tables.js";
import { checkChain, checkLogId } from "./anchored.js";
import { checkOwner, checkSigned } from "./signed.js";
import { checkOrders, checkStanding } from "./standing.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("./signed.js").SignedEntry} SignedEntry */
/** @typedef {import("../anchor.js").Anchor} Anchor */
/** @typedef {import("../statement.js").Statement} Statement */

/**
 * Check each stage that the bundle carries; one that is `required` and not there is told.
 *
 * @param {Case} of @param {?Statement} transfer @param {?Statement} plan
 * @param {import("./standing.js").Word[]} words @param {string[]} required
 */
export async function checkAttestations(of, transfer, plan, words, required) {
  /** @type {Check[]} */
  const checks = [];
  /** @type {Map<string, {attestation: SignedEntry, first: ?Anchor}>} */
  const found = new Map();
  for (const stage of Object.keys(STAGES)) {
    const logged = of.bundle.attestations.get(stage);
    if (logged === undefined) {
      if (required.includes(stage)) {
        const details = { reason: "stage.absent", subject: stage };
        checks.push(new Check("attestation.present", UNDETERMINED, details));
      }
      continue;
    }
    const judged = await checkAttestation(stage, logged, of);
    checks.push(...judged.checks);
    if (judged.attestation !== null) {
      found.set(stage, { attestation: judged.attestation, first: judged.first });
    }
  }
  const dossier = dossierOf(of.bundle, transfer, plan, found);
  if (dossier === null) return checks;
  for (const [stage, { attestation, first }] of found) {
    checks.push(...checkRules(stage, dossier));
    checks.push(await checkStanding(stage, attestation, dossier, words, of, first));
  }
  return [...checks, ...(await checkOrders(dossier, words, of))];
}

/**
 * Check one attestation; give it where it is sound, and the first anchor it is shown in.
 *
 * @param {string} stage @param {import("../bundle.js").LoggedAttestation} logged @param {Case} of
 * @returns {Promise<{checks: Check[], attestation: ?SignedEntry, first: ?Anchor}>}
 */
async function checkAttestation(stage, logged, of) {
  const { disclosures } = logged.entry;
  const { checks, found: attestation } = checkSigned(
    "attestation",
    logged.entry,
    of,
    (jws) => readAttestation(jws, disclosures),
    stage,
  );
  if (attestation === null) return { checks, attestation, first: null };
  if (attestation.says.stage !== stage) {
    const other = new VerificationError("attestation.other-stage", "of another stage", {
      expected: stage,
      found: attestation.says.stage,
    });
    checks.push(Check.failed("attestation.stage", other, stage));
    return { checks, attestation: null, first: null };
  }
  const { iat } = attestation.says.claims;
  if (iat > of.latest) {
    const expected = `issued at ${timeText(Math.floor(of.asOf / 1000))} or before`;
    const details = { reason: "attestation.later", subject: stage, expected, found: timeText(iat) };
    checks.push(new Check("attestation.time", UNDETERMINED, details));
  }
  checks.push(checkIssuer(attestation, of, stage));
  const { first, told } = await firstAnchor(logged.first, attestation, of, stage);
  checks.push(...told, await checkAccredited(attestation, first, of, stage));
  return { checks, attestation, first };
}

/**
 * Check that the issuer is the one whose key signed, where the trust file knows whose it is.
 *
 * Where it does not, the name is the key holder's own word; accreditation is asked of the key.
 *
 * @param {SignedEntry} attestation @param {Case} of @param {string} subject
 */
function checkIssuer(attestation, of, subject) {
  const code = "attestation.issuer";
  const { iss } = attestation.says.claims;
  const { check } = checkOwner(code, iss, attestation, of, subject);
  if (check.reason !== "organisation.unknown") return check;
  return new Check(code, SKIPPED, { reason: check.reason, subject, found: iss });
}

/**
 * Give the earliest anchor that is shown to hold an attestation, and how that was checked.
 *
 * @param {?import("../bundle.js").FirstAnchor} shown @param {SignedEntry} attestation
 * @param {Case} of @param {string} subject @returns {Promise<{first: ?Anchor, told: Check[]}>}
 */
async function firstAnchor(shown, attestation, of, subject) {
  if (shown === null) return { first: of.bundle.anchor, told: [] };
  const code = "attestation.first-anchor";
  const { anchor, path } = shown;
  try {
    verifyInclusion({
      leafHash: attestation.statement.leafHash,
      index: BigInt(attestation.index),
      size: BigInt(anchor.size),
      proof: path,
      root: anchor.root,
    });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { first: null, told: [Check.failed(code, error, subject)] };
  }
  // How the log stands today is told with the bundle's own anchor.
  const [onChain] = await checkChain(anchor, of);
  for (const { status, reason, expected, found } of [checkLogId(anchor, of.log), onChain]) {
    if (status !== VERIFIED) {
      const told = new Check(code, status, { reason, subject, expected, found });
      return { first: null, told: [told] };
    }
  }
  return { first: anchor, told: [Check.verified(code, subject)] };
}

/**
 * Check that the key was accredited when it signed, by its own word and by the chain's.
 *
 * @param {SignedEntry} attestation @param {?Anchor} first @param {Case} of @param {string} subject
 */
async function checkAccredited(attestation, first, of, subject) {
  const code = "attestation.accredited";
  const { claims, stage } = attestation.says;
  if (claims.iat > of.latest) {
    // Who will be accredited by then, nobody knew at the time that is asked about.
    return new Check(code, SKIPPED, { reason: "attestation.later", subject });
  }
  let known;
  try {
    known = await of.accreditations.accreditation(claims.jurisdiction, attestation.thumbprint);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    const details = { reason: "accreditation.unavailable", subject, found: error.text };
    return new Check(code, UNDETERMINED, details);
  }
  const found = `${claims.iss}, key 0x${toHex(attestation.thumbprint)}, ${claims.jurisdiction}`;
  if (known === null) {
    const nobody = of.accreditations.asksChain ? "accreditation.unknown" : "accreditation.not-asked";
    return new Check(code, UNDETERMINED, { reason: nobody, subject, found });
  }
  if (!known.isAccredited(stage, claims.iat)) {
    const expected = `accredited for ${stage} at ${timeText(claims.iat)}`;
    return new Check(code, FAILED, { reason: "accreditation.not-then", subject, expected, found });
  }
  if (first === null) {
    return new Check(code, UNDETERMINED, { reason: "accreditation.no-anchor", subject, found });
  }
  const anchored = first.seconds;
  if (known.isAccredited(stage, anchored)) return Check.verified(code, subject);
  const isCompromised = known.changes.some(
    (change) => change.standing === "compromised" && anchored >= change.from,
  );
  // Whoever stole a key dates what he signs as he likes; the chain's clock is not his. An
  // accreditation that merely ended may have covered what is only anchored later.
  return new Check(code, isCompromised ? FAILED : UNDETERMINED, {
    reason: isCompromised ? "accreditation.compromised" : "accreditation.ended",
    subject,
    expected: `accredited still when it was first anchored, ${timeText(anchored)}`,
    found,
  });
}

/**
 * @param {import("../bundle.js").Bundle} bundle @param {?Statement} transfer
 * @param {?Statement} plan @param {Map<string, {attestation: SignedEntry, first: ?Anchor}>} found
 * @returns {?import("../stages/rules.js").Dossier}
 */
function dossierOf(bundle, transfer, plan, found) {
  if (transfer === null || !isStruct(transfer.members, "Transfer")) return null;
  /** @param {string} stage */
  const says = (stage) => {
    const attestation = found.get(stage)?.attestation;
    if (attestation === undefined) return null;
    return entryOf(attestation.index, attestation.statement, attestation.says.claims);
  };
  const isPlanned = bundle.plan !== null && plan !== null && isStruct(plan.members, "Plan");
  return {
    transfer: entryOf(bundle.entry.index, transfer, transfer.members),
    plan: isPlanned ? entryOf(bundle.plan.index, plan, plan.members) : null,
    preAssessment: says("pre-assessment"),
    backup: says("backup"),
    postCheck: says("post-check"),
  };
}

/** @param {number} index @param {Statement} statement @param {any} says */
function entryOf(index, statement, says) {
  return { index, recordId: statement.recordId, leafHash: statement.leafHash, says };
}

/** @param {string} stage @param {import("../stages/rules.js").Dossier} dossier */
function checkRules(stage, dossier) {
  const answers = ask(dossier, stage);
  if (!answers.length) {
    const expected = stage === "pre-assessment" ? "plan" : "backup";
    const details = { reason: "stage.alone", subject: stage, expected, found: "none" };
    return [new Check("attestation.rules", UNDETERMINED, details)];
  }
  return answers.map(([code, error]) => {
    if (error === null) return Check.verified(code);
    const { code: reason, expected, found } = error;
    return new Check(code, FAILED, { reason, expected, found });
  });
}
