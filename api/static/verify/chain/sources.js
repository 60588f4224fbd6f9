/**
 * Whom to ask about a bundle's anchor, who was accredited, and what became of it: the trust file's
 * nodes, or those that the visitor names, and the servers of its status lists. Nobody is asked where a
 * pin answers already, nor about a chain that is not trusted.
 */

import { Bundle } from "../bundle.js";
import { MalformedError } from "../errors.js";
import { Quorum } from "./quorum.js";

/** @typedef {import("../trust.js").Trust} Trust */
/** @typedef {import("../trust.js").TrustedChain} TrustedChain */
/** @typedef {import("../checks/case.js").StatusListSource} StatusListSource */
/** @typedef {{chain: ?Quorum, accreditations: ?import("../checks/case.js").AccreditationSource,
 *             statusLists: ?StatusListSource,
 *             registry: ?import("../checks/case.js").StatusRegistry}} Sources */

/**
 * @param {Uint8Array} data the bundle @param {Trust} trust @param {string[]} named the visitor's nodes
 * @param {StatusListSource} fetcher @returns {Sources}
 */
export function findSources(data, trust, named, fetcher) {
  const nobody = { chain: null, accreditations: null, statusLists: null, registry: null };
  const bundle = read(data);
  if (bundle === null) return nobody;
  const isListed = bundle.attestations.size > 0 && trust.statusSources.some(({ lists }) => lists.length);
  const found = { ...nobody, statusLists: isListed ? fetcher : null };
  const { anchor } = bundle;
  const trusted = anchor && trust.chain(anchor.chain);
  const urls = named.length || !trusted ? named : trusted.rpc;
  if (!anchor || !trusted || !urls.length) return found;
  const isPinned = trust.pins(anchor);
  const hasRegistry = trusted.attestors !== null || trusted.attestations !== null;
  if (isPinned && !(bundle.attestations.size > 0 && hasRegistry)) return found;
  const quorum = Quorum.connect(trusted, urls);
  return {
    ...found,
    chain: isPinned ? null : quorum,
    accreditations: accreditationsOf(trust, trusted, quorum),
    registry: registryOf(trusted, quorum),
  };
}

/** The trust file where it has an answer, else the contract. @param {Trust} trust @param {TrustedChain} trusted @param {Quorum} quorum */
function accreditationsOf(trust, { attestors }, quorum) {
  return {
    asksChain: attestors !== null,
    /** @param {string} jurisdiction @param {Uint8Array} key */
    accreditation(jurisdiction, key) {
      const known = trust.accreditation(jurisdiction, key);
      if (known !== null || attestors === null) return known;
      return quorum.accreditation(attestors, jurisdiction, key);
    },
  };
}

/** @param {TrustedChain} trusted @param {Quorum} quorum */
function registryOf({ attestors, attestations }, quorum) {
  if (attestations === null) return null;
  return {
    /** @param {string} account @param {Uint8Array} leaf */
    announced: (account, leaf) => quorum.announced(attestations, account, leaf),
    /** @param {string} jurisdiction */
    terms: async (jurisdiction) => (attestors === null ? [] : quorum.terms(attestors, jurisdiction)),
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
