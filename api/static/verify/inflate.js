/**
 * Zlib's compressed bytes (RFC 1950, RFC 1951) in, what they hold out, never more than a limit.
 *
 * Browsers can do this only in streams, which tell neither a list that is cut off from one that is
 * damaged, nor what stands behind its end.
 */

const MAX_BITS = 15;
const WINDOW = 32_768;
const ADLER_MODULUS = 65_521;
const END = 256;
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83,
  99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5,
  5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
  1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Bytes that zlib did not make. */
export class InflateError extends Error {}

/** The input ends before what it holds does. */
class CutOff extends Error {}

/** More comes out than is wanted. */
class TooMuch extends Error {}

/**
 * Decompress; throw InflateError where this is no zlib stream.
 *
 * @param {Uint8Array} input @param {number} limit
 * @returns {{bytes: Uint8Array, isWhole: boolean, isTooLong: boolean, rest: number}} what came out
 *   before the input's end or the limit, whether it ended there, how many bytes stand behind
 */
export function inflate(input, limit) {
  const bits = new Bits(input);
  const out = new Output(limit);
  try {
    const header = bits.bytes(2);
    if (((header[0] << 8) | header[1]) % 31 || (header[0] & 15) !== 8 || header[0] >> 4 > 7) {
      throw new InflateError("no header");
    }
    if (header[1] & 32) throw new InflateError("a preset dictionary");
    while (!block(bits, out));
    bits.align();
    const sum = bits.bytes(4);
    if (new DataView(sum.buffer).getUint32(0) !== adler(out.bytes)) throw new InflateError("sum");
  } catch (error) {
    if (error instanceof CutOff) return told(out, false, false, 0);
    if (error instanceof TooMuch) return told(out, false, true, 0);
    throw error;
  }
  return told(out, true, false, input.length - bits.at);
}

/** @param {Output} out @param {boolean} isWhole @param {boolean} isTooLong @param {number} rest */
function told(out, isWhole, isTooLong, rest) {
  return { bytes: out.bytes, isWhole, isTooLong, rest };
}

/** Read one block; say whether it is the last. @param {Bits} bits @param {Output} out */
function block(bits, out) {
  const isLast = bits.take(1) === 1;
  const type = bits.take(2);
  if (type === 0) stored(bits, out);
  else if (type === 1) compressed(bits, out, FIXED_LENGTHS, FIXED_DISTANCES);
  else if (type === 2) compressed(bits, out, ...dynamicCodes(bits));
  else throw new InflateError("a block of no type");
  return isLast;
}

/** @param {Bits} bits @param {Output} out */
function stored(bits, out) {
  bits.align();
  const [low, high, notLow, notHigh] = bits.bytes(4);
  if ((low ^ notLow) !== 0xff || (high ^ notHigh) !== 0xff) throw new InflateError("a length");
  for (let left = low | (high << 8); left > 0; left--) out.put(bits.bytes(1)[0]);
}

/** @param {Bits} bits @param {Output} out @param {Code} lengths @param {Code} distances */
function compressed(bits, out, lengths, distances) {
  for (;;) {
    const symbol = lengths.read(bits);
    if (symbol === END) return;
    if (symbol < END) {
      out.put(symbol);
      continue;
    }
    const length = extended(bits, symbol - END - 1, LENGTH_BASE, LENGTH_BITS);
    const distance = extended(bits, distances.read(bits), DISTANCE_BASE, DISTANCE_BITS);
    out.copy(length, distance);
  }
}

/** @param {Bits} bits @param {number} symbol @param {number[]} base @param {number[]} extra */
function extended(bits, symbol, base, extra) {
  if (symbol >= base.length) throw new InflateError("a symbol of no meaning");
  return base[symbol] + bits.take(extra[symbol]);
}

/** @param {Bits} bits @returns {[Code, Code]} */
function dynamicCodes(bits) {
  const [literals, distances, codes] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
  if (literals > 286 || distances > 30) throw new InflateError("too many symbols");
  const sizes = new Array(ORDER.length).fill(0);
  for (let i = 0; i < codes; i++) sizes[ORDER[i]] = bits.take(3);
  const code = new Code(sizes);
  /** @type {number[]} */
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = code.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) {
      if (!lengths.length) throw new InflateError("a repeat of nothing");
      repeat(lengths, lengths[lengths.length - 1], 3 + bits.take(2));
    } else repeat(lengths, 0, symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7));
  }
  if (lengths.length > literals + distances || !lengths[END]) throw new InflateError("lengths");
  return [new Code(lengths.slice(0, literals)), new Code(lengths.slice(literals), true)];
}

/** @param {number[]} lengths @param {number} value @param {number} times */
function repeat(lengths, value, times) {
  for (let i = 0; i < times; i++) lengths.push(value);
}

/** A canonical Huffman code (RFC 1951, 3.2.2). */
class Code {
  /** @param {number[]} lengths @param {boolean} [mayBePartial] one distance may stand alone */
  constructor(lengths, mayBePartial = false) {
    this.counts = new Array(MAX_BITS + 1).fill(0);
    for (const length of lengths) this.counts[length]++;
    const offsets = [0, 0];
    let left = 1;
    for (let length = 1; length <= MAX_BITS; length++) {
      left = 2 * left - this.counts[length];
      if (left < 0) throw new InflateError("a code with too many words");
      offsets.push(offsets[length] + this.counts[length]);
    }
    const used = lengths.length - this.counts[0];
    if (left > 0 && !(mayBePartial && used <= 1)) throw new InflateError("a code with too few words");
    this.symbols = new Array(used);
    lengths.forEach((length, symbol) => {
      if (length) this.symbols[offsets[length]++] = symbol;
    });
  }

  /** @param {Bits} bits @returns {number} */
  read(bits) {
    let [code, start, index] = [0, 0, 0];
    for (let length = 1; length <= MAX_BITS; length++) {
      code |= bits.take(1);
      const count = this.counts[length];
      if (code - count < start) return this.symbols[index + (code - start)];
      index += count;
      start = (start + count) << 1;
      code <<= 1;
    }
    throw new InflateError("a word of no code");
  }
}

class Bits {
  /** @param {Uint8Array} input */
  constructor(input) {
    this.input = input;
    this.at = 0;
    this.held = 0;
    this.count = 0;
  }

  /** @param {number} count at most 13 */
  take(count) {
    while (this.count < count) {
      if (this.at >= this.input.length) throw new CutOff();
      this.held |= this.input[this.at++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.count -= count;
    return value;
  }

  align() {
    [this.held, this.count] = [0, 0];
  }

  /** @param {number} count */
  bytes(count) {
    if (this.at + count > this.input.length) throw new CutOff();
    this.at += count;
    return this.input.slice(this.at - count, this.at);
  }
}

class Output {
  /** @param {number} limit */
  constructor(limit) {
    this.limit = limit;
    this.buffer = new Uint8Array(Math.min(limit, WINDOW));
    this.length = 0;
  }

  get bytes() {
    return this.buffer.subarray(0, this.length);
  }

  /** @param {number} byte */
  put(byte) {
    if (this.length === this.limit) throw new TooMuch();
    if (this.length === this.buffer.length) {
      const larger = new Uint8Array(Math.min(this.limit, 2 * this.buffer.length));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer[this.length++] = byte;
  }

  /** @param {number} length @param {number} distance */
  copy(length, distance) {
    if (distance > this.length) throw new InflateError("a distance beyond the beginning");
    for (let i = 0; i < length; i++) this.put(this.buffer[this.length - distance]);
  }
}

/** @param {Uint8Array} bytes */
function adler(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % ADLER_MODULUS;
    b = (b + a) % ADLER_MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

const DISTANCE_BITS = DISTANCE_BASE.map((_, i) => Math.max(0, (i >> 1) - 1));
const FIXED_LENGTHS = new Code(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = new Code(new Array(32).fill(5));
