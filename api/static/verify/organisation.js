/** An organisation as a verifier knows it: its identifier, what it is, and its keys. */

import { readDidWeb } from "./did_web.js";
import { MalformedError } from "./errors.js";
import { checkJurisdiction } from "./formats.js";
import { PublicKey } from "./jwk.js";
import { Members, readText } from "./members.js";
import { LIMITS, ROLES } from "./tables.js";

const MAX_JURISDICTIONS = 26 * 26;

/** @typedef {{id: string, roles: string[], jurisdictions: string[], keys: Map<string, PublicKey>}} Organisation */

/** Read an organisation's JSON object; throw MalformedError. @param {unknown} value @param {string} where @returns {Organisation} */
export function readOrganisation(value, where) {
  const members = new Members(value, where);
  const id = members.text("id", LIMITS.identifier);
  if (members.has("name")) members.text("name", LIMITS.text);
  const roles = members.array("roles", readRole, ROLES.length);
  const jurisdictions = members.listed("jurisdictions", readJurisdiction, MAX_JURISDICTIONS);
  const listed = members.array("keys", readKey, LIMITS.keys);
  // Certificates are not read here: their keys stay unknown, which leaves a verdict undetermined,
  // never better than it is.
  if (members.has("certified")) members.take("certified");
  const fetched = members.optional("web", readDidWeb) ?? [];
  members.end();
  if (!id || !roles.length) throw malformed(where, "an id, and at least one role");
  const keys = new Map([...listed, ...fetched].map((key) => [key.id, key]));
  const isRepeated = [roles, jurisdictions].some((list) => new Set(list).size < list.length);
  if (isRepeated || new Set(listed.map((key) => key.id)).size < listed.length) {
    throw malformed(where, "each role, jurisdiction and key once");
  }
  return { id, roles, jurisdictions, keys };
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
