/**
 * JSON-RPC to an EVM node over HTTP (Ethereum's execution API): requests out, JSON values in.
 *
 * Whatever a network or a node does wrong comes out as UnavailableError, what the node itself
 * refuses as RpcError. A URL often holds a key: errors name its host and port, never the rest.
 */

import { UnavailableError } from "../errors.js";
import { nodeAddress } from "../trust.js";

const TIMEOUT_MS = 10_000;
const MAX_RESPONSE = 16 * 1024 * 1024;
const SHOWN = 200;

/** A node's own "no" to one request. */
export class RpcError extends UnavailableError {
  /** @param {string} place @param {unknown} message @param {boolean} hasData whether a contract said why */
  constructor(place, message, hasData) {
    const found = JSON.stringify(String(message).slice(0, SHOWN));
    super("chain.refused-request", `${place} refuses the request`, { found });
    this.hasData = hasData;
  }
}

/** A node behind a URL. */
export class HttpRpc {
  /** @param {string} url @param {typeof fetch} [ask] */
  constructor(url, ask = globalThis.fetch.bind(globalThis)) {
    this.url = url;
    this.ask = ask;
    this.place = nodeAddress(url).replace(/^https?:\/\/([^/]*).*$/, "$1");
  }

  /**
   * Answer each request with its JSON value, or with an RpcError; throw UnavailableError.
   *
   * @param {[string, unknown[]][]} requests @returns {Promise<any[]>}
   */
  async batch(requests) {
    const sent = requests.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params }));
    const answers = await this.post(sent);
    // A node that takes no batches answers them with one error.
    if (!Array.isArray(answers)) {
      const singly = await Promise.all(sent.map((request) => this.post(request)));
      return singly.map((answer) => this.result(answer));
    }
    const byId = new Map(answers.map((answer) => [answer?.id, answer]));
    if (answers.length !== sent.length || byId.size !== sent.length) {
      throw this.malformed(`${sent.length} answers`, `${answers.length}`);
    }
    return sent.map(({ id }) => this.result(byId.get(id)));
  }

  /** @param {unknown} body @returns {Promise<any>} */
  async post(body) {
    let response, text;
    try {
      response = await this.ask(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        // A redirect would lead to an address that nobody has listed.
        redirect: "error",
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await bounded(response);
    } catch (error) {
      // Browsers tell no more of what happened on the network.
      const isLate = error instanceof Error && error.name === "TimeoutError";
      throw this.unreachable(isLate ? "no answer in time" : "no answer that can be read");
    }
    if (!response.ok) throw this.unreachable(`HTTP status ${response.status}`);
    if (text === null) throw this.malformed(`at most ${MAX_RESPONSE} bytes`, "more");
    try {
      return JSON.parse(text);
    } catch {
      throw this.malformed("JSON-RPC", "no JSON");
    }
  }

  /** @param {any} answer */
  result(answer) {
    const error = answer?.error;
    if (error instanceof Object) {
      return new RpcError(this.place, error.message, typeof error.data === "string");
    }
    if (answer instanceof Object && "result" in answer && !error) return answer.result;
    throw this.malformed("an object with a result or an error", JSON.stringify(answer) ?? "nothing");
  }

  /** @param {string} found */
  unreachable(found) {
    const message = `the node at ${this.place} does not answer`;
    return new UnavailableError("chain.unreachable", message, { found });
  }

  /** Say that the node, not the one who asked, is at fault. @param {string} expected @param {string} found */
  malformed(expected, found) {
    const message = `${this.place} answers what no node would`;
    const details = { expected, found: found.slice(0, SHOWN) };
    return new UnavailableError("chain.malformed", message, details);
  }
}

/** Read a body that may be endless, null where it is too long. @param {Response} response */
async function bounded(response) {
  const decoder = new TextDecoder();
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  let [text, length] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > MAX_RESPONSE) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
