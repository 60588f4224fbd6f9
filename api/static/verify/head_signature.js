/**
 * The operator's EIP-712 signature over a log's head, as a signature line of the checkpoint.
 *
 *     domain   {name: "Crossproof AnchorRegistry", version: "1", chainId, verifyingContract}
 *     struct   Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)
 *     digest   keccak256(0x1901 || domain separator || struct hash)             EIP-712
 *     key      NAME+KEYID+base64(0xff || "crossproof-eip712-head-v1" || chain id, 32 bytes ||
 *              contract, 20 || log id, 32 || epoch, 8 || address, 20)
 */

import { concat, equal, fromBigEndian, toBigEndian, toHex, utf8 } from "./bytes.js";
import { parseText } from "./checkpoint.js";
import { recover } from "./curves.js";
import { MalformedError } from "./errors.js";
import { keccak256 } from "./hash.js";
import { keyId, splitKey } from "./note_key.js";

const CODE = "head.verifier-key";
const NAME = "crossproof-eip712-head-v1";
const ALGORITHM = concat(Uint8Array.of(0xff), utf8(NAME));
const DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const HEAD = "Head(bytes32 logId,uint64 epoch,uint64 size,bytes32 root)";
const [DOMAIN_TYPE, HEAD_TYPE, NAME_HASH, VERSION_HASH] = [
  DOMAIN,
  HEAD,
  "Crossproof AnchorRegistry",
  "1",
].map((text) => keccak256(utf8(text)));
// Chain id, contract, log id, epoch, address.
const SIZES = [32, 20, 32, 8, 20];
const MATERIAL_SIZE = SIZES.reduce((sum, size) => sum + size);

/** Checks an operator's signature line. */
export class HeadVerifier {
  /** @param {string} name @param {Uint8Array} material */
  constructor(name, material) {
    this.name = name;
    this.keyId = keyId(name, material);
    const parts = [];
    let start = ALGORITHM.length;
    for (const size of SIZES) {
      parts.push(material.subarray(start, start + size));
      start += size;
    }
    [this.chainId, this.contract, this.logId, this.epoch, this.address] = parts;
  }

  /** Read a verifier key; throw MalformedError. @param {string} vkey */
  static fromString(vkey) {
    const { name, identifier, material } = splitKey(vkey, CODE);
    const isOurs = equal(material.subarray(0, ALGORITHM.length), ALGORITHM);
    if (!isOurs || material.length !== ALGORITHM.length + MATERIAL_SIZE) {
      const expected = `the algorithm ${NAME} and ${MATERIAL_SIZE} bytes`;
      throw new MalformedError(CODE, "operator's verifier key", { expected });
    }
    const verifier = new HeadVerifier(name, material);
    if (!equal(verifier.keyId, identifier)) {
      throw new MalformedError(
        CODE,
        "operator's verifier key: the key id does not belong to this name and key",
        { expected: toHex(verifier.keyId), found: toHex(identifier) },
      );
    }
    return verifier;
  }

  /** Say whether `signature` is the operator's over this checkpoint. @param {string} text @param {Uint8Array} signature */
  verify(text, signature) {
    try {
      const { size, root } = parseText(text);
      return equal(recover(this.digest(size, root), signature), this.address);
    } catch (error) {
      if (error instanceof MalformedError) return false;
      throw error;
    }
  }

  /** Compute the digest that is signed (EIP-712). @param {bigint} size @param {Uint8Array} root */
  digest(size, root) {
    const separator = keccak256(
      concat(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, this.chainId, word(this.contract)),
    );
    const struct = keccak256(
      concat(HEAD_TYPE, this.logId, word(this.epoch), toBigEndian(size, 32), root),
    );
    return keccak256(concat(Uint8Array.of(0x19, 0x01), separator, struct));
  }
}

/** Derive a log's id: keccak256(abi.encode(origin, admin)). @param {string} origin @param {Uint8Array} admin */
export function logId(origin, admin) {
  const encoded = utf8(origin);
  const padding = new Uint8Array((32 - (encoded.length % 32)) % 32);
  const [offset, length] = [64n, BigInt(encoded.length)].map((value) => toBigEndian(value, 32));
  return keccak256(concat(offset, word(admin), length, encoded, padding));
}

/** @param {Uint8Array} bytes */
function word(bytes) {
  return toBigEndian(fromBigEndian(bytes), 32);
}
