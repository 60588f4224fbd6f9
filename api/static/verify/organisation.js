/** An organisation as a verifier knows it: its identifier, what it is, and its keys. */

import { Certificate } from "./certificate.js";
import { readDidWeb } from "./did_web.js";
import { MalformedError } from "./errors.js";
import { checkJurisdiction } from "./formats.js";
import { PublicKey } from "./jwk.js";
import { Members, readText } from "./members.js";
import { LIMITS, ROLES } from "./tables.js";

const MAX_JURISDICTIONS = 26 * 26;

/** @typedef {{id: string, roles: string[], jurisdictions: string[], keys: Map<string, PublicKey>,
 *             roots: Certificate[], certifiedName: string}} Organisation */

/** Read an organisation's JSON object; throw MalformedError. @param {unknown} value @param {string} where @returns {Organisation} */
export function readOrganisation(value, where) {
  const members = new Members(value, where);
  const id = members.text("id", LIMITS.identifier);
  if (members.has("name")) members.text("name", LIMITS.text);
  const roles = members.array("roles", readRole, ROLES.length);
  const jurisdictions = members.listed("jurisdictions", readJurisdiction, MAX_JURISDICTIONS);
  const listed = members.array("keys", readKey, LIMITS.keys);
  const certified = members.optional("certified", readCertified);
  const fetched = members.optional("web", readDidWeb) ?? [];
  members.end();
  if (!id || !roles.length) throw malformed(where, "an id, and at least one role");
  const keys = new Map([...listed, ...fetched].map((key) => [key.id, key]));
  const isRepeated = [roles, jurisdictions].some((list) => new Set(list).size < list.length);
  if (isRepeated || new Set(listed.map((key) => key.id)).size < listed.length) {
    throw malformed(where, "each role, jurisdiction and key once");
  }
  const { roots = [], name = null } = certified ?? {};
  return { id, roles, jurisdictions, keys, roots, certifiedName: name ?? id };
}

/** Read who may certify its keys, and under which name. @param {unknown} value @param {string} where */
function readCertified(value, where) {
  const members = new Members(value, where);
  const roots = members.array("roots", readCertificate, LIMITS.roots);
  const name = members.has("name") ? members.text("name", LIMITS.text) : null;
  members.end();
  if (!roots.length || new Set(roots.map((root) => root.id)).size < roots.length || name === "") {
    throw malformed(where, "each root once, at least one");
  }
  return { roots, name };
}

/** @param {unknown} value @param {string} where */
function readCertificate(value, where) {
  try {
    return Certificate.read(readText(value, where));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw malformed(where, error.expected || "a certificate");
  }
}

/** @param {unknown} value @param {string} where */
function readRole(value, where) {
  const text = readText(value, where);
  if (!ROLES.includes(text)) throw malformed(where, ROLES.join(" or "));
  return text;
}

/** @param {unknown} value @param {string} where */
function readJurisdiction(value, where) {
  const text = readText(value, where);
  checkJurisdiction(text);
  return text;
}

/** @param {unknown} value @param {string} where */
function readKey(value, where) {
  try {
    return typeof value === "string" ? PublicKey.fromDid(value) : PublicKey.fromJwk(value);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw malformed(where, error.expected || "a key");
  }
}

/** @param {string} where @param {string} expected */
function malformed(where, expected) {
  return new MalformedError("organisation.malformed", where, { expected });
}
