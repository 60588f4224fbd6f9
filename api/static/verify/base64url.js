/** Base64url without padding (RFC 4648, 5): one text for each value, so that digests bind bytes. */

import { fromBase64, lengthOf, toBase64 } from "./bytes.js";
import { MalformedError } from "./errors.js";

/** Encode bytes without padding. @param {Uint8Array} data */
export function encode(data) {
  return toBase64(data).replace(/=/g, "").replace(/\+/g, "-").replace(/\//g, "_");
}

/** Decode exactly what `encode` makes; throw MalformedError. @param {string} text */
export function decode(text) {
  if (/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1) {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
    try {
      return fromBase64(padded, "base64url.invalid", "");
    } catch {
      // Left-over bits: refused below, as everything else that is not its own encoding.
    }
  }
  throw new MalformedError("base64url.invalid", "not base64url", {
    expected: "the letters A-Z a-z 0-9 - _ without padding",
    found: `${lengthOf(text)} characters`,
  });
}
