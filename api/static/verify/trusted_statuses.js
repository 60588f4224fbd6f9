/**
 * What a trust file says of statuses: where an issuer's lists are, and who must have answered.
 *
 * An address that ends in "/" stands for all below it, any other for itself alone.
 */

import { first } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { Members, readText } from "./members.js";
import { ascii } from "./repr.js";
import { LIMITS, SOURCES } from "./tables.js";

const SHOWN = 80;
// One spelling of each address, so that "below" is a comparison of characters.
const ADDRESS =
  /^(https?):\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?(\/[A-Za-z0-9._~/-]*)$/;
const LOOPBACK = /^(?:localhost|127(?:\.(?:0|[1-9][0-9]{0,2})){3}|\[(?:0*:)*:?0*1\])$/;

/** @typedef {{issuer: ?string, lists: string[], required: string[]}} TrustedStatuses */

/** Read its JSON object; throw MalformedError. @param {unknown} value @param {string} where @returns {TrustedStatuses} */
export function readStatuses(value, where) {
  const members = new Members(value, where);
  const issuer = members.has("issuer") ? members.text("issuer", LIMITS.identifier) : null;
  const lists = members.listed("lists", readAddress, LIMITS.trust_listed);
  checkOnce(lists, `${where}.lists`);
  const required = members.array("required", readSource, SOURCES.length);
  checkOnce(required, `${where}.required`);
  members.end();
  return { issuer, lists, required };
}

/** Say whether a list may be fetched from there. @param {TrustedStatuses} statuses @param {string} address */
export function allows({ lists }, address) {
  return (
    isListAddress(address) &&
    lists.some((known) => (known.endsWith("/") ? address.startsWith(known) : address === known))
  );
}

/** @param {string} text */
function isListAddress(text) {
  const match = ADDRESS.exec(text);
  if (match === null) return false;
  if (match[3].split("/").some((part) => part === "." || part === "..")) return false;
  return match[1] === "https" || LOOPBACK.test(match[2]);
}

/** @param {unknown} value @param {string} where */
function readAddress(value, where) {
  const text = readText(value, where);
  if (!isListAddress(text)) {
    throw new MalformedError("trust.status-list", where, {
      expected: "https://HOST[:PORT]/PATH in lower case, nothing escaped; or http to loopback",
      found: ascii(first(text, SHOWN)),
    });
  }
  return text;
}

/** @param {unknown} value @param {string} where */
function readSource(value, where) {
  const text = readText(value, where);
  if (!SOURCES.includes(text)) {
    const details = { expected: SOURCES.join(" or "), found: ascii(first(text, SHOWN)) };
    throw new MalformedError("trust.status-source", where, details);
  }
  return text;
}

/** @param {string[]} names @param {string} where */
function checkOnce(names, where) {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new MalformedError("trust.repeated", `${where}: named twice`, { found: twice });
  }
}
