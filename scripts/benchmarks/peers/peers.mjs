// JavaScript peers, measured once: `node peers.mjs LEAVES PROOFS DOCUMENTS` prints {what: {who: a second}}.
import { randomBytes } from "node:crypto";
import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import openAttestation from "@govtechsg/open-attestation";

const [leaves, proofs, documents] = process.argv.slice(2).map(Number);

// A process's own processor time, as for the others.
function rate(count, work) {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (count * 1e6) / (used.user + used.system);
}

function must(holds) {
  if (!holds) throw new Error("a peer refuses its own proof");
}

const hashes = Array.from({ length: leaves }, () => "0x" + randomBytes(32).toString("hex"));
const chosen = Array.from({ length: proofs }, (_, i) => Math.floor((i * leaves) / proofs));
let tree;
const made = [];
const openzeppelin = "@openzeppelin/merkle-tree";
const found = { tree: {}, proof: {}, verification: {}, document: {} };
found.tree[openzeppelin] = rate(leaves, () => (tree = SimpleMerkleTree.of(hashes, { sortLeaves: false })));
found.proof[openzeppelin] = rate(proofs, () => chosen.forEach((i) => made.push(tree.getProof(i))));
found.verification[openzeppelin] = rate(proofs, () =>
  chosen.forEach((i, at) => must(SimpleMerkleTree.verify(tree.root, hashes[i], made[at]))),
);

const { wrapDocument, verifySignature } = openAttestation;
const texts = Array.from({ length: documents }, (_, i) => ({
  issuers: [{
    name: "Exporter",
    documentStore: "0x" + "12".repeat(20),
    identityProof: { type: "DNS-TXT", location: "example.com" },
  }],
  name: `${i}.csv`,
  recipient: { name: "Recipient" },
  purpose: "to measure",
  sha256: randomBytes(32).toString("hex"),
}));
const wrapped = [];
rate(1, () => texts.slice(0, 5).forEach((text) => wrapDocument(text)));
const attestation = "@govtechsg/open-attestation";
found.document[`${attestation}, wrap`] = rate(documents, () => texts.forEach((text) => wrapped.push(wrapDocument(text))));
found.document[`${attestation}, verify offline`] = rate(documents, () => wrapped.forEach((one) => must(verifySignature(one))));
console.log(JSON.stringify(found));
