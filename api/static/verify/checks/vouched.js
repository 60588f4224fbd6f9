/**
 * Checks of accreditation facts that a bundle carries, which answer where nobody else can.
 *
 * A fact counts where the trust file names its signer as a regulator of the jurisdiction, and until
 * its `exp`. It never stands against what the trust file or the chain says.
 */

import { readFact } from "../accreditation_fact.js";
import { equal, toHex } from "../bytes.js";
import { LedgerError, UnavailableError } from "../errors.js";
import { Check, SKIPPED } from "../report.js";
import { timeText } from "../stages/comparison.js";
import { signerOf } from "./signed.js";

/** @typedef {import("../accreditation_fact.js").AccreditationFact} AccreditationFact */
/** @typedef {import("./case.js").AccreditationSource} AccreditationSource */

const CODE = "accreditation.fact";

/**
 * Check each fact; give those that count at that time.
 *
 * @param {string[]} texts @param {import("../trust.js").Trust} trust
 * @param {number} asOf milliseconds since 1970
 */
export function checkFacts(texts, trust, asOf) {
  const judged = texts.map((text) => checkFact(text, trust, Math.floor(asOf / 1000)));
  const facts = judged.flatMap(({ fact }) => (fact === null ? [] : [fact]));
  return { checks: judged.map(({ check }) => check), facts };
}

/** Ask a source, and facts where that one knows nothing. @param {AccreditationSource} source @param {AccreditationFact[]} facts @returns {AccreditationSource} */
export function vouched(source, facts) {
  // Of several the newest, which knows most.
  const newest = Array.from(facts).sort((one, other) => other.issuedAt - one.issuedAt);
  return {
    asksChain: source.asksChain,
    async accreditation(jurisdiction, key) {
      const found = newest.filter(
        ({ accreditation: known }) => known.jurisdiction === jurisdiction && equal(known.key, key),
      );
      // Of two of one moment the later one in the bundle.
      const fact = found.filter(({ issuedAt }) => issuedAt === found[0].issuedAt).pop();
      try {
        const known = await source.accreditation(jurisdiction, key);
        if (known !== null) return known;
      } catch (error) {
        if (!(error instanceof UnavailableError) || fact === undefined) throw error;
      }
      return fact === undefined ? null : fact.accreditation;
    },
  };
}

/**
 * @param {string} text @param {import("../trust.js").Trust} trust @param {number} at
 * @returns {{check: Check, fact: ?AccreditationFact}}
 */
function checkFact(text, trust, at) {
  let fact, key;
  try {
    fact = readFact(text);
    key = signerOf(fact.jws, trust);
    if (key !== null) fact.jws.verify(key);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { check: Check.failed(CODE, error), fact: null };
  }
  const { jurisdiction, key: about } = fact.accreditation;
  const subject = `${jurisdiction}, 0x${toHex(about)}`;
  const owner = key && trust.owner(key.thumbprint);
  const isHis =
    owner !== null &&
    owner.id === fact.issuer &&
    owner.roles.includes("regulator") &&
    owner.jurisdictions.includes(jurisdiction);
  if (!isHis) {
    const details = { reason: "accreditation.stranger", subject, found: fact.issuer };
    return { check: new Check(CODE, SKIPPED, details), fact: null };
  }
  if (at >= fact.expiresAt) {
    const expected = `a time before ${timeText(fact.expiresAt)}`;
    const details = { reason: "accreditation.expired", subject, expected, found: timeText(at) };
    return { check: new Check(CODE, SKIPPED, details), fact: null };
  }
  return { check: Check.verified(CODE, subject), fact };
}
