/**
 * What an issuer's status list says of an attestation: as it is stapled to the bundle, and as
 * its server has it.
 *
 * Of the lists that answer for the time that is asked about, the newest counts.
 */

import { UnavailableError } from "../errors.js";
import { Jws } from "../jws.js";
import { readToken, statusOf } from "../status_list.js";
import { LIMITS, TYPES } from "../tables.js";
import { allows } from "../trusted_statuses.js";
import { isSameOwner, signerOf } from "./signed.js";

/** @typedef {import("./case.js").Case} Case */
/** @typedef {import("./signed.js").SignedEntry} SignedEntry */
/** @typedef {import("../trusted_statuses.js").TrustedStatuses} TrustedStatuses */

export const [LIST, REGISTRY] = ["list", "registry"];

/** Find what the trust file says of the issuer's statuses: by whose key it is, where that is known. @param {SignedEntry} attestation @param {Case} of */
export function rulesOf(attestation, { trust }) {
  const owner = trust.owner(attestation.thumbprint);
  return trust.statusesOf(owner === null ? attestation.says.claims.iss : owner.id);
}

/** Say whether a source must have answered, where the attestation names it. @param {string} source @param {?TrustedStatuses} rules */
export function isRequired(source, rules) {
  return rules === null ? source === LIST : rules.required.includes(source);
}

/**
 * Ask the issuer's list; give null where the attestation is in none, and need not be.
 *
 * @param {SignedEntry} attestation @param {Case} of @param {?TrustedStatuses} rules
 * @returns {Promise<?number>}
 */
export async function askList(attestation, of, rules) {
  const { status } = attestation.says.claims;
  if (status === undefined) {
    if (rules !== null && rules.required.includes(LIST)) {
      const details = { expected: "a status list", found: "none" };
      throw new UnavailableError("status.no-list", "in no status list", details);
    }
    return null;
  }
  const place = status.status_list;
  /** @type {?UnavailableError} */
  let unasked = null;
  /** @type {{issued: number, answer: number}[]} */
  const answers = [];
  for (const token of stapled(place, of)) {
    try {
      const answer = answerOf(token, place, attestation, of);
      answers.push({ issued: token.claims.iat, answer });
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      unasked = error;
    }
  }
  try {
    const token = await fetched(place, of, rules);
    answers.push({ issued: token.claims.iat, answer: answerOf(token, place, attestation, of) });
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    // What is wrong with a list that is there tells more than that another one is not.
    unasked ??= error;
  }
  if (answers.length) {
    answers.sort((one, other) => other.issued - one.issued || other.answer - one.answer);
    return answers[0].answer;
  }
  throw unasked;
}

/** Read the bundle's lists of this address; others are not even unpacked. @param {{uri: string}} place @param {Case} of */
function* stapled({ uri }, { bundle }) {
  for (const text of bundle.statusLists) {
    const jws = Jws.parse(text, TYPES["status-list"], LIMITS.status_token);
    if (jws.claims.get("sub") === uri) yield readToken(text);
  }
}

/** Fetch the list from where the trust file lets it be fetched. @param {{uri: string}} place @param {Case} of @param {?TrustedStatuses} rules */
function fetched({ uri }, { statusLists }, rules) {
  const message = "the bundle carries no status list of the attestation";
  const isAllowed = rules !== null && allows(rules, uri);
  if (rules !== null && rules.lists.length && !isAllowed) {
    const details = { expected: rules.lists.join(" or "), found: uri };
    throw new UnavailableError("status.address-unknown", message, details);
  }
  if (!isAllowed || statusLists === null) {
    const details = { expected: uri, found: "none" };
    throw new UnavailableError("status-list.absent", message, details);
  }
  return statusLists.statusList(uri);
}

/** @param {ReturnType<typeof readToken>} token @param {{idx: number, uri: string}} place @param {SignedEntry} attestation @param {Case} of */
function answerOf(token, place, attestation, { trust, asOf, latest }) {
  const key = signerOf(token.jws, trust);
  if (key === null || !isSameOwner(key.thumbprint, attestation.thumbprint, trust)) {
    throw new UnavailableError("status-list.stranger", "the status list is not the issuer's", {
      expected: `a list signed by a key of ${attestation.says.claims.iss}`,
      found: "another key",
    });
  }
  token.jws.verify(key);
  const at = Math.floor(asOf / 1000);
  const issued = token.claims.iat;
  // A list that was made this moment, by a clock that goes before ours.
  return statusOf(token, place, at < issued && issued <= latest ? issued : at);
}
