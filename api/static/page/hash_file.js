/** A file's SHA-256, a piece at a time: memory stays small however large the file. */

import { toHex } from "../verify/bytes.js";
import { sha256Stream } from "../verify/hash.js";

const PIECE = 4 * 1024 * 1024;

/** @param {Blob} file @param {(done: number) => void} told is shown the bytes done, piece by piece */
export async function hashFile(file, told) {
  const hash = sha256Stream();
  for (let start = 0; start < file.size; start += PIECE) {
    const piece = await file.slice(start, start + PIECE).arrayBuffer();
    hash.update(new Uint8Array(piece));
    told(start + piece.byteLength);
  }
  return toHex(hash.digest());
}
