/**
 * What `AttestationRegistry` says: what became of an attestation, and who stopped a record.
 *
 * Whose word counts there: of an attestation the accounts that its key's accreditation names as
 * controllers, of a transfer and its plan the authorities of either jurisdiction. Block times are
 * nobody's own word, so that every answer is for the time that is asked about.
 */

import { UnavailableError } from "../errors.js";
import { REGISTRY } from "./listed.js";

/** @typedef {import("./case.js").Case} Case */
/** What an account has said of a leaf, at a block time. @typedef {{time: number, action: string}} Announced */

// A key that changed hands more often is asked about for the last of them.
const MAX_CONTROLLERS = 16;

/**
 * Tell what each controller of the key said last, up to a time; nothing where nobody is asked.
 *
 * @param {import("./signed.js").SignedEntry} attestation @param {Case} of
 * @param {?import("../trusted_statuses.js").TrustedStatuses} rules @param {number} at
 * @returns {Promise<(?string)[]>}
 */
export async function askRegistry(attestation, of, rules, at) {
  const { registry } = of;
  const isRequired = rules !== null && rules.required.includes(REGISTRY);
  if (registry === null) {
    if (isRequired) throw unasked("nobody may be asked");
    return [];
  }
  const { jurisdiction } = attestation.says.claims;
  const known = await of.accreditations.accreditation(jurisdiction, attestation.thumbprint);
  const named = (known?.changes ?? []).flatMap(({ controller }) => controller ?? []).reverse();
  const controllers = Array.from(new Set(named)).slice(0, MAX_CONTROLLERS);
  if (!controllers.length && isRequired) throw unasked("no account is known that speaks for the key");
  const last = [];
  for (const controller of controllers) {
    const said = await registry.announced(controller, attestation.statement.leafHash);
    last.push(lastAnnounced(said, at));
  }
  return last;
}

/**
 * Name the authority, of either side, whose last word is that a record is stopped.
 *
 * Of all that spoke for a jurisdiction, each in his term, the last word counts: a successor lifts
 * what its predecessor ordered.
 *
 * @param {{leafHash: Uint8Array}} entry @param {string[]} sides @param {Case} of
 * @returns {Promise<?string>} its address
 */
export async function stoppedBy({ leafHash }, sides, { registry, latest }) {
  if (registry === null) return null;
  for (const jurisdiction of Array.from(new Set(sides)).sort()) {
    const said = [];
    // The oldest term first, so that in the block of handing on the successor's word is last.
    for (const { account, from, until } of await registry.terms(jurisdiction)) {
      for (const { time, action } of await registry.announced(account, leafHash)) {
        if (from <= time && time <= Math.min(latest, until)) said.push({ time, action, account });
      }
    }
    const last = said.sort((one, other) => one.time - other.time).pop();
    if (last !== undefined && last.action !== "reinstate") return last.account;
  }
  return null;
}

/** @param {Announced[]} said @param {number} at that very time included */
function lastAnnounced(said, at) {
  return said.filter(({ time }) => time <= at).pop()?.action ?? null;
}

/** @param {string} found */
function unasked(found) {
  const message = "the trust file requires AttestationRegistry to be asked";
  return new UnavailableError("status.registry-absent", message, {
    expected: "an answer of AttestationRegistry",
    found,
    hint: "Name nodes, and where the contract stands, in the trust file; not with --offline.",
  });
}
