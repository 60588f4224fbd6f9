/** Accreditations as `AttestorRegistry` keeps them: all that an authority said of a key. */

import { Accreditation } from "../accreditation.js";
import { wholeSeconds } from "../anchor.js";
import { concat, toHex, utf8 } from "../bytes.js";
import { UnavailableError } from "../errors.js";
import { LIMITS, STAGES } from "../tables.js";
import { addressOf, padded, readRows, viewAll } from "./views.js";

/** @typedef {import("./node.js").Node} Node */

// `IAttestorRegistry.Standing`; accredited without stages lifts a suspension.
const STANDINGS = [null, "accredited", "suspended", "revoked", "compromised"];
// (uint48,uint8,uint8,uint8,uint48,uint48,address)
const CHANGE_WORDS = 7;

/**
 * Ask what AttestorRegistry holds of a key for good, null where it holds nothing.
 *
 * @param {Node} node @param {Uint8Array} registry @param {string} jurisdiction
 * @param {Uint8Array} key
 */
export async function askAccreditation(node, registry, jurisdiction, key) {
  const at = await node.finalBlock();
  const rows = await viewAll(node, registry, at, {
    length: "historyLength(bytes2,bytes32)",
    page: "history(bytes2,bytes32,uint256,uint256)",
    named: concat(padded(utf8(jurisdiction)), key),
    read: (data) => readRows(node, data, CHANGE_WORDS),
    longest: LIMITS.accreditation_changes,
  });
  if (!rows.length) return null;
  return new Accreditation(jurisdiction, key, rows.map((row) => readChange(node, row)));
}

/** @param {Node} node @param {bigint[]} row @returns {import("../accreditation.js").Change} */
function readChange(node, row) {
  const [made, standing, , bits, begins, until] = row.slice(0, -1).map(Number);
  const meant = STANDINGS[standing];
  const change = { time: wholeSeconds(made), stages: /** @type {string[]} */ ([]), from: 0, until: 0 };
  if (!meant) {
    const message = `${node.rpc.place} tells accreditations that cannot be`;
    throw new UnavailableError("chain.malformed", message, { found: "a change to nothing" });
  }
  if (meant === "compromised") return { ...change, standing: meant, from: wholeSeconds(begins) };
  if (meant !== "accredited") return { ...change, standing: meant };
  if (!bits) return { ...change, standing: "reinstated" };
  const stages = Object.keys(STAGES).filter((_, bit) => (bits >> bit) & 1);
  const [from, end] = [begins, until].map(wholeSeconds);
  const controller = toHex(addressOf(row[CHANGE_WORDS - 1]));
  return { ...change, standing: meant, stages, from, until: end, controller };
}
