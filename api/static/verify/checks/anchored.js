/**
 * Checks of the anchor: the right head, the right log, and a chain that holds it.
 *
 * Where the chain is asked it also says how the log stands today. That is told and decides nothing.
 */

import { checkFacts } from "../anchor.js";
import { equal, toHex } from "../bytes.js";
import { UnavailableError, VerificationError } from "../errors.js";
import { Check, FAILED, UNDETERMINED, VERIFIED } from "../report.js";
import { timeText } from "../stages/comparison.js";

/** @typedef {import("../anchor.js").Anchor} Anchor */
/** @typedef {import("./case.js").Case} Case */

const CHAIN = "anchor.chain";

/** Check the bundle's anchor for the head of its checkpoint. @param {Case} of @param {?number} now where asked about a time */
export async function checkAnchor(of, now) {
  const { head } = of;
  const { anchor } = of.bundle;
  if (anchor === null) return [new Check("anchor.head", UNDETERMINED, { reason: "anchor.none" })];
  if (BigInt(anchor.size) !== head.size || !equal(anchor.root, head.root)) {
    return [
      new Check("anchor.head", FAILED, {
        reason: "anchor.other-head",
        expected: `size ${head.size}, root ${toHex(head.root)}`,
        found: `size ${anchor.size}, root ${toHex(anchor.root)}`,
      }),
    ];
  }
  const checks = [
    Check.verified("anchor.head", `${anchor.size}`),
    checkLogId(anchor, of.log),
    ...(await checkChain(anchor, of)),
  ];
  if (now !== null && anchor.time > now) {
    checks.push(
      new Check("anchor.time", UNDETERMINED, {
        reason: "anchor.later",
        expected: `a block of ${timeText(Math.floor(now / 1000))} or before`,
        found: timeText(anchor.seconds),
      }),
    );
  }
  return checks;
}

/** Check that an anchor is of this very log. @param {Anchor} anchor @param {?import("../trust.js").TrustedLog} log */
export function checkLogId(anchor, log) {
  const code = "anchor.log";
  if (log === null) return new Check(code, UNDETERMINED, { reason: "log.unknown" });
  const found = toHex(anchor.logId);
  if (log.logId === null) return new Check(code, UNDETERMINED, { reason: "log.no-id", found });
  if (equal(anchor.logId, log.logId)) return Check.verified(code);
  const expected = toHex(log.logId);
  return new Check(code, FAILED, { reason: "anchor.other-log", expected, found });
}

/** Decide whether the chain holds the anchor: by a pin, or by whoever may be asked. @param {Anchor} anchor @param {Case} of */
export async function checkChain(anchor, { trust, chain }) {
  const subject = `${anchor.chain}`;
  if (trust.pins(anchor)) return [Check.verified(CHAIN, subject)];
  const denied = contradiction(anchor, trust);
  if (denied !== null) return [denied];
  const trusted = trust.chain(anchor.chain);
  if (trusted === null) {
    const reason = unknownChain(anchor, trust);
    return [new Check(CHAIN, UNDETERMINED, { reason, found: subject })];
  }
  if (trusted.sandbox !== anchor.sandbox) {
    const [expected, found] = [trusted, anchor].map((each) => `sandbox ${each.sandbox ? "True" : "False"}`);
    return [new Check(CHAIN, FAILED, { reason: "anchor.sandbox", expected, found })];
  }
  if (chain === null) return [new Check(CHAIN, UNDETERMINED, { reason: "anchor.unpinned", subject })];
  return ask(anchor, chain);
}

/** @param {Anchor} anchor @param {import("../trust.js").Trust} trust */
function contradiction(anchor, trust) {
  for (const pinned of trust.anchors) {
    const field = anchor.contradicts(pinned);
    if (field === null) continue;
    const [expected, found] = [pinned, anchor].map((each) => `${field} ${shown(each.toValue()[field])}`);
    return new Check(CHAIN, FAILED, { reason: "anchor.contradicts-pin", expected, found });
  }
  return null;
}

/** Ask about an anchor: a check of it first, then how its log stands where that was told. @param {Anchor} anchor @param {import("./case.js").ChainSource} chain */
async function ask(anchor, chain) {
  let facts;
  try {
    facts = await chain.facts(anchor);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return [new Check(CHAIN, UNDETERMINED, { reason: "chain.unavailable", found: error.text })];
  }
  const [expected, found] = [`${anchor.chain}`, `${facts.identity}`];
  if (expected !== found) {
    const reason = anchor.sandbox ? "chain.gone" : "chain.other";
    return [new Check(CHAIN, UNDETERMINED, { reason, expected, found })];
  }
  const checks = [judge(anchor, facts)];
  if (facts.standing !== null) checks.push(tellStanding(facts.standing));
  return checks;
}

/** @param {Anchor} anchor @param {import("../anchor.js").ChainFacts} facts */
function judge(anchor, facts) {
  const subject = `${anchor.chain}`;
  try {
    checkFacts(anchor, facts);
  } catch (error) {
    if (error instanceof UnavailableError) {
      return new Check(CHAIN, UNDETERMINED, { reason: "chain.pruned", found: error.text });
    }
    if (error instanceof VerificationError) return Check.failed(CHAIN, error);
    throw error;
  }
  if (!facts.final) return new Check(CHAIN, UNDETERMINED, { reason: "anchor.not-final", subject });
  return Check.verified(CHAIN, subject);
}

/** Say how the log stands: known, so verified, with a reason where it is not as it should be. @param {NonNullable<import("../anchor.js").ChainFacts["standing"]>} standing */
function tellStanding({ status, struck, successor }) {
  let [reason, found] = [/** @type {?string} */ (null), /** @type {?string} */ (null)];
  if (status === "closed") {
    reason = "log.closed";
    if (successor !== null) [reason, found] = ["log.continued", `0x${toHex(successor)}`];
  } else if (status === "frozen") reason = "log.frozen";
  else if (struck) [reason, found] = ["log.struck", `${struck}`];
  return new Check("log.standing", VERIFIED, { reason, subject: status, found });
}

/** Tell a sandbox that was restarted from a chain that was never trusted. @param {Anchor} anchor @param {import("../trust.js").Trust} trust */
function unknownChain(anchor, trust) {
  const isRestarted =
    anchor.sandbox &&
    trust.chains.some(
      (known) => known.sandbox && known.identity.chainId === anchor.chain.chainId,
    );
  return isRestarted ? "chain.gone" : "chain.unknown";
}

/** @param {unknown} value */
function shown(value) {
  return value === true ? "True" : value === false ? "False" : `${value}`;
}
