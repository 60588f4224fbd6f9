/** Several nodes that must agree, so that no single one can make an anchor true or false. */

import { toHex } from "../bytes.js";
import { UnavailableError } from "../errors.js";
import { nodeAddress } from "../trust.js";
import { askAccreditation } from "./accreditations.js";
import { Node } from "./node.js";
import { HttpRpc } from "./rpc.js";
import { askAnnounced, askTerms } from "./statuses.js";

export const MAX_NODES = 16;

/** @typedef {import("../anchor.js").Anchor} Anchor */
/** @typedef {import("../anchor.js").ChainFacts} ChainFacts */

/** A source that says what at least `agree` of its nodes say. */
export class Quorum {
  /** @param {Node[]} nodes @param {number} agree */
  constructor(nodes, agree) {
    this.nodes = nodes;
    this.agree = agree;
  }

  /** Name the nodes to ask about a trusted chain: its own, or `urls`. @param {import("../trust.js").TrustedChain} trusted @param {string[]} urls */
  static connect(trusted, urls) {
    // One node that is named twice would agree with itself.
    const distinct = Array.from(new Map(urls.map((url) => [nodeAddress(url), url])).values());
    const nodes = distinct.map((url) => new Node(new HttpRpc(url), trusted));
    return new Quorum(nodes, trusted.agree);
  }

  /** Ask all at once; throw UnavailableError where too few agree. @param {Anchor} anchor @returns {Promise<ChainFacts>} */
  async facts(anchor) {
    const answers = await this.ask((node) => node.facts(anchor));
    const facts = answers.filter((answer) => !(answer instanceof UnavailableError));
    const agreed = this.enough(facts.map(claimOf));
    // Where no majority is asked for, opposite claims can each find enough support: then neither
    // counts.
    if (agreed.length !== 1) throw this.disagreement("the anchor", answers.map(describe));
    const same = facts.filter((each) => claimOf(each) === agreed[0]);
    const [standing] = this.only(same.map((each) => each.standing));
    const [transactionBlock] = this.enoughOf(same.map((each) => each.transactionBlock));
    const final = same.filter((each) => each.final).length >= this.agree;
    return { ...same[0], standing: standing ?? null, transactionBlock: transactionBlock ?? null, final };
  }

  /** Ask AttestorRegistry of a key. @param {Uint8Array} registry @param {string} jurisdiction @param {Uint8Array} key */
  async accreditation(registry, jurisdiction, key) {
    return this.agreed("who is accredited", (node) => askAccreditation(node, registry, jurisdiction, key));
  }

  /** Ask AttestationRegistry what an account said of a leaf. @param {Uint8Array} registry @param {string} account @param {Uint8Array} leaf */
  async announced(registry, account, leaf) {
    return this.agreed("what became of it", (node) => askAnnounced(node, registry, account, leaf));
  }

  /** Ask AttestorRegistry who speaks for a jurisdiction. @param {Uint8Array} registry @param {string} jurisdiction */
  async terms(registry, jurisdiction) {
    return this.agreed("who speaks for it", (node) => askTerms(node, registry, jurisdiction));
  }

  /**
   * Ask all at once; throw UnavailableError where too few give the same answer.
   *
   * @template T @param {string} subject @param {(node: Node) => Promise<T>} question @returns {Promise<T>}
   */
  async agreed(subject, question) {
    const answers = await this.ask(question);
    const told = answers.flatMap((answer) => (answer instanceof UnavailableError ? [] : [{ answer }]));
    const agreed = this.enough(told.map(({ answer }) => textOf(answer)));
    const found = told.find(({ answer }) => textOf(answer) === agreed[0]);
    if (agreed.length === 1 && found !== undefined) return found.answer;
    const said = answers.map((each) => (each instanceof UnavailableError ? each.code : "an answer"));
    throw this.disagreement(subject, said);
  }

  /** @template T @param {(node: Node) => Promise<T>} question @returns {Promise<(T | UnavailableError)[]>} */
  async ask(question) {
    if (this.nodes.length < this.agree || this.nodes.length > MAX_NODES) {
      throw new UnavailableError("chain.quorum", "nodes that must agree", {
        expected: `${this.agree} to ${MAX_NODES} different ones`,
        found: `${this.nodes.length}`,
      });
    }
    return Promise.all(
      this.nodes.map(async (node) => {
        try {
          return await question(node);
        } catch (error) {
          if (error instanceof UnavailableError) return error;
          throw error;
        }
      }),
    );
  }

  /** Give what enough have said. @param {string[]} said */
  enough(said) {
    const distinct = Array.from(new Set(said));
    return distinct.filter((each) => said.filter((other) => other === each).length >= this.agree);
  }

  /** Give the values, but null, that enough have told. @template T @param {(T | null)[]} told @returns {T[]} */
  enoughOf(told) {
    const known = /** @type {T[]} */ (told.filter((each) => each !== null));
    const agreed = this.enough(known.map(textOf));
    return agreed.map((text) => /** @type {T} */ (known.find((each) => textOf(each) === text)));
  }

  /** Give the one value that enough have told, none where there are several. @template T @param {(T | null)[]} told */
  only(told) {
    const agreed = this.enoughOf(told);
    return agreed.length === 1 ? agreed : [];
  }

  /** @param {string} subject @param {string[]} said */
  disagreement(subject, said) {
    const message = `the nodes do not agree about ${subject}`;
    return new UnavailableError("chain.disagreement", message, {
      expected: `${this.agree} of ${this.nodes.length}`,
      found: said.join(", "),
    });
  }
}

/** Leave away in what nodes differ honestly: what they have pruned, how far they have come. @param {any} facts */
function claimOf({ identity, committed, blockHash }) {
  return `${identity} ${committed} ${blockHash && toHex(blockHash)}`;
}

/** @param {any} value */
function textOf(value) {
  return JSON.stringify(value, (_, part) => (part instanceof Uint8Array ? toHex(part) : part));
}

/** @param {any} answer */
function describe(answer) {
  if (answer instanceof UnavailableError) return answer.code;
  const block = answer.blockHash ? toHex(answer.blockHash) : "unknown";
  const committed = answer.committed ? "True" : "False";
  return `committed: ${committed}, block ${block}, chain ${answer.identity.chainId}`;
}
