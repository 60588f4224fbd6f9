/**
 * Statuses as `AttestationRegistry` keeps them, and who spoke for a jurisdiction, as
 * `AttestorRegistry` has it: asked of a final block, and all of it, from which an answer for every
 * time follows.
 */

import { wholeSeconds } from "../anchor.js";
import { concat, fromHex, toHex, utf8 } from "../bytes.js";
import { UnavailableError } from "../errors.js";
import { LIMITS } from "../tables.js";
import { addressOf, address, padded, readRows, viewAll } from "./views.js";

/** @typedef {import("./node.js").Node} Node */
/** @typedef {import("../checks/announced.js").Announced} Announced */
/** When an account spoke for a jurisdiction, by block times; both ends are of it. */
/** @typedef {{account: string, from: number, until: number}} Term */

// `IStatuses.Status`, in its order.
const ACTIONS = [null, "revoke", "suspend", "reinstate", "stop"];
const [SAID_WORDS, TERM_WORDS] = [3, 3];

/** Ask what an account said of a leaf, oldest first. @param {Node} node @param {Uint8Array} registry @param {string} account @param {Uint8Array} leaf @returns {Promise<Announced[]>} */
export async function askAnnounced(node, registry, account, leaf) {
  const at = await node.finalBlock();
  const rows = await viewAll(node, registry, at, {
    length: "statusHistoryLength(address,bytes32)",
    page: "statusHistory(address,bytes32,uint256,uint256)",
    named: concat(address(/** @type {Uint8Array} */ (fromHex(account))), leaf),
    read: (data) => readRows(node, data, SAID_WORDS),
    longest: LIMITS.announced,
  });
  return rows.map(([time, status]) => {
    const action = ACTIONS[Number(status)];
    if (action) return { time: wholeSeconds(Number(time)), action };
    const message = `${node.rpc.place} tells statuses that cannot be`;
    throw new UnavailableError("chain.malformed", message, { found: `status ${status}` });
  });
}

/** Ask who spoke for a jurisdiction, oldest first. @param {Node} node @param {Uint8Array} registry @param {string} jurisdiction @returns {Promise<Term[]>} */
export async function askTerms(node, registry, jurisdiction) {
  const at = await node.finalBlock();
  const data = await node.view(registry, "terms(bytes2)", padded(utf8(jurisdiction)), at);
  return readRows(node, data, TERM_WORDS).map(([holder, begins, ends]) => ({
    account: toHex(addressOf(holder)),
    from: wholeSeconds(Number(begins)),
    until: wholeSeconds(Number(ends)),
  }));
}
