/**
 * An attestation: an SD-JWT VC about one stage of a transfer (RFC 9901, `typ` dc+sd-jwt).
 *
 * Reading says what is claimed, in the clear and with what is disclosed; whose key signed, whether
 * it was accredited, and the stage in order, is for others.
 */

import { first, fromHex, toHex, utf8 } from "./bytes.js";
import { checkConcealable } from "./concealment.js";
import { parseDisclosure, reveal } from "./disclosure.js";
import { MalformedError, VerificationError } from "./errors.js";
import { Jws } from "./jws.js";
import { leafHash, root } from "./merkle.js";
import { ascii } from "./repr.js";
import { checkNamesAndNumbers, decode } from "./struct.js";
import { LEAF_PREFIX, STAGES, TYPES } from "./tables.js";

const SHOWN = 80;
const NAMES = Object.keys(STAGES);

/**
 * Read an issuer-signed JWT with some of its disclosures; throw where it is none, or they are not
 * its own, or uncover what must not be concealed.
 *
 * @param {string} jwt @param {string[]} disclosures
 */
export function readAttestation(jwt, disclosures) {
  const jws = Jws.parse(jwt, TYPES.attestation);
  const value = jws.claims;
  const stage = stageOf(value);
  const logged = claimsOf(value, stage);
  const shown = claimsOf(reveal(value, disclosures), stage);
  checkConcealable(logged, shown);
  if (!hides(value, disclosures)) COMPLETE[stage](shown.credentialSubject);
  return { jws, stage, claims: logged };
}

/** Give the leaf that is named. @param {string} name */
export function leafOf(name) {
  return /** @type {Uint8Array} */ (fromHex(name.slice(LEAF_PREFIX.length)));
}

/** @param {Map<string, any>} value */
function stageOf(value) {
  const vct = value.has("vct") ? value.get("vct") : null;
  const stage = NAMES.find((name) => /** @type {any} */ (STAGES)[name].vct === vct);
  if (stage === undefined) {
    throw new MalformedError("attestation.type", "unknown type of attestation", {
      expected: NAMES.map((name) => /** @type {any} */ (STAGES)[name].vct).sort().join(" or "),
      found: first(ascii(vct), SHOWN),
    });
  }
  return stage;
}

/** @param {Map<string, any>} value @param {string} stage */
function claimsOf(value, stage) {
  checkNamesAndNumbers(value);
  return decode(value, /** @type {any} */ (STAGES)[stage].claims);
}

/** Say whether something is left concealed. @param {Map<string, any>} value @param {string[]} disclosures */
function hides(value, disclosures) {
  const shown = disclosures.map((text) => parseDisclosure(text).value);
  return digestsIn([value, ...shown]) > disclosures.length;
}

/** @param {any} value @returns {number} */
function digestsIn(value) {
  if (Array.isArray(value)) return value.reduce((sum, element) => sum + digestsIn(element), 0);
  if (!(value instanceof Map)) return 0;
  return digestsIn(Array.from(value.values())) + (value.get("_sd")?.length ?? 0);
}

/** What members ask of each other with nothing concealed, by stage. @type {Record<string, (subject: any) => void>} */
const COMPLETE = {
  "pre-assessment"({ outcome, conditions }) {
    if (outcome === "conditional" && conditions === undefined) {
      throw incomplete("a conditional outcome says on which conditions", "conditions");
    }
  },
  backup({ deposit }) {
    if (deposit.items === undefined) return;
    const derived = toHex(root(deposit.items.map(itemLeaf)));
    const size = deposit.items.reduce((sum, item) => sum + BigInt(item.size), 0n);
    const isSame =
      derived === deposit.root &&
      deposit.items.length === deposit.count &&
      size === BigInt(deposit.size);
    if (!isSame) {
      throw new VerificationError(
        "attestation.deposit",
        "the items are not those that were deposited",
        {
          expected: `${deposit.count} items, root ${deposit.root}`,
          found: `${deposit.items.length} items, root ${derived}`,
        },
      );
    }
  },
  "post-check"({ outcome, findings }) {
    if (outcome === "deviating" && findings === undefined) {
      throw incomplete("a deviation says what was found", "findings");
    }
  },
};

/** Hash the canonical bytes of a file's fingerprint. @param {Record<string, any>} item */
function itemLeaf(item) {
  return leafHash(utf8(sorted(item)));
}

/** @param {any} value @returns {string} */
function sorted(value) {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (!(value instanceof Object)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${sorted(value[name])}`).join(",")}}`;
}

/** @param {string} what @param {string} expected */
function incomplete(what, expected) {
  return new MalformedError("attestation.incomplete", what, { expected, found: "nothing" });
}
