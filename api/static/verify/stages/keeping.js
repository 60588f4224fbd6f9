/** Keeping: whether a backup keeps the evidence of this transfer, for long enough. */

import { leafOf } from "../attestation.js";
import { toHex } from "../bytes.js";
import { LIMITS } from "../tables.js";
import { after, broken, notLater, same, seconds } from "./comparison.js";

const DATE_LENGTH = "2026-11-21".length;

/** @typedef {import("./comparison.js").Entry} Entry */
/** @typedef {{transfer: Entry, backup: Entry}} Case */

/** @type {Record<string, (of: Case) => void>} */
export const RULES = {
  "backup.transfer"({ transfer, backup }) {
    const kept = backup.says.credentialSubject;
    same("the transfer that was kept", toHex(transfer.leafHash), toHex(leafOf(kept.id)));
    same("its record", transfer.recordId, kept.record_id);
  },

  "backup.order"({ transfer, backup }) {
    after(backup, transfer, "the backup was logged before its transfer");
    const kept = backup.says.credentialSubject;
    const made = seconds(kept.deposited_at);
    notLater("the backup was attested before it was made", made, backup.says.iat);
  },

  "backup.retention"({ backup }) {
    const { deposited_at: deposited, retained_until: until } = backup.says.credentialSubject;
    const wanted = yearsAfter(deposited.slice(0, DATE_LENGTH), LIMITS.retention_years);
    if (until < wanted) {
      throw broken("the backup is not kept long enough", `until ${wanted}`, until);
    }
  },

  "backup.restorable"({ backup }) {
    const check = backup.says.credentialSubject.restore_check;
    if (check !== undefined && check.outcome === "failed") {
      throw broken("the backup could not be restored", "restored", `failed, ${check.at}`);
    }
  },
};

/** @param {string} day @param {number} years */
function yearsAfter(day, years) {
  const [year, month, date] = day.split("-");
  const later = String(Number(year) + years).padStart(4, "0");
  const isLeap = new Date(Date.parse(`${later}-02-29T00:00:00Z`)).getUTCMonth() === 1;
  // 29 February: the day before, so that nobody is asked for more than the years.
  return `${later}-${month}-${month === "02" && date === "29" && !isLeap ? "28" : date}`;
}
