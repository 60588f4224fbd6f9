/**
 * A bundle: one file that carries all that is needed to check one record (ledger/bundle.py).
 *
 * Path, checkpoint and anchor belong to one exact size. Bodies hold exact bytes: they are hashed as
 * they stand, and only then parsed. No key is in a bundle that a verifier would use.
 */

import { Anchor } from "./anchor.js";
import { parse } from "./canonical.js";
import { MalformedError } from "./errors.js";
import { Members, readText } from "./members.js";
import { parseNote } from "./note.js";
import { LIMITS, MEDIA_TYPES, STAGES } from "./tables.js";

const MAX_INDEX = Number.MAX_SAFE_INTEGER - 1;

/** @typedef {{index: number, body: Uint8Array, path: Uint8Array[], disclosures: string[]}} LoggedEntry */
/** @typedef {{anchor: Anchor, path: Uint8Array[]}} FirstAnchor */
/** @typedef {{entry: LoggedEntry, first: ?FirstAnchor}} LoggedAttestation */
/** @typedef {{entry: LoggedEntry, place: {index: number, path: Uint8Array[]}}} LoggedManifest */

/** The record, its proof, what others say of it, and where its head is anchored, if it is. */
export class Bundle {
  /** Read a bundle; throw MalformedError for anything that is none. @param {Uint8Array} data */
  constructor(data) {
    if (data.length > LIMITS.bundle_bytes) {
      throw new MalformedError("bundle.size", "bundle: too large", {
        expected: `at most ${LIMITS.bundle_bytes} bytes`,
        found: `${data.length} bytes`,
      });
    }
    const members = new Members(parse(data), "bundle");
    members.literal("mediaType", MEDIA_TYPES.bundle);
    const listed = LIMITS.bundle_listed;
    this.checkpoint = members.text("checkpoint", LIMITS.note);
    parseNote(this.checkpoint);
    this.entry = readEntry(members.take("entry"), "bundle.entry");
    this.anchor = members.optional("anchor", (value, where) => new Anchor(value, where));
    this.plan = members.optional("plan", readEntry);
    this.attestations = members.optional("attestations", readAttestations) ?? new Map();
    this.receipts = members.listed("receipts", readEntry, listed);
    this.statuses = members.listed("statuses", readEntry, listed);
    this.manifest = members.optional("manifest", readManifest);
    this.statusLists = members.listed("status_lists", readText, listed);
    this.accreditations = members.listed("accreditations", readText, LIMITS.facts);
    members.end();
  }
}

/** @param {unknown} value @param {string} where */
function readEntry(value, where) {
  return entryFrom(new Members(value, where), where);
}

/** @param {Members} members @param {string} where @returns {LoggedEntry} */
function entryFrom(members, where) {
  const index = members.integer("index", 0, MAX_INDEX);
  const body = members.base64("body");
  const path = members.hashes("path", LIMITS.bundle_path);
  const disclosures = members.listed("disclosures", readText, LIMITS.bundle_disclosures);
  members.end();
  if (body.length > LIMITS.entry_bytes) {
    throw new MalformedError("bundle.entry-size", `${where}.body`, {
      expected: `at most ${LIMITS.entry_bytes} bytes`,
      found: `${body.length} bytes`,
    });
  }
  return { index, body, path, disclosures };
}

/** @param {unknown} value @param {string} where @returns {Map<string, LoggedAttestation>} */
function readAttestations(value, where) {
  const members = new Members(value, where);
  const found = new Map();
  for (const stage of Object.keys(STAGES)) {
    if (members.has(stage)) found.set(stage, readAttestation(members.take(stage), `${where}.${stage}`));
  }
  members.end();
  return found;
}

/** @param {unknown} value @param {string} where @returns {LoggedAttestation} */
function readAttestation(value, where) {
  const members = new Members(value, where);
  const first = members.optional("first_anchor", readFirst);
  return { entry: entryFrom(members, where), first };
}

/** @param {unknown} value @param {string} where @returns {FirstAnchor} */
function readFirst(value, where) {
  const members = new Members(value, where);
  const anchor = new Anchor(members.take("anchor"), `${where}.anchor`);
  const path = members.hashes("path", LIMITS.bundle_path);
  members.end();
  return { anchor, path };
}

/** @param {unknown} value @param {string} where @returns {LoggedManifest} */
function readManifest(value, where) {
  const members = new Members(value, where);
  const entry = readEntry(members.take("entry"), `${where}.entry`);
  const index = members.integer("index", 0, MAX_INDEX);
  const path = members.hashes("path", LIMITS.bundle_path);
  members.end();
  return { entry, place: { index, path } };
}
