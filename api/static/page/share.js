/**
 * What stands behind the # of the page's address, which browsers send to nobody.
 *
 *     #bundle=…                   the bundle itself (zlib, base64url)
 *     #record=UUID&leaf=HEX       the record that a certificate's QR code is of
 */

import { decode, encode } from "../verify/base64url.js";
import { LedgerError } from "../verify/errors.js";
import { InflateError, inflate } from "../verify/inflate.js";
import { LIMITS } from "../verify/tables.js";

/** Longer links are cut by some mail programs and chats. */
export const MAX_LINK = 30_000;

const PREFIX = "#bundle=";
const RECORD = /^#record=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})&leaf=([0-9a-f]{64})$/;

/** Make the link, null where it would be too long. @param {Uint8Array} bundle @param {string} page */
export async function linkTo(bundle, page) {
  const packed = await deflate(compact(bundle));
  const link = page.replace(/#.*$/, "") + PREFIX + encode(packed);
  return link.length > MAX_LINK ? null : link;
}

/** Read which record a link is of, null for none. @param {string} fragment @returns {?{id: string, leaf: string}} */
export function recordOf(fragment) {
  const parts = RECORD.exec(fragment);
  return parts && { id: parts[1], leaf: parts[2] };
}

/** Say whether a link carries a bundle. @param {string} fragment */
export function carriesBundle(fragment) {
  return fragment.startsWith(PREFIX);
}

/** Read the bundle of a link, null where it cannot be read. @param {string} fragment */
export function bundleOf(fragment) {
  try {
    const { bytes, isWhole } = inflate(decode(fragment.slice(PREFIX.length)), LIMITS.bundle_bytes);
    return isWhole ? bytes.slice() : null;
  } catch (error) {
    if (error instanceof LedgerError || error instanceof InflateError) return null;
    throw error;
  }
}

/** Leave away what stands between JSON's tokens. @param {Uint8Array} bundle */
function compact(bundle) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bundle);
    return new TextEncoder().encode(JSON.stringify(JSON.parse(text)));
  } catch {
    return bundle;
  }
}

/** @param {Uint8Array} bytes */
async function deflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
