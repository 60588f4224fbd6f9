/** What is believed: the server's own trust file or the visitor's, and nodes that he names. */

import { toHex } from "../verify/bytes.js";
import { LedgerError } from "../verify/errors.js";
import { Trust, readNode } from "../verify/trust.js";
import { byId, make, tell } from "./element.js";
import { language, onLanguage, word } from "./language.js";
import { valueText } from "./values.js";

/** The trust file that counts; `changed` is called when it is another. */
export class Believed {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {?Trust} */
    this.servers = null;
    /** @type {?{name: string, trust: Trust}} */
    this.own = null;
    /** @type {string[]} */
    this.nodes = [];
    byId("trust-file").addEventListener("change", (event) => this.choose(event.target));
    byId("trust-back").addEventListener("click", () => this.goBack());
    byId("nodes").addEventListener("change", () => this.readNodes());
    onLanguage(() => this.show());
  }

  /** The trust file that counts, null where there is none. */
  get trust() {
    return this.own?.trust ?? this.servers;
  }

  /** Whether it is the server's own. */
  get isServers() {
    return this.own === null && this.servers !== null;
  }

  /** Ask the server that the page came from for its own; a page from a disk has none. */
  async load() {
    const address = document.documentElement.dataset.trust;
    try {
      if (address) {
        const response = await fetch(address, { credentials: "omit" });
        if (response.ok) this.servers = new Trust(new Uint8Array(await response.arrayBuffer()));
      }
    } catch {
      // Without one the page says so, and what to do.
    }
    this.show();
    if (this.trust === null) byId("believed").open = true;
    if (this.own === null) this.changed();
  }

  /** Believe a file of the visitor's. @param {string} name @param {Uint8Array} data */
  use(name, data) {
    try {
      this.own = { name, trust: new Trust(data) };
      tell(byId("problem"), null);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      tell(byId("problem"), word("trust.refused", { reason: valueText(error.text, language()) }));
      return;
    }
    this.show();
    this.changed();
  }

  goBack() {
    this.own = null;
    this.show();
    this.changed();
    byId("believed").querySelector("summary").focus();
  }

  /** @param {HTMLInputElement} input */
  async choose(input) {
    const [file] = Array.from(input.files ?? []);
    input.value = "";
    if (file) this.use(file.name, new Uint8Array(await file.arrayBuffer()));
  }

  readNodes() {
    const lines = byId("nodes").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const problem = byId("nodes-problem");
    for (const address of lines) {
      try {
        readNode(address, "nodes");
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        tell(problem, word("nodes.refused", { address }));
        return;
      }
    }
    tell(problem, null);
    this.nodes = lines;
    this.changed();
  }

  /** Draw what is believed. */
  show() {
    const { trust } = this;
    byId("trust-back").hidden = this.own === null || this.servers === null;
    tell(byId("trust-note"), this.isServers ? word("trust.server.note") : null);
    const source = this.own ? word("trust.own", { name: this.own.name }) : word(trust ? "trust.server" : "trust.none");
    byId("trust-source").textContent = source;
    byId("trust-short").textContent = trust === null ? "" : source;
    byId("trust-facts").replaceChildren(...(trust === null ? [] : factsOf(trust)));
  }
}

/** @param {Trust} trust */
function factsOf(trust) {
  /** @type {[string, string][]} */
  const facts = [];
  for (const log of trust.logs) {
    facts.push(["trust.log", log.origin]);
    for (const key of log.keys) facts.push(["trust.key", `${toHex(key.keyId)} ${toHex(key.publicKey)}`]);
  }
  for (const chain of trust.chains) {
    const sandbox = chain.sandbox ? ` (${word("sandbox")})` : "";
    facts.push(["trust.chain", `${chain.identity.chainId}${sandbox}, 0x${toHex(chain.identity.contract)}`]);
    const agree = word("nodes.agree", { agree: chain.agree, count: chain.rpc.length });
    const nodes = chain.rpc.length ? `${chain.rpc.map(hostOf).join(", ")} (${agree})` : word("nodes.none");
    facts.push(["trust.nodes", nodes]);
  }
  if (trust.anchors.length) facts.push(["trust.pins", String(trust.anchors.length)]);
  if (trust.organisations.length) {
    facts.push(["trust.known", trust.organisations.map((known) => known.id).join(", ")]);
  }
  return facts.flatMap(([name, value]) => [make("dt", {}, word(name)), make("dd", { class: "value" }, value)]);
}

/** Give a node's host: the rest of its address may be a key. @param {string} url */
function hostOf(url) {
  return url.replace(/^https?:\/\/(?:[^/@]*@)?([^/?#]*).*$/i, "$1");
}
