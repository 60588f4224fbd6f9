/**
 * Fetching status lists: from addresses that a trust file names, within limits, kept a while.
 *
 * A list is fetched whole, by its own address and nothing else, so that whoever serves it does not
 * learn which attestation is looked at. Its server must let pages of other origins read it (CORS).
 */

import { LedgerError, UnavailableError } from "./errors.js";
import { readToken } from "./status_list.js";
import { LIMITS } from "./tables.js";

const TIMEOUT_SECONDS = 5;
// For how long a list without a `ttl` is kept, and when a server that did not answer is asked again.
const KEPT_SECONDS = 300;
const RETRY_SECONDS = 10;
const MAX_KEPT = 32;

/** @typedef {ReturnType<typeof readToken>} StatusToken */

/** Whoever fetches status lists; who may be asked is for the caller to see. */
export class StatusFetcher {
  /** @param {typeof fetch} [ask] @param {() => number} [clock] milliseconds since 1970 */
  constructor(ask = globalThis.fetch.bind(globalThis), clock = Date.now) {
    this.ask = ask;
    this.clock = clock;
    /** @type {Map<string, {until: number, known: StatusToken | string}>} */
    this.kept = new Map();
  }

  /** Fetch the list at an address, or give it from before; throw UnavailableError. @param {string} address @returns {Promise<StatusToken>} */
  async statusList(address) {
    const kept = this.kept.get(address);
    const known = kept && this.clock() < kept.until ? kept.known : await this.fetch(address);
    if (typeof known !== "string") return known;
    const { host } = new URL(address);
    throw new UnavailableError("status-list.unreachable", `no status list from ${host}`, {
      expected: `a status list of at most ${LIMITS.status_token} bytes, in ${TIMEOUT_SECONDS} seconds`,
      found: known,
      hint: "Verify again later.",
    });
  }

  /** @param {string} address @returns {Promise<StatusToken | string>} */
  async fetch(address) {
    const known = await this.get(address);
    const now = this.clock() / 1000;
    let until = now + RETRY_SECONDS;
    if (typeof known !== "string") {
      const { ttl, exp } = known.claims;
      until = Math.min(now + (ttl || KEPT_SECONDS), exp ?? Infinity);
    }
    this.kept.delete(address);
    this.kept.set(address, { until: until * 1000, known });
    for (const oldest of Array.from(this.kept.keys()).slice(0, -MAX_KEPT)) this.kept.delete(oldest);
    return known;
  }

  /** @param {string} address @returns {Promise<StatusToken | string>} what is wrong with the answer, as text */
  async get(address) {
    try {
      const response = await this.ask(address, {
        headers: { Accept: "application/statuslist+jwt" },
        // A redirect would lead to an address that nobody has listed.
        redirect: "error",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
      });
      if (response.status !== 200) return `HTTP status ${response.status}`;
      const text = await bounded(response);
      return text === null ? "more bytes" : readToken(text);
    } catch (error) {
      if (error instanceof LedgerError) return error.code;
      return error instanceof Error ? error.name : "an error";
    }
  }
}

/** Read a body that may be endless, null where it is too long. @param {Response} response */
async function bounded(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, length] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > LIMITS.status_token) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
