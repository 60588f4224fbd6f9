/** The vectors that Python and Solidity pass; prints how many of each hold, or stops at one that does not. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { inflateSync } from "node:zlib";

import { decode, encode } from "../../api/static/verify/base64url.js";
import { Bundle } from "../../api/static/verify/bundle.js";
import { fromHex, toHex, utf8 } from "../../api/static/verify/bytes.js";
import { canonicalize, parse, plain } from "../../api/static/verify/canonical.js";
import { openCheckpoint } from "../../api/static/verify/checkpoint.js";
import { reveal } from "../../api/static/verify/disclosure.js";
import { LedgerError, MalformedError } from "../../api/static/verify/errors.js";
import { inflate } from "../../api/static/verify/inflate.js";
import { leafHash, root, verifyConsistency, verifyInclusion } from "../../api/static/verify/merkle.js";
import { openNote, parseNote } from "../../api/static/verify/note.js";
import { Verifier } from "../../api/static/verify/note_key.js";
import { Statement } from "../../api/static/verify/statement.js";
import { Trust } from "../../api/static/verify/trust.js";
import { verify } from "../../api/static/verify/verify.js";

const [ours, shared] = process.argv.slice(2);
const load = (name) => JSON.parse(readFileSync(`${ours}/${name}.json`, "utf8"));
const toPlain = (value) => JSON.parse(JSON.stringify(plain(value)));
const counts = {};
const count = (name) => (counts[name] = (counts[name] ?? 0) + 1);

const { trees } = load("merkle");
for (const tree of trees) {
  const leaves = Array.from({ length: tree.size }, (_, i) => {
    const entry = new Uint8Array(4);
    new DataView(entry.buffer).setUint32(0, i);
    return leafHash(entry);
  });
  const size = BigInt(tree.size);
  assert.equal(toHex(root(leaves)), tree.root);
  count("roots");
  for (const [index, path] of Object.entries(tree.inclusion)) {
    const proof = path.map(fromHex);
    const claim = { leafHash: leaves[index], index: BigInt(index), size, proof, root: fromHex(tree.root) };
    verifyInclusion(claim);
    const wrong = { ...claim, index: BigInt(index) ^ 1n };
    assert.throws(() => verifyInclusion({ ...claim, proof: [...proof, proof[0] ?? claim.root] }), LedgerError);
    if (tree.size > 1) assert.throws(() => verifyInclusion(wrong), LedgerError);
    count("inclusions");
  }
  for (const [old, path] of Object.entries(tree.consistency)) {
    const oldRoot = root(leaves.slice(0, Number(old)));
    const claim = { oldSize: BigInt(old), oldRoot, newSize: size, newRoot: fromHex(tree.root) };
    const proof = path.map(fromHex);
    verifyConsistency({ ...claim, proof });
    if (proof.length) {
      assert.throws(() => verifyConsistency({ ...claim, proof: proof.slice(1) }), LedgerError);
    }
    count("consistencies");
  }
}

const note = load("note");
for (const checkpoint of note.checkpoints) {
  const keys = [note.vkey, note.witness_vkey].map((key) => Verifier.fromString(key));
  const opened = openCheckpoint(checkpoint.note ?? checkpoint, keys);
  assert.equal(opened.origin, note.origin);
  count("checkpoints");
}

const canonical = load("canonical");
for (const { input, output } of canonical.canonical) {
  assert.equal(toHex(canonicalize(parse(fromHex(input)))), output);
  count("canonical");
}
for (const { input, code } of canonical.malformed) {
  assert.throws(() => parse(fromHex(input)), { code });
  count("malformed");
}

const statements = load("statement");
for (const { entry, record_id: recordId, leaf_hash: leaf, kind } of statements.valid) {
  const statement = Statement.fromEntry(utf8(entry));
  assert.equal(statement.recordId.replaceAll("-", ""), recordId);
  assert.equal(statement.kind, kind);
  if (leaf) assert.equal(toHex(statement.leafHash), leaf);
  count("statements");
}

for (const { input, code } of statements.malformed) {
  // An entry is canonical already: what is not may be refused for that.
  assert.throws(
    () => Statement.fromEntry(utf8(input)),
    (error) => error instanceof MalformedError && [code, "statement.not-canonical"].includes(error.code),
  );
  count("malformed statements");
}

const concealment = load("disclosure");
const concealed = parse(utf8(JSON.stringify(concealment.concealed)));
for (const { disclosures, value } of concealment.revealed) {
  assert.deepEqual(toPlain(reveal(concealed, disclosures)), value);
  count("revealed");
}
for (const { disclosures } of concealment.unreferenced) {
  assert.throws(() => reveal(concealed, disclosures), { code: "disclosure.unreferenced" });
  count("unreferenced");
}

const { bundles, trust } = load("bundle");
for (const bundle of bundles) {
  const data = utf8(JSON.stringify(bundle));
  assert.equal(new Bundle(data).entry.index, bundle.entry.index);
  const report = await verify(data, { trust: new Trust(utf8(JSON.stringify(trust))) });
  const [inclusion] = report.checks.filter((check) => check.code === "entry.inclusion");
  assert.equal(inclusion.status, "verified");
  count("bundles");
}

const jcs = `${shared}/jcs-rfc8785`;
if (existsSync(jcs)) {
  for (const file of readdirSync(`${jcs}/input`)) {
    const output = readFileSync(`${jcs}/output/${file}`);
    assert.equal(toHex(canonicalize(parse(readFileSync(`${jcs}/input/${file}`)))), toHex(output));
    count("jcs");
  }
}

const extra = `${shared}/merkle-extra/vectors.json`;
if (existsSync(extra)) {
  const known = JSON.parse(readFileSync(extra, "utf8"));
  const leaves = known.ct_leaves.map((leaf) => leafHash(fromHex(leaf)));
  const rootOf = (size) => fromHex(known.ct_roots[size - 1]);
  known.ct_roots.forEach((expected, i) => {
    assert.equal(toHex(root(leaves.slice(0, i + 1))), expected);
    count("known roots");
  });
  for (const { kind, data, want } of known.hasher.filter((each) => each.kind === "leaf")) {
    assert.equal(toHex(leafHash(fromHex(data))), want, kind);
    count("known leaves");
  }
  // Leaves are counted from 1 there.
  for (const [leaf, size, path] of known.ct_paths) {
    const place = { leafHash: leaves[leaf - 1], index: BigInt(leaf - 1), size: BigInt(size) };
    verifyInclusion({ ...place, proof: path.map(fromHex), root: rootOf(size) });
    count("known paths");
  }
  for (const [old, size, path] of known.ct_consistency) {
    const sizes = { oldSize: BigInt(old), newSize: BigInt(size) };
    const roots = { oldRoot: rootOf(old), newRoot: rootOf(size) };
    verifyConsistency({ ...sizes, ...roots, proof: path.map(fromHex) });
    count("known consistencies");
  }
}

const notes = `${shared}/signed-note/vectors.json`;
if (existsSync(notes)) {
  const known = JSON.parse(readFileSync(notes, "utf8"));
  for (const key of known.verifier_keys.valid) {
    assert.equal(`${Verifier.fromString(key).name}+`, key.slice(0, key.indexOf("+") + 1));
    for (let i = 1; i < key.length; i++) {
      for (const part of [key.slice(0, i), key.slice(i)]) {
        assert.throws(() => Verifier.fromString(part), MalformedError);
      }
    }
    count("keys of notes");
  }
  for (const key of known.verifier_keys.invalid) {
    assert.throws(() => Verifier.fromString(key), MalformedError);
    count("malformed keys of notes");
  }
  for (const { note: text, keys, verified } of known.open_ok) {
    const opened = openNote(text, keys.map((key) => Verifier.fromString(key)));
    assert.deepEqual(opened.verified.map(({ name }) => name), verified);
    count("notes");
  }
  for (const { note: text, keys } of known.open_err) {
    const verifiers = keys.map((key) => Verifier.fromString(key));
    assert.throws(() => openNote(text, verifiers), LedgerError);
    count("false notes");
  }
  for (const malformed of known.malformed_hex) {
    assert.throws(() => parseNote(new TextDecoder("utf-8", { fatal: true }).decode(fromHex(malformed))));
    count("malformed notes");
  }
}

const lists = `${shared}/ietf-status-list`;
if (existsSync(lists)) {
  for (const file of readdirSync(lists).filter((name) => name.endsWith("_json.md"))) {
    const text = readFileSync(`${lists}/${file}`, "utf8").replace(/\s/g, "");
    const lst = /"lst":"([^"]+)"/.exec(text);
    if (lst === null) continue;
    const { isWhole, rest, bytes } = inflate(decode(lst[1]), 1 << 22);
    assert.ok(isWhole && rest === 0 && bytes.length > 0);
    assert.deepEqual(Buffer.from(bytes), inflateSync(decode(lst[1])));
    count("status lists");
  }
}
assert.deepEqual(decode(encode(utf8("é"))), utf8("é"));
process.stdout.write(JSON.stringify(counts));
