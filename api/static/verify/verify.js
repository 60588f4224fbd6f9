/**
 * The verifier: a bundle, the files, and a trust file in; a report out (ledger/verify).
 *
 * Its reports are those of the verifier in Python, check by check; a corpus of bundles holds both
 * to that. What must be asked of a chain is asked through the source that the caller hands in, whose
 * addresses come from the trust file, or from whoever verifies, alone.
 */

import { Bundle } from "./bundle.js";
import { toHex } from "./bytes.js";
import { checkAnchor } from "./checks/anchored.js";
import { checkAttestations } from "./checks/attested.js";
import { checkFiles } from "./checks/files.js";
import { checkManifest, checkReceipts } from "./checks/handed_over.js";
import { checkEntry, checkLog, checkPlan } from "./checks/logged.js";
import { checkWords } from "./checks/standing.js";
import { checkFacts, vouched } from "./checks/vouched.js";
import { parseCheckpoint } from "./checkpoint.js";
import { reveal } from "./disclosure.js";
import { MalformedError } from "./errors.js";
import { Check, FAILED, Report } from "./report.js";
import { LIMITS } from "./tables.js";

/**
 * @typedef {object} Options
 * @property {import("./trust.js").Trust} trust
 * @property {import("./fingerprint.js").Fingerprint[]} [files]
 * @property {?import("./checks/case.js").ChainSource} [chain]
 * @property {?number} [now] the time that is asked about, in milliseconds; by default the present
 * @property {boolean} [withoutFiles]
 * @property {?import("./checks/case.js").AccreditationSource} [accreditations]
 * @property {?import("./checks/case.js").StatusListSource} [statusLists]
 * @property {?import("./checks/case.js").StatusRegistry} [registry]
 * @property {string[]} [required] stages that must be shown
 * @property {(checks: Check[]) => void} [told] is shown checks as they are made
 */

/** Check a bundle against what `trust` believes; always give a report. @param {Uint8Array} data @param {Options} options */
export async function verify(data, options) {
  const { trust, files = [], chain = null, now = null, withoutFiles = false } = options;
  const { accreditations = null, statusLists = null, registry = null } = options;
  const { required = [], told = () => {} } = options;
  const asOf = now ?? Date.now();
  /** @type {Check[]} */
  const checks = [];
  /** @param {...Check} more */
  const tell = (...more) => {
    checks.push(...more);
    told(more);
  };
  const bundle = read("bundle.format", () => new Bundle(data), tell);
  if (bundle === null) return new Report({ checks, asOf });
  tell(Check.verified("bundle.format"));
  const head = read("checkpoint.signature", () => parseCheckpoint(bundle.checkpoint), tell);
  if (head === null) return new Report({ checks, asOf });

  const log = trust.log(head.origin);
  tell(...checkLog(bundle.checkpoint, head, trust, bundle.anchor !== null));
  const record = checkEntry("entry", bundle.entry, head);
  tell(...record.checks);
  const { statement } = record;
  const plan = checkPlan(bundle.plan, statement, head);
  tell(...plan.checks);
  const { checks: vouching, facts } = checkFacts(bundle.accreditations, trust, asOf);
  tell(...vouching);
  // Of the present it is as much later as clocks may differ.
  const latest = Math.floor(asOf / 1000) + (now === null ? LIMITS.clock_skew : 0);
  const known = accreditedUpTo(vouched(accreditations ?? trust, facts), latest);
  const sources = { chain, accreditations: known, statusLists, registry };
  const of = { bundle, head, trust, log, ...sources, asOf, latest };
  tell(...checkManifest(of, statement));
  const { checks: statuses, words } = checkWords(of);
  tell(...statuses);
  tell(...(await checkAttestations(of, statement, plan.statement, words, required)));
  tell(...checkReceipts(of, statement));
  tell(...(await checkAnchor(of, now)));
  const isSound = checks.every((check) => check.status !== FAILED);
  tell(...checkFiles(statement, files, withoutFiles));
  const shown =
    isSound && log !== null && statement !== null
      ? reveal(statement.value, bundle.entry.disclosures)
      : null;
  const { origin } = head;
  const { index } = bundle.entry;
  return new Report({ checks, asOf, origin, index, anchor: bundle.anchor, statement: shown });
}

/**
 * Answer as a source would have at a time; another one is asked once a key.
 *
 * @param {import("./checks/case.js").AccreditationSource} source @param {number} latest
 * @returns {import("./checks/case.js").AccreditationSource}
 */
function accreditedUpTo(source, latest) {
  /** @type {Map<string, Promise<?import("./accreditation.js").Accreditation>>} */
  const asked = new Map();
  return {
    asksChain: source.asksChain,
    async accreditation(jurisdiction, key) {
      const name = `${jurisdiction} ${toHex(key)}`;
      const answer = asked.get(name) ?? Promise.resolve(source.accreditation(jurisdiction, key));
      asked.set(name, answer);
      return (await answer)?.upTo(latest) ?? null;
    },
  };
}

/**
 * @template T @param {string} code @param {() => T} reader @param {(check: Check) => void} tell
 * @returns {?T} null where it is malformed, which is told
 */
function read(code, reader, tell) {
  try {
    return reader();
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    tell(Check.failed(code, error));
    return null;
  }
}
