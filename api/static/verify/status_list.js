/**
 * A Token Status List: the statuses of many attestations in one signed text
 * (draft-ietf-oauth-status-list).
 *
 *     bytes   the status of index i takes `bits` bits, the lowest of a byte first       4.1
 *     lst     base64url of those bytes, compressed by zlib                              4.2
 */

import { decode } from "./base64url.js";
import { MalformedError, UnavailableError, VerificationError } from "./errors.js";
import { InflateError, inflate } from "./inflate.js";
import { readClaims } from "./jws.js";
import { LIMITS, TYPES } from "./tables.js";

export const [VALID, INVALID, SUSPENDED] = [0, 1, 2];

/** Read a token; its signature is checked by `jws.verify`. @param {string} text */
export function readToken(text) {
  const { jws, claims } = readClaims(text, TYPES["status-list"], "TokenClaims", LIMITS.status_token);
  const { bits, lst } = claims.status_list;
  return { jws, claims, bits, packed: unpack(lst) };
}

/**
 * Tell the status at a place of a list, as of a time in seconds since 1970.
 *
 * @param {ReturnType<typeof readToken>} token @param {{idx: number, uri: string}} place
 * @param {number} at
 */
export function statusOf({ claims, bits, packed }, { idx, uri }, at) {
  if (claims.sub !== uri) {
    throw new VerificationError("status-list.other", "this is another status list", {
      expected: uri,
      found: claims.sub,
    });
  }
  if (at < claims.iat || (claims.exp !== undefined && at >= claims.exp)) {
    throw new UnavailableError(
      "status-list.time",
      "the status list says nothing about that time",
      {
        expected: `a time from ${claims.iat} until before ${claims.exp ?? "None"}`,
        found: `${at}`,
      },
    );
  }
  const size = Math.floor((packed.length * 8) / bits);
  if (idx >= size) {
    throw new VerificationError("status-list.index", "the list has no such place", {
      expected: `an index below ${size}`,
      found: `${idx}`,
    });
  }
  const place = idx * bits;
  return (packed[Math.floor(place / 8)] >> place % 8) & ((1 << bits) - 1);
}

/** Choose what counts where several sources speak: what is no status of ours counts as INVALID. @param {number[]} statuses */
export function worst(statuses) {
  if (statuses.some((status) => status !== VALID && status !== SUSPENDED)) return INVALID;
  return statuses.includes(SUSPENDED) ? SUSPENDED : VALID;
}

/** @param {string} lst */
function unpack(lst) {
  let unpacked;
  const packed = decode(lst);
  try {
    unpacked = inflate(packed, LIMITS.status_list);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    throw malformed("zlib's compressed bytes", "something else");
  }
  if (unpacked.isTooLong) throw malformed(`at most ${LIMITS.status_list} bytes`, "more");
  if (!unpacked.isWhole || unpacked.rest) {
    throw malformed("one compressed list", "a part of one, or more");
  }
  return unpacked.bytes;
}

/** @param {string} expected @param {string} found */
function malformed(expected, found) {
  const details = { expected, found };
  return new MalformedError("status-list.malformed", "not a status list", details);
}
