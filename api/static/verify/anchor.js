/**
 * An anchor: the place on a chain that holds a log's head; what it claims, and when that is true.
 *
 * A chain is (chain id, genesis hash, contract). Pure: the asking is `chain`'s affair.
 */

import { equal, toHex } from "./bytes.js";
import { UnavailableError, VerificationError } from "./errors.js";
import { Members } from "./members.js";
import { LIMITS } from "./tables.js";

const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
const ADDRESS_SIZE = 20;
// The last second of the year 9999. Chains that count milliseconds are beyond it since 1978.
const MAX_SECONDS = 253_402_300_799;
// What two anchors of one block share, whatever log or contract they are of.
const BLOCK = ["chain_id", "genesis_hash", "sandbox", "block_number", "block_hash", "block_time"];

/** Which chain, and which contract on it. The genesis hash tells sandboxes apart. */
export class ChainIdentity {
  /** @param {number} chainId @param {Uint8Array} genesisHash @param {Uint8Array} contract */
  constructor(chainId, genesisHash, contract) {
    this.chainId = chainId;
    this.genesisHash = genesisHash;
    this.contract = contract;
  }

  /** Take a chain's members out of a JSON object. @param {Members} members */
  static fromMembers(members) {
    return new ChainIdentity(
      members.integer("chain_id", 1, LIMITS.chain_id),
      members.hash("genesis_hash"),
      members.prefixed("contract", ADDRESS_SIZE),
    );
  }

  toString() {
    const [genesis, contract] = [this.genesisHash, this.contract].map(toHex);
    return `chain ${this.chainId}, genesis 0x${genesis}, contract 0x${contract}`;
  }
}

/** A log's head as a chain holds it. */
export class Anchor {
  /** @param {unknown} value */
  constructor(value, where = "anchor") {
    const members = new Members(value, where);
    this.chain = ChainIdentity.fromMembers(members);
    this.sandbox = members.boolean("sandbox");
    this.logId = members.hash("log_id");
    this.size = members.integer("size", 1, MAX_INTEGER);
    this.root = members.hash("root");
    this.transaction = members.hash("transaction");
    this.blockNumber = members.integer("block_number", 0, MAX_INTEGER);
    this.blockHash = members.hash("block_hash");
    this.blockTime = members.integer("block_time", 0, LIMITS.block_time);
    members.end();
  }

  /** Write the JSON object. @returns {Record<string, number | string | boolean>} */
  toValue() {
    const { chain } = this;
    return {
      chain_id: chain.chainId,
      genesis_hash: `0x${toHex(chain.genesisHash)}`,
      contract: `0x${toHex(chain.contract)}`,
      sandbox: this.sandbox,
      log_id: `0x${toHex(this.logId)}`,
      size: this.size,
      root: `0x${toHex(this.root)}`,
      transaction: `0x${toHex(this.transaction)}`,
      block_number: this.blockNumber,
      block_hash: `0x${toHex(this.blockHash)}`,
      block_time: this.blockTime,
    };
  }

  /** Give the block's time in milliseconds since 1970. */
  get time() {
    return this.blockTime > MAX_SECONDS ? this.blockTime : this.blockTime * 1000;
  }

  /** Give the block's time in whole seconds since 1970. */
  get seconds() {
    return Math.floor(this.time / 1000);
  }

  /** Say whether this is the very same anchor. @param {Anchor} other */
  equals(other) {
    return JSON.stringify(this.toValue()) === JSON.stringify(other.toValue());
  }

  /**
   * Name the first field in which this anchor denies a pinned one, null where it does not.
   *
   * Two anchors of one log and size, in one contract or by one transaction, are the same event;
   * two in one block share what is the block's. A transaction's hash may come again on a sandbox
   * that was started anew: that denies nothing.
   *
   * @param {Anchor} pinned
   */
  contradicts(pinned) {
    const [mine, theirs] = [this.toValue(), pinned.toValue()];
    /** @param {...string} names */
    const agree = (...names) => names.every((name) => mine[name] === theirs[name]);
    const sameChain = agree("chain_id", "genesis_hash");
    const sameTransaction = sameChain && agree("transaction");
    const sameHead = agree("log_id", "size");
    /** @type {string[]} */
    let names = [];
    if (sameHead && (sameTransaction || (sameChain && agree("contract")))) {
      names = Object.keys(mine);
    } else if (sameTransaction || agree("block_hash") || (sameChain && agree("block_number"))) {
      names = BLOCK;
    }
    return names.find((name) => mine[name] !== theirs[name]) ?? null;
  }
}

/**
 * What a node says of one anchor (ledger/anchor.py).
 *
 * @typedef {object} ChainFacts
 * @property {ChainIdentity} identity
 * @property {boolean} committed the contract holds exactly this
 * @property {?Uint8Array} blockHash of the canonical block of that number, null where there is none
 * @property {?Uint8Array} transactionBlock empty where it is not in the block; null: nobody can tell
 * @property {boolean} final
 * @property {?{status: string, struck: number, successor: ?Uint8Array}} standing how the log stands
 */

/** Give a contract's time in seconds since 1970. @param {number} time */
export function wholeSeconds(time) {
  return time > MAX_SECONDS ? Math.floor(time / 1000) : time;
}

/** Hold an anchor against what a node of its own chain says; throw. @param {Anchor} anchor @param {ChainFacts} facts */
export function checkFacts(anchor, facts) {
  if (!facts.committed) {
    throw new VerificationError("anchor.not-on-chain", "the contract holds no such anchor", {
      expected: `root ${toHex(anchor.root)} at size ${anchor.size}, block ${anchor.blockNumber}`,
      found: "no commitment, or another one",
    });
  }
  if (facts.blockHash === null) {
    const message = `the node no longer has block ${anchor.blockNumber}`;
    throw new UnavailableError("chain.pruned", message, {
      expected: `the block of an anchor that the contract holds, ${toHex(anchor.blockHash)}`,
      hint: "Ask a node that keeps all blocks.",
    });
  }
  if (!equal(facts.blockHash, anchor.blockHash)) {
    const message = `block ${anchor.blockNumber} of the chain is another one`;
    throw new VerificationError("anchor.block", message, {
      expected: toHex(anchor.blockHash),
      found: toHex(facts.blockHash),
    });
  }
  const block = facts.transactionBlock;
  if (block !== null && !equal(block, anchor.blockHash)) {
    throw new VerificationError("anchor.transaction", "the transaction stands in another block", {
      expected: toHex(anchor.blockHash),
      found: toHex(block) || "not in this block",
    });
  }
}
