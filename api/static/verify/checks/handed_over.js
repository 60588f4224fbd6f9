/** Checks of who handed a record in, and of what its recipient says to have received. */

import { equal, toHex } from "../bytes.js";
import { LedgerError, VerificationError } from "../errors.js";
import { Check, SKIPPED } from "../report.js";
import { checkOutcome, readManifest, readReceipt, verifyRecord } from "../said.js";
import { isStruct } from "../struct.js";
import { checkOwner, checkSigned } from "./signed.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("../statement.js").Statement} Statement */

/** Check that the record stands in a batch which its exporter signed. @param {Case} of @param {?Statement} record */
export function checkManifest(of, record) {
  const { manifest } = of.bundle;
  if (manifest === null) return [];
  const { checks, found } = checkSigned("manifest", manifest.entry, of, readManifest);
  if (found === null || record === null) return checks;
  try {
    verifyRecord(found.says.claims, record.leafHash, manifest.place);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return [...checks, Check.failed("manifest.record", error)];
  }
  checks.push(Check.verified("manifest.record", `${manifest.place.index}`));
  const code = "manifest.submitter";
  const { check, owner } = checkOwner(code, found.says.claims.iss, found, of);
  const { members } = record;
  const isOther =
    owner !== null && isStruct(members, "Transfer", "Plan") && members.exporter.id !== owner.id;
  if (!isOther) return [...checks, check];
  const other = new VerificationError(
    "manifest.other-submitter",
    "the batch was signed by someone else than the exporter",
    { expected: members.exporter.id, found: owner.id },
  );
  return [...checks, Check.failed(code, other)];
}

/** Check every receipt: by a recipient, and its outcome from its digests. @param {Case} of @param {?Statement} transfer */
export function checkReceipts(of, transfer) {
  return of.bundle.receipts.flatMap((entry) => checkReceipt(entry, of, transfer));
}

/** @param {import("../bundle.js").LoggedEntry} entry @param {Case} of @param {?Statement} transfer */
function checkReceipt(entry, of, transfer) {
  const subject = `${entry.index}`;
  const { checks, found } = checkSigned("receipt", entry, of, readReceipt, subject);
  if (found === null || transfer === null || !isStruct(transfer.members, "Transfer")) return checks;
  const { says } = found;
  if (says.claims.iat > of.latest) {
    return [...checks, new Check("receipt.outcome", SKIPPED, { reason: "receipt.later", subject })];
  }
  const { members } = transfer;
  const recipients = [members.recipient, ...(members.onward_recipients ?? [])];
  const code = "receipt.recipient";
  const { check, owner } = checkOwner(code, says.claims.iss, found, of, subject);
  const outcome = checkReceived(says, transfer, subject);
  if (owner === null || recipients.some((party) => party.id === owner.id)) {
    return [...checks, check, outcome];
  }
  const stranger = new VerificationError(
    "receipt.stranger",
    "the receipt is by someone to whom nothing was transferred",
    { expected: recipients.map((party) => party.id).join(" or "), found: owner.id },
  );
  return [...checks, Check.failed(code, stranger, subject), outcome];
}

/** @param {any} receipt @param {Statement} transfer @param {string} subject */
function checkReceived(receipt, transfer, subject) {
  const code = "receipt.outcome";
  try {
    if (!equal(receipt.leafHash, transfer.leafHash)) {
      throw new VerificationError("receipt.other", "the receipt is of another transfer", {
        expected: toHex(transfer.leafHash),
        found: toHex(receipt.leafHash),
      });
    }
    checkOutcome(receipt.claims, transfer.members.files ?? []);
    if (receipt.claims.outcome !== "matches") {
      throw new VerificationError("receipt.differs", "the recipient received something else", {
        expected: "matches",
        found: "differs",
      });
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return Check.failed(code, error, subject);
  }
  return Check.verified(code, subject);
}
