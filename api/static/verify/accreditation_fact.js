/**
 * An accreditation fact: all that an authority has said of a key up to `iat`, signed by itself
 * (ledger/accreditation_fact). It holds until its `exp`; whose word counts, a trust file says.
 */

import { Accreditation } from "./accreditation.js";
import { Jws } from "./jws.js";
import { Members } from "./members.js";
import { LIMITS, TYPES } from "./tables.js";

/** @typedef {{jws: Jws, issuer: string, issuedAt: number, expiresAt: number,
 *             accreditation: Accreditation}} AccreditationFact */

/** Read a fact; throw MalformedError. @param {string} text @returns {AccreditationFact} */
export function readFact(text) {
  const jws = Jws.parse(text, TYPES.accreditation, LIMITS.fact);
  const members = new Members(jws.claims, "accreditation fact");
  const issuer = members.text("iss", LIMITS.identifier);
  const issuedAt = members.integer("iat", 0, Number.MAX_SAFE_INTEGER);
  const expiresAt = members.integer("exp", issuedAt + 1, Number.MAX_SAFE_INTEGER);
  const accreditation = Accreditation.fromValue(members.take("accreditation"), "accreditation");
  members.end();
  return { jws, issuer, issuedAt, expiresAt, accreditation };
}
