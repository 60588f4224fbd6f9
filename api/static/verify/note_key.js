/**
 * Keys of signed notes (C2SP signed-note): NAME+KEYID+base64(0x01 || public key), Ed25519.
 *
 *     key id   the first 4 bytes of SHA-256(name || 0x0A || algorithm || public key)
 */

import { concat, equal, fromBase64, fromHex, toHex, utf8 } from "./bytes.js";
import { isSoundEd25519, verifyEd25519 } from "./curves.js";
import { MalformedError } from "./errors.js";
import { sha256 } from "./hash.js";

export const KEY_ID_SIZE = 4;
// ASCII controls but the newline; surrogates, which have no UTF-8.
export const FORBIDDEN = /[\x00-\x09\x0b-\x1f]|\p{Surrogate}/u;
/** White space as Unicode has it. */
export const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

const CODE = "note.verifier-key";
const ED25519 = 1;
const ED25519_SIZE = 32;

/** An Ed25519 verifier key. */
export class Verifier {
  /** @param {string} name @param {Uint8Array} keyId @param {Uint8Array} publicKey */
  constructor(name, keyId, publicKey) {
    this.name = name;
    this.keyId = keyId;
    this.publicKey = publicKey;
  }

  /** Read `NAME+KEYID+base64(0x01 || public key)`; throw MalformedError. @param {string} vkey */
  static fromString(vkey) {
    const { name, identifier, material } = splitKey(vkey, CODE);
    if (material[0] !== ED25519 || material.length !== 1 + ED25519_SIZE) {
      const expected = `algorithm 1 (Ed25519) and ${ED25519_SIZE} bytes`;
      throw new MalformedError(CODE, "key", { expected });
    }
    const publicKey = material.subarray(1);
    checkEd25519(publicKey, CODE);
    const derived = keyId(name, material);
    if (!equal(derived, identifier)) {
      throw new MalformedError(
        CODE,
        "verifier key: the key id does not belong to this name and key",
        { expected: toHex(derived), found: toHex(identifier) },
      );
    }
    return new Verifier(name, identifier, publicKey);
  }

  /** Say whether `signature` is this key's over `text`. @param {string} text @param {Uint8Array} signature */
  verify(text, signature) {
    return verifyEd25519(this.publicKey, utf8(text), signature);
  }
}

/** Derive a key id from a name and `algorithm || public key`. @param {string} name @param {Uint8Array} material */
export function keyId(name, material) {
  return sha256(concat(utf8(`${name}\n`), material)).subarray(0, KEY_ID_SIZE);
}

/** Refuse bytes under which implementations disagree on what is signed. @param {Uint8Array} key @param {string} code */
export function checkEd25519(key, code) {
  if (key.length !== ED25519_SIZE) {
    throw new MalformedError(code, "public key", { expected: `${ED25519_SIZE} bytes` });
  }
  if (!isSoundEd25519(key)) {
    throw new MalformedError(code, "public key: not canonical, or of small order");
  }
}

/** Accept what can name a key; throw MalformedError. @param {string} name @param {string} code */
export function checkName(name, code) {
  if (!name || name.includes("+") || SPACE.test(name) || FORBIDDEN.test(name)) {
    throw new MalformedError(code, "key name", {
      expected: "at least one character, no spaces, no plus, no control characters",
    });
  }
}

/** Split NAME+KEYID+KEY; throw MalformedError. @param {string} key @param {string} code */
export function splitKey(key, code) {
  const [name, identifier, ...rest] = key.split("+");
  // Base64 has plus signs of its own.
  if (!rest.length) throw new MalformedError(code, "key", { expected: "NAME+KEYID+KEY" });
  checkName(name, code);
  const id = identifier.length === 2 * KEY_ID_SIZE ? fromHex(identifier) : null;
  if (id === null) {
    throw new MalformedError(code, "key id", { expected: "8 lower-case hexadecimal digits" });
  }
  return { name, identifier: id, material: fromBase64(rest.join("+"), code, "key") };
}
