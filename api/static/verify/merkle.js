/**
 * The Merkle tree of RFC 9162: whether a leaf, or an older tree, is in a tree.
 *
 *     leaf  = SHA-256(0x00 || entry)             2.1.1
 *     node  = SHA-256(0x01 || left || right)     2.1.1
 *
 * The shape of a proof follows from (index, size) alone; exactly one length is accepted. Positions
 * are bigints: sizes reach beyond what numbers hold exactly.
 */

import { concat, equal, toHex } from "./bytes.js";
import { VerificationError } from "./errors.js";
import { sha256 } from "./hash.js";

export const HASH_SIZE = 32;
export const MAX_SIZE = 2n ** 63n - 1n;
export const EMPTY_ROOT = sha256(new Uint8Array());

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Hash an entry into its leaf (RFC 9162, 2.1.1). @param {Uint8Array} entry */
export function leafHash(entry) {
  return sha256(concat(LEAF, entry));
}

/** Hash two children into their parent (RFC 9162, 2.1.1). @param {Uint8Array} left @param {Uint8Array} right */
export function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/** Compute the root of a tree from its leaf hashes (RFC 9162, 2.1.1). @param {Uint8Array[]} leafHashes */
export function root(leafHashes) {
  if (!leafHashes.length) return EMPTY_ROOT;
  let row = leafHashes;
  while (row.length > 1) {
    const parents = [];
    for (let i = 0; i + 1 < row.length; i += 2) parents.push(nodeHash(row[i], row[i + 1]));
    if (row.length % 2) parents.push(row[row.length - 1]);
    row = parents;
  }
  return row[0];
}

/**
 * Check an inclusion proof (RFC 9162, 2.1.3.2); throw VerificationError.
 *
 * @param {{leafHash: Uint8Array, index: bigint, size: bigint, proof: Uint8Array[],
 *          root: Uint8Array}} claim
 */
export function verifyInclusion({ leafHash: leaf, index, size, proof, root: claimed }) {
  checkSize(size);
  checkHashes([leaf, claimed, ...proof]);
  let computed = leaf;
  for (const [sibling, isLeft] of climb("inclusion", index, size - 1n, proof)) {
    computed = isLeft ? nodeHash(sibling, computed) : nodeHash(computed, sibling);
  }
  if (!equal(computed, claimed)) {
    throw new VerificationError("merkle.inclusion", "inclusion proof: the path leads to another root", {
      expected: toHex(claimed),
      found: toHex(computed),
    });
  }
}

/**
 * Check a consistency proof (RFC 9162, 2.1.4.2); throw VerificationError.
 *
 * @param {{oldSize: bigint, oldRoot: Uint8Array, newSize: bigint, newRoot: Uint8Array,
 *          proof: Uint8Array[]}} claim
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }) {
  checkSize(oldSize);
  checkSize(newSize);
  checkHashes([oldRoot, newRoot, ...proof]);
  if (oldSize > newSize) {
    throw new VerificationError(
      "merkle.size",
      "consistency proof: the older tree is larger than the newer",
      { expected: `at most ${newSize}`, found: `${oldSize}` },
    );
  }
  if (oldSize === 0n) checkRoot("older", EMPTY_ROOT, oldRoot);
  if (oldSize === 0n || oldSize === newSize) {
    checkLength("consistency", 0, proof.length);
    if (oldSize === newSize) checkRoot("newer", oldRoot, newRoot);
    return;
  }
  let [node, last] = [oldSize - 1n, newSize - 1n];
  while (node & 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  // Where the old tree is one perfect subtree its root starts the path, and provers leave it out.
  const implied = node === 0n;
  checkLength("consistency", pathLength(node, last) + (implied ? 0 : 1), proof.length);
  const path = implied ? [oldRoot, ...proof] : proof;
  let [oldComputed, newComputed] = [path[0], path[0]];
  for (const [sibling, isLeft] of climb("consistency", node, last, path.slice(1))) {
    if (isLeft) {
      oldComputed = nodeHash(sibling, oldComputed);
      newComputed = nodeHash(sibling, newComputed);
    } else newComputed = nodeHash(newComputed, sibling);
  }
  checkRoot("older", oldComputed, oldRoot);
  checkRoot("newer", newComputed, newRoot);
}

/**
 * Yield each sibling with its side, from `node` up to the root of the tree ending at `last`.
 *
 * @param {string} kind @param {bigint} node @param {bigint} last @param {Uint8Array[]} path
 * @returns {Generator<[Uint8Array, boolean]>}
 */
function* climb(kind, node, last, path) {
  if (node < 0n || node > last) {
    throw new VerificationError("merkle.index", `${kind} proof: the index is outside the tree`, {
      expected: last >= 0n ? `0 to ${last}` : "a tree that is not empty",
      found: `${node}`,
    });
  }
  checkLength(kind, pathLength(node, last), path.length);
  for (const sibling of path) {
    const isLeft = Boolean(node & 1n) || node === last;
    if (isLeft) {
      // A lone right edge moves up unchanged until it is a right child.
      while (node && !(node & 1n)) {
        node >>= 1n;
        last >>= 1n;
      }
    }
    yield [sibling, isLeft];
    node >>= 1n;
    last >>= 1n;
  }
}

/** Count the siblings on the way from `node` to the root. @param {bigint} node @param {bigint} last */
function pathLength(node, last) {
  // Below the height where both positions meet every level has a sibling; above it `node` is on
  // the right edge, which has one at each set bit only.
  const apart = node ^ last;
  const meeting = apart ? apart.toString(2).length : 0;
  const above = (node >> BigInt(meeting)).toString(2);
  return meeting + above.replaceAll("0", "").length;
}

/** @param {bigint} size */
function checkSize(size) {
  if (size < 0n || size > MAX_SIZE) {
    throw new VerificationError("merkle.size", "tree size out of range", {
      expected: `0 to ${MAX_SIZE}`,
      found: `${size}`,
    });
  }
}

/** @param {Uint8Array[]} hashes */
function checkHashes(hashes) {
  for (const hash of hashes) {
    if (hash.length !== HASH_SIZE) {
      throw new VerificationError("merkle.hash", "not a SHA-256 hash", {
        expected: `${HASH_SIZE} bytes`,
        found: `${hash.length} bytes`,
      });
    }
  }
}

/** @param {string} which @param {Uint8Array} computed @param {Uint8Array} claimed */
function checkRoot(which, computed, claimed) {
  if (!equal(computed, claimed)) {
    throw new VerificationError(
      "merkle.consistency",
      `consistency proof: the proof leads to another ${which} root`,
      { expected: toHex(claimed), found: toHex(computed) },
    );
  }
}

/** @param {string} kind @param {number} expected @param {number} found */
function checkLength(kind, expected, found) {
  if (found !== expected) {
    throw new VerificationError(
      "merkle.proof-length",
      `${kind} proof: its length does not belong to these sizes`,
      { expected: `${expected} hashes`, found: `${found} hashes` },
    );
  }
}
