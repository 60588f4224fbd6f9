/** Checks of what is in the log: the checkpoint's signature, the record, its plan. */

import { toHex } from "../bytes.js";
import { openCheckpoint } from "../checkpoint.js";
import { reveal } from "../disclosure.js";
import { LedgerError, MalformedError, VerificationError } from "../errors.js";
import { leafHash, verifyInclusion } from "../merkle.js";
import { identify, parseNote } from "../note.js";
import { Check, SKIPPED, UNDETERMINED, VERIFIED } from "../report.js";
import { Statement } from "../statement.js";

/** @typedef {import("../bundle.js").LoggedEntry} LoggedEntry */
/** @typedef {import("../checkpoint.js").Checkpoint} Checkpoint */
/** @typedef {{checks: Check[], statement: ?Statement}} Judged */

/**
 * Check that the checkpoint's log is trusted, and who signed it.
 *
 * Before the log has reached its chain no operator can sign for a contract, so the line may be
 * missing where nothing is anchored yet. A false one fails all the same.
 *
 * @param {string} note @param {Checkpoint} claimed @param {import("../trust.js").Trust} trust
 * @param {boolean} isAnchored
 */
export function checkLog(note, claimed, trust, isAnchored) {
  const log = trust.log(claimed.origin);
  if (log === null) {
    const details = { reason: "log.unknown", found: claimed.origin };
    return [new Check("log.trusted", UNDETERMINED, details), checkStranger(note, trust)];
  }
  const checks = [
    Check.verified("log.trusted", claimed.origin),
    checkSignature("checkpoint.signature", note, log.keys),
  ];
  if (log.operators.length) {
    const code = "checkpoint.operator";
    const operator = checkSignature(code, note, log.operators);
    const isMissing = operator.reason === "note.unsigned" && !isAnchored;
    const absent = new Check(code, UNDETERMINED, { reason: "checkpoint.no-operator" });
    checks.push(isMissing ? absent : operator);
  }
  return checks;
}

/**
 * Check that an entry is in the log, and a statement; it is given only where it is.
 *
 * @param {string} part @param {LoggedEntry} entry @param {Checkpoint} head
 * @param {?string} [subject] @returns {Judged}
 */
export function checkLogged(part, entry, head, subject = null) {
  const leaf = leafHash(entry.body);
  const index = BigInt(entry.index);
  const { size, root } = head;
  try {
    verifyInclusion({ leafHash: leaf, index, size, proof: entry.path, root });
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { checks: [Check.failed(`${part}.inclusion`, error, subject)], statement: null };
  }
  const included = Check.verified(`${part}.inclusion`, subject || `${entry.index}`);
  const code = `${part}.statement`;
  try {
    const statement = Statement.fromEntry(entry.body);
    return { checks: [included, Check.verified(code, subject || statement.kind)], statement };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { checks: [included, Check.failed(code, error, subject)], statement: null };
  }
}

/**
 * Check one logged entry and what is disclosed of it; its statement only where all holds.
 *
 * @param {string} part @param {LoggedEntry} entry @param {Checkpoint} head @returns {Judged}
 */
export function checkEntry(part, entry, head) {
  const { checks, statement } = checkLogged(part, entry, head);
  if (statement === null) return { checks, statement };
  const code = `${part}.disclosures`;
  try {
    statement.checkRevealed(reveal(statement.value, entry.disclosures));
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { checks: [...checks, Check.failed(code, error)], statement: null };
  }
  const shown = entry.disclosures.length
    ? new Check(code, VERIFIED)
    : new Check(code, SKIPPED, { reason: "none" });
  return { checks: [...checks, shown], statement };
}

/**
 * Check that the plan in the bundle is the one that the transfer says covers it; it is given only
 * where it is sound, and that one.
 *
 * @param {?LoggedEntry} plan @param {?Statement} transfer @param {Checkpoint} head
 * @returns {Judged}
 */
export function checkPlan(plan, transfer, head) {
  const named = transfer === null ? null : namedPlan(transfer.value);
  const code = "plan.named";
  if (plan === null) {
    if (named === null) return { checks: [], statement: null };
    const absent = new Check(code, UNDETERMINED, { reason: "plan.absent", expected: named });
    return { checks: [absent], statement: null };
  }
  const { checks, statement } = checkEntry("plan", plan, head);
  if (transfer === null || statement === null) return { checks, statement: null };
  const found = reference(statement.kind, statement.value.get("record_id"), toHex(statement.leafHash));
  if (named === found) return { checks: [...checks, Check.verified(code)], statement };
  const other = new VerificationError("plan.other", "another plan", {
    expected: named || "no plan",
    found,
  });
  return { checks: [...checks, Check.failed(code, other)], statement: null };
}

/** @param {string} code @param {string} note @param {import("../note.js").NoteVerifier[]} keys */
function checkSignature(code, note, keys) {
  try {
    const { origin, size } = openCheckpoint(note, keys);
    return Check.verified(code, `${origin} ${size}`);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return Check.failed(code, error);
  }
}

/**
 * Judge a checkpoint of an unknown log: false where it claims the signature of a known key. A
 * changed origin must not turn "failed" into "I do not know this log".
 *
 * @param {string} note @param {import("../trust.js").Trust} trust
 */
function checkStranger(note, trust) {
  const lines = new Set(parseNote(note).signatures.map(identify));
  const keys = trust.logs.flatMap((log) => log.keys.filter((key) => lines.has(identify(key))));
  if (keys.length) return checkSignature("checkpoint.signature", note, keys);
  return new Check("checkpoint.signature", UNDETERMINED, { reason: "log.unknown" });
}

/** @param {Map<string, any>} statement */
function namedPlan(statement) {
  const plan = statement.get("covered_by")?.get("plan");
  return plan ? reference("plan", plan.get("record_id"), plan.get("leaf_hash")) : null;
}

/** Name a logged entry by all that a reference to it states. @param {string} kind @param {string} recordId @param {string} leaf */
function reference(kind, recordId, leaf) {
  return `${kind} ${recordId}, leaf ${leaf}`;
}
