/** Hash functions: SHA-256 (FIPS 180-4), one call or a chunk at a time, and Ethereum's Keccak-256. */

import { sha256 as hashSha256 } from "../vendor/noble/hashes/sha2.js";
import { keccak_256 } from "../vendor/noble/hashes/sha3.js";

export { sha512 } from "../vendor/noble/hashes/sha2.js";

/** Hash bytes. @param {Uint8Array} bytes @returns {Uint8Array} */
export function sha256(bytes) {
  return hashSha256(bytes);
}

/** Begin a hash that is fed chunk by chunk. */
export function sha256Stream() {
  return hashSha256.create();
}

/** Hash bytes as the EVM does. @param {Uint8Array} bytes @returns {Uint8Array} */
export function keccak256(bytes) {
  return keccak_256(bytes);
}
