/** did:web: a name in the trust file, and the keys that its document gave; nothing is fetched here. */

import { first, lengthOf } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { PublicKey } from "./jwk.js";
import { Members } from "./members.js";
import { ascii } from "./repr.js";
import { LIMITS } from "./tables.js";

const DID = /^did:web:[A-Za-z0-9][A-Za-z0-9.-]*(?:%3A[0-9]{1,5})?(?::[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const MAX_DID = 1024;
const SHOWN = 80;

/** Read its JSON object, give its keys; throw MalformedError. @param {unknown} value @param {string} where @returns {PublicKey[]} */
export function readDidWeb(value, where) {
  const members = new Members(value, where);
  const did = members.text("did", MAX_DID);
  if (lengthOf(did) > MAX_DID || !DID.test(did)) {
    throw malformed("did:web: and a host, a port or path behind it at will", did);
  }
  const isFetched = members.has("fetched_at");
  if (isFetched) members.integer("fetched_at", 0, Number.MAX_SAFE_INTEGER);
  const keys = members.listed("keys", (each) => PublicKey.fromJwk(each), LIMITS.keys);
  members.end();
  if (new Set(keys.map((key) => key.id)).size < keys.length || (keys.length && !isFetched)) {
    throw malformed("each key once, and when they were fetched", where);
  }
  return keys;
}

/** @param {string} expected @param {string} found */
function malformed(expected, found) {
  return new MalformedError("did.malformed", "did:web", { expected, found: first(ascii(found), SHOWN) });
}
