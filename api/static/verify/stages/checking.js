/** Checking: whether a post-check is of this transfer, against this backup and pre-assessment. */

import { leafOf } from "../attestation.js";
import { toHex } from "../bytes.js";
import { after, broken, isNamedBy, notLater, same, seconds } from "./comparison.js";

/** @typedef {import("./comparison.js").Entry} Entry */
/** @typedef {{transfer: Entry, postCheck: Entry, backup: Entry, preAssessment: ?Entry}} Case */

/** @type {Record<string, (of: Case) => void>} */
export const RULES = {
  "post-check.transfer"({ transfer, postCheck }) {
    const checked = postCheck.says.credentialSubject;
    same("the transfer that was checked", toHex(transfer.leafHash), toHex(leafOf(checked.id)));
    same("its record", transfer.recordId, checked.record_id);
  },

  "post-check.backup"({ postCheck, backup }) {
    names("backup", backup, postCheck.says.credentialSubject.backup);
  },

  "post-check.pre-assessment"({ transfer, postCheck, preAssessment }) {
    const reference = postCheck.says.credentialSubject.pre_assessment;
    if (preAssessment) names("pre-assessment", preAssessment, reference);
    // Without one there is nothing to check against: which the transfer must say of itself.
    else if (reference === undefined && transfer.says.covered_by !== undefined) {
      throw broken("the post-check is against no pre-assessment", "the plan's", "none");
    }
  },

  "post-check.order"({ transfer, postCheck, backup }) {
    const { iat, credentialSubject: checked } = postCheck.says;
    after(postCheck, backup, "the post-check was logged before its backup");
    notLater("the post-check was made before its backup", backup.says.iat, iat);
    const made = seconds(checked.checked_at);
    notLater("the post-check was attested before it was made", made, iat);
    const happened = seconds(transfer.says.occurred_at);
    notLater("the post-check was made before the transfer", happened, made);
  },

  "post-check.outcome"({ postCheck }) {
    const { outcome } = postCheck.says.credentialSubject;
    if (outcome !== "consistent") {
      throw broken("the post-check found a deviation", "consistent", outcome);
    }
  },
};

/** @param {string} what @param {Entry} entry @param {any} reference */
function names(what, entry, reference) {
  if (reference === undefined || !isNamedBy(entry, reference)) {
    const found = reference === undefined ? "none" : reference.leaf_hash;
    throw broken(`the post-check is against another ${what}`, toHex(entry.leafHash), found);
  }
}
