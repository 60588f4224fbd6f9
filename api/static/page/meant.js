/**
 * The record that the page's address names, as a certificate's QR code does, and whether the bundle is
 * of it: a sound bundle of another record proves nothing about this one.
 */

import { toHex } from "../verify/bytes.js";
import { Bundle } from "../verify/bundle.js";
import { LedgerError } from "../verify/errors.js";
import { leafHash } from "../verify/merkle.js";
import { byId } from "./element.js";
import { word } from "./language.js";

/** Say which record is meant, and what of it has been given. @param {?{id: string, leaf: string}} meant @param {?Uint8Array} bundle */
export function showMeant(meant, bundle) {
  const element = byId("meant");
  element.hidden = meant === null;
  if (meant === null) return;
  const state = bundle === null ? "wanted" : leafOf(bundle) === meant.leaf ? "same" : "other";
  element.className = `note ${state}`;
  const { id, leaf } = meant;
  element.textContent = word(`meant.${state}`, { id, leaf: `${leaf.slice(0, 16)}…` });
}

/** @param {Uint8Array} data @returns {?string} */
function leafOf(data) {
  try {
    return toHex(leafHash(new Bundle(data).entry.body));
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}
