/** Views of contracts that answer with rows, page by page (Solidity's ABI: words of 32 bytes). */

import { concat, fromBigEndian, toBigEndian, toHex } from "../bytes.js";
import { UnavailableError } from "../errors.js";

/** @typedef {import("./node.js").Node} Node */

const WORD = 32;
const ADDRESS_SIZE = 20;
const PAGE = 200n;
// No block of any chain holds the gas that more would cost to read.
const MAX_ROWS = 100_000;

/**
 * Ask for all rows of a history; throw UnavailableError.
 *
 * @template T @param {Node} node @param {Uint8Array} contract @param {number} at
 * @param {{length: string, page: string, named: Uint8Array, longest: number,
 *          read: (data: Uint8Array) => T[]}} history signatures, what names it, how a page is read
 * @returns {Promise<T[]>}
 */
export async function viewAll(node, contract, at, { length, page, named, longest, read }) {
  const count = fromBigEndian(await node.view(contract, length, named, at));
  if (count > BigInt(longest)) throw nonsense(node, `${count} rows`);
  /** @type {T[]} */
  const rows = [];
  while (BigInt(rows.length) < count) {
    const range = concat(toBigEndian(BigInt(rows.length), WORD), toBigEndian(PAGE, WORD));
    const more = read(await node.view(contract, page, concat(named, range), at));
    if (!more.length) throw nonsense(node, "fewer rows than it says there are");
    rows.push(...more);
  }
  return rows;
}

/** Read an array of rows of so many words each. @param {Node} node @param {Uint8Array} data @param {number} width @returns {bigint[][]} */
export function readRows(node, data, width) {
  const value = `0x${toHex(data)}`;
  const count = fromBigEndian(node.words(value, 2)[1]);
  if (count > BigInt(MAX_ROWS)) throw nonsense(node, `${count} rows`);
  const cells = node.words(value, 2 + Number(count) * width).slice(2).map(fromBigEndian);
  return Array.from({ length: Number(count) }, (_, i) => cells.slice(i * width, (i + 1) * width));
}

/** Read the address of a word. @param {bigint} value */
export function addressOf(value) {
  return toBigEndian(value, WORD).subarray(WORD - ADDRESS_SIZE);
}

/** Write an address as a word. @param {Uint8Array} bytes */
export function address(bytes) {
  return concat(new Uint8Array(WORD - bytes.length), bytes);
}

/** Write bytes at the front of a word. @param {Uint8Array} bytes */
export function padded(bytes) {
  return concat(bytes, new Uint8Array(WORD - bytes.length));
}

/** @param {Node} node @param {string} found */
function nonsense(node, found) {
  const message = `${node.rpc.place} tells a history that cannot be`;
  return new UnavailableError("chain.malformed", message, { found });
}
