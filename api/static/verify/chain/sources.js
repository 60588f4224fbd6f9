/**
 * Whom to ask about a bundle's anchor, and who was accredited: the trust file's nodes, or those that
 * the visitor names. Nobody is asked where a pin answers already, nor about a chain not trusted.
 */

import { Bundle } from "../bundle.js";
import { MalformedError } from "../errors.js";
import { Quorum } from "./quorum.js";

/** @typedef {import("../checks/case.js").ChainSource} ChainSource */
/** @typedef {import("../checks/case.js").AccreditationSource} AccreditationSource */

/**
 * @param {Uint8Array} data the bundle @param {import("../trust.js").Trust} trust
 * @param {string[]} named the visitor's addresses
 * @returns {{chain: ?ChainSource, accreditations: ?AccreditationSource}}
 */
export function findSources(data, trust, named) {
  const bundle = read(data);
  const anchor = bundle && bundle.anchor;
  const trusted = anchor && trust.chain(anchor.chain);
  const urls = named.length || !trusted ? named : trusted.rpc;
  if (!bundle || !anchor || !trusted || !urls.length) return { chain: null, accreditations: null };
  const isPinned = trust.pins(anchor);
  const isAttested = bundle.attestations.size > 0 && trusted.attestors !== null;
  if (isPinned && !isAttested) return { chain: null, accreditations: null };
  const quorum = Quorum.connect(trusted, urls);
  return { chain: isPinned ? null : quorum, accreditations: accreditationsOf(trust, trusted, quorum) };
}

/**
 * The trust file where it has an answer, else the contract.
 *
 * @param {import("../trust.js").Trust} trust @param {import("../trust.js").TrustedChain} trusted
 * @param {Quorum} quorum @returns {AccreditationSource}
 */
function accreditationsOf(trust, { attestors }, quorum) {
  return {
    accreditation(jurisdiction, key) {
      const known = trust.accreditation(jurisdiction, key);
      if (known !== null || attestors === null) return known;
      return quorum.accreditation(attestors, jurisdiction, key);
    },
  };
}

/** @param {Uint8Array} data */
function read(data) {
  try {
    return new Bundle(data);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
