/** Other projects' vectors, a question a line: what the page's modules make of each. */

import { createInterface } from "node:readline";

import { fromHex, utf8 } from "../../api/static/verify/bytes.js";
import { parse, plain } from "../../api/static/verify/canonical.js";
import { parseDisclosure, reveal } from "../../api/static/verify/disclosure.js";
import { verifyConsistency, verifyInclusion } from "../../api/static/verify/merkle.js";
import { readToken, statusOf } from "../../api/static/verify/status_list.js";

const ANSWERS = { revealed, disclosed, statuses, included, consistent };

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, given] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(ANSWERS[kind](given))}\n`);
}

/** What is seen of claims with these disclosures. */
function revealed({ concealed, disclosures }) {
  return plain(reveal(parse(utf8(JSON.stringify(concealed))), disclosures));
}

/** What one disclosure says, and its digest. */
function disclosed(text) {
  const { name, value, digest } = parseDisclosure(text);
  return [name, value, digest];
}

/** The statuses at these places of a signed list. */
function statuses({ token, indexes, at }) {
  const read = readToken(token);
  return indexes.map((idx) => statusOf(read, { idx, uri: read.claims.sub }, at));
}

/** Whether paths of leaves hold, and none of them for the next leaf. */
function included({ leaves, root, paths }) {
  const size = BigInt(leaves.length);
  return paths.every((path, index) => {
    const claim = { index: BigInt(index), size, proof: path.map(fromHex), root: fromHex(root) };
    verifyInclusion({ ...claim, leafHash: fromHex(leaves[index]) });
    return index === 0 || isRefused(() => verifyInclusion({ ...claim, leafHash: fromHex(leaves[index - 1]) }));
  });
}

/** Whether proofs from older trees hold, and none of them for another root. */
function consistent({ roots, proofs }) {
  const [newSize, newRoot] = [roots.length, fromHex(roots.at(-1))];
  return proofs.every((proof, i) => {
    const sizes = { oldSize: BigInt(i + 1), newSize: BigInt(newSize), newRoot, proof: proof.map(fromHex) };
    verifyConsistency({ ...sizes, oldRoot: fromHex(roots[i]) });
    const other = fromHex(roots[i === 0 ? newSize - 1 : i - 1]);
    return newSize === 1 || isRefused(() => verifyConsistency({ ...sizes, oldRoot: other }));
  });
}

function isRefused(check) {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}
