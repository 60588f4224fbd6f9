/**
 * A node that is asked about an anchor, and for views of contracts: what it goes by, what it answers.
 *
 * What is asked together goes out as one batch, so that its answers speak of one moment as nearly as
 * a node can manage. Answers are read strictly; anything else is UnavailableError.
 */

import { ChainIdentity } from "../anchor.js";
import { concat, equal, fromBigEndian, fromHex, toBigEndian, toHex, utf8 } from "../bytes.js";
import { LedgerError, UnavailableError } from "../errors.js";
import { keccak256 } from "../hash.js";
import { HttpRpc, RpcError } from "./rpc.js";

const WORD = 32;
const STATUSES = ["active", "frozen", "closed"];

/** @typedef {import("../anchor.js").Anchor} Anchor */
/** @typedef {{number: number, hash: Uint8Array, transactions: ?Uint8Array[]}} Block */

/** One node; a source of facts. */
export class Node {
  /** @param {HttpRpc} rpc @param {import("../trust.js").TrustedChain} trusted */
  constructor(rpc, { identity, finality }) {
    this.rpc = rpc;
    this.contract = identity.contract;
    this.identity = identity;
    this.finality = finality;
  }

  /** Ask what the chain says of an anchor; throw UnavailableError. @param {Anchor} anchor */
  async facts(anchor) {
    const claim = [anchor.logId, anchor.size, anchor.root, anchor.blockNumber, anchor.blockTime];
    const log = [anchor.logId];
    const answers = await this.rpc.batch([
      ["eth_chainId", []],
      block(0),
      block("latest"),
      block(this.finality.tag),
      this.call("head(bytes32)", log),
      this.call("verifyAnchor(bytes32,uint64,bytes32,uint64,uint64)", claim),
      block(anchor.blockNumber),
      ["eth_getTransactionReceipt", [`0x${toHex(anchor.transaction)}`]],
      this.call("logInfo(bytes32)", log),
      this.call("logStatus(bytes32)", log),
    ]);
    const [chainId, genesis, latest, tagged, head, committed, own, receipt, info, status] = answers;
    for (const answer of [chainId, genesis, latest, tagged, committed, own, receipt]) {
      if (answer instanceof RpcError) throw answer;
    }
    const identity = this.readIdentity(chainId, genesis);
    const nothing = { blockHash: null, transactionBlock: null, final: false, standing: null };
    if (`${identity}` !== `${anchor.chain}`) return { identity, committed: false, ...nothing };
    const found = this.readBlock(own, anchor.blockNumber);
    const newest = this.readBlock(latest);
    return {
      identity,
      committed: this.isCommitted(anchor, committed, newest, head),
      blockHash: found && found.hash,
      transactionBlock: this.transactionBlock(anchor, receipt, found),
      final: this.covers(anchor.blockNumber, this.readBlock(tagged)),
      standing: this.standing(info, status),
    };
  }

  /**
   * Ask a view of a contract at a block; throw UnavailableError where there is no such contract.
   *
   * @param {Uint8Array} contract @param {string} signature @param {Uint8Array} data
   * @param {number} at @returns {Promise<Uint8Array>}
   */
  async view(contract, signature, data, at) {
    const input = concat(selector(signature), data);
    const [answer] = await this.rpc.batch([this.callData(contract, input, at)]);
    if (answer instanceof RpcError) throw answer;
    const bytes = this.bytes(answer);
    if (bytes.length) return bytes;
    const message = `${this.rpc.place} knows no contract at 0x${toHex(contract)}`;
    throw new UnavailableError("chain.no-code", message, {
      hint: "Its chain is another one, or AttestorRegistry stands elsewhere.",
    });
  }

  /** @returns {Promise<number>} the newest block of this very chain that is final */
  async finalBlock() {
    const { tag, confirmations } = this.finality;
    const asked = await this.rpc.batch([["eth_chainId", []], block(0), block(tag)]);
    for (const answer of asked) if (answer instanceof RpcError) throw answer;
    const [chainId, genesis, tagged] = asked;
    const found = this.readIdentity(chainId, genesis);
    const newest = this.readBlock(tagged);
    if (`${found}` !== `${this.identity}` || newest === null) {
      const message = `${this.rpc.place} is a node of another chain, or has no final block`;
      const details = { expected: `${this.identity}`, found: `${found}` };
      throw new UnavailableError("chain.other", message, details);
    }
    return Math.max(0, newest.number - confirmations);
  }

  /** @param {string} signature @param {(Uint8Array | number)[]} values @returns {[string, unknown[]]} */
  call(signature, values) {
    const encoded = values.map((value) => (typeof value === "number" ? word(BigInt(value)) : value));
    return this.callData(this.contract, concat(selector(signature), ...encoded));
  }

  /** @param {Uint8Array} to @param {Uint8Array} data @param {number | string} [at] @returns {[string, unknown[]]} */
  callData(to, data, at = "latest") {
    const name = typeof at === "string" ? at : hex(at);
    return ["eth_call", [{ to: `0x${toHex(to)}`, data: `0x${toHex(data)}` }, name]];
  }

  /** @param {unknown} chainId @param {unknown} genesis */
  readIdentity(chainId, genesis) {
    const first = this.readBlock(genesis);
    const id = this.number(chainId);
    if (first === null || first.number !== 0 || id < 1) {
      throw this.rpc.malformed("a chain id and a block 0", `chain id ${id}`);
    }
    return new ChainIdentity(id, first.hash, this.contract);
  }

  /** @param {any} value @param {number} [wanted] @returns {?Block} */
  readBlock(value, wanted) {
    if (value === null) return null;
    if (!(value instanceof Object)) throw this.rpc.malformed("an object", `${value}`);
    const number = this.number(value.number);
    if (wanted !== undefined && number !== wanted) {
      throw this.rpc.malformed(`${wanted}`, `${number}`);
    }
    const { transactions } = value;
    const hashes = Array.isArray(transactions)
      ? transactions.map((hash) => this.bytes(hash, WORD))
      : null;
    return { number, hash: this.bytes(value.hash, WORD), transactions: hashes };
  }

  /** @param {unknown} value */
  number(value) {
    const isNumber = typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value);
    const number = isNumber ? Number(value) : NaN;
    if (!Number.isSafeInteger(number)) throw this.rpc.malformed("a quantity", `${value}`);
    return number;
  }

  /** @param {unknown} value @param {number} [size] */
  bytes(value, size) {
    const bytes =
      typeof value === "string" && value.startsWith("0x")
        ? fromHex(value.slice(2).toLowerCase())
        : null;
    if (bytes === null || (size !== undefined && bytes.length !== size)) {
      throw this.rpc.malformed(size === undefined ? "bytes" : `${size} bytes`, `${value}`);
    }
    return bytes;
  }

  /** @param {unknown} value @param {number} count @returns {Uint8Array[]} */
  words(value, count) {
    const bytes = this.bytes(value);
    if (bytes.length < count * WORD) throw this.rpc.malformed(`${count} words`, `${bytes.length} bytes`);
    return Array.from({ length: count }, (_, i) => bytes.subarray(i * WORD, (i + 1) * WORD));
  }

  /**
   * Say whether the contract holds the claim; throw UnavailableError where nobody knows yet.
   *
   * @param {Anchor} anchor @param {unknown} committed @param {?Block} latest @param {unknown} head
   */
  isCommitted(anchor, committed, latest, head) {
    if (this.bytes(committed).length) {
      const answer = fromBigEndian(this.words(committed, 1)[0]);
      if (answer > 1n) throw this.rpc.malformed("true or false", `${answer}`);
      if (answer === 1n) return true;
    }
    // Sizes only grow: a contract whose head is beyond this size will never hold another anchor of
    // it. Short of that, a node that has not seen the block yet knows nothing.
    const isBehind = latest === null || latest.number < anchor.blockNumber;
    if (isBehind && this.reached(head) < BigInt(anchor.size)) {
      const message = `${this.rpc.place} has not reached the anchor's block`;
      throw new UnavailableError("chain.behind", message, {
        expected: `block ${anchor.blockNumber}`,
        found: latest ? `block ${latest.number}` : "no block",
      });
    }
    return false;
  }

  /** @param {unknown} head */
  reached(head) {
    if (head instanceof RpcError) {
      if (!head.hasData) throw head;
      return 0n;
    }
    return this.bytes(head).length ? fromBigEndian(this.words(head, 4)[0]) : 0n;
  }

  /** Say in which block the transaction stands: empty for none, null where nobody can tell. @param {Anchor} anchor @param {any} receipt @param {?Block} found */
  transactionBlock(anchor, receipt, found) {
    if (receipt !== null) return this.bytes(receipt?.blockHash, WORD);
    // Receipts are pruned before blocks: a block still tells what it includes, and what not.
    if (found === null || found.transactions === null) return null;
    const isThere = found.transactions.some((hash) => equal(hash, anchor.transaction));
    return isThere ? null : new Uint8Array();
  }

  /** @param {number} number @param {?Block} tagged */
  covers(number, tagged) {
    return tagged !== null && tagged.number - this.finality.confirmations >= number;
  }

  /** Read how the log stands, null where that cannot be had: the anchor does not depend on it. @param {unknown} info @param {unknown} status */
  standing(info, status) {
    if (info instanceof RpcError || status instanceof RpcError) return null;
    try {
      const head = this.words(info, 5);
      const operators = Number(fromBigEndian(head[4]));
      const [number, active, successor] = this.words(status, 3);
      const struck = operators - Number(fromBigEndian(active));
      const name = STATUSES[Number(fromBigEndian(number))];
      if (name === undefined || !(struck >= 0)) return null;
      const named = successor.some((byte) => byte) ? successor : null;
      return { status: name, struck, successor: named };
    } catch (error) {
      if (error instanceof LedgerError) return null;
      throw error;
    }
  }
}

/** @param {number | string} number @returns {[string, unknown[]]} */
function block(number) {
  return ["eth_getBlockByNumber", [typeof number === "string" ? number : hex(number), false]];
}

/** @param {string} signature */
function selector(signature) {
  return keccak256(utf8(signature)).subarray(0, 4);
}

/** @param {bigint} value */
function word(value) {
  return toBigEndian(value, WORD);
}

/** @param {number} number */
function hex(number) {
  return `0x${number.toString(16)}`;
}
