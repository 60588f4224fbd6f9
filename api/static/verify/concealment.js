/** What may be concealed: a struct as logged, and as disclosures show it, compared. */

import { VerificationError } from "./errors.js";
import { nameOf } from "./struct.js";
import { STRUCTS } from "./tables.js";

/**
 * Check that `shown` adds to `logged` only members that may be concealed.
 *
 * Stage rules read the log, so a member that they need must stand there in the clear.
 *
 * @param {any} logged @param {any} shown
 */
export function checkConcealable(logged, shown, place = "") {
  if (Array.isArray(logged)) {
    logged.forEach((before, i) => checkConcealable(before, shown[i], `${place}[${i}]`));
  }
  const struct = nameOf(logged);
  if (struct === undefined) return;
  const { fields, concealable } = /** @type {any} */ (STRUCTS)[struct];
  for (const member of Object.keys(fields)) {
    const name = `${place}.${member}`.replace(/^\.+/, "");
    const [before, after] = [logged[member], shown[member]];
    if (before !== undefined) {
      // `_sd` itself is gone from what is shown.
      if (after !== undefined) checkConcealable(before, after, name);
    } else if (after !== undefined && !concealable.includes(member)) {
      throw new VerificationError(
        "disclosure.not-concealable",
        `a member was concealed that must not be: ${name}`,
        { expected: concealable.join(", ") || "nothing concealed here" },
      );
    }
  }
}
