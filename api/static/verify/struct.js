/**
 * Objects of a known shape: a JSON object in, a struct out, or the reason why not.
 *
 * Shapes come from the verifier in Python (`tables.js`), and so does the order in which a wrong one
 * is found: members as they stand, then those missing, then what they ask of each other. Nothing is
 * passed over: a member that a shape does not name is refused.
 */

import { first, isAscii, lengthOf } from "./bytes.js";
import { MalformedError } from "./errors.js";
import { Float } from "./float.js";
import { CHECKS } from "./formats.js";
import { ascii, repr } from "./repr.js";
import { STRUCTS } from "./tables.js";

const SHOWN = 60;
const UUID = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})$/i;
const NAME = Symbol("struct");

/** @typedef {import("./json.js").Json} Json */

/** What does not fit a shape, and where: not yet an error of the verifier's. */
class Misfit extends Error {
  /** @param {string} reason @param {string} place @param {?MalformedError} [cause] */
  constructor(reason, place, cause = null) {
    super(reason);
    this.reason = reason;
    this.place = place;
    this.origin = cause;
  }
}

/** Decode an object; throw MalformedError. @param {Json} value @param {string} struct its name */
export function decode(value, struct) {
  try {
    return object(value, struct, "");
  } catch (error) {
    if (error instanceof Misfit) throw explained(error);
    throw error;
  }
}

/** Say whether a value is a struct of this name. @param {any} value @param {...string} names */
export function isStruct(value, ...names) {
  return nameOf(value) !== undefined && names.includes(nameOf(value));
}

/** Name a struct. @param {any} value @returns {string} */
export function nameOf(value) {
  return value instanceof Object ? value[NAME] : undefined;
}

/** Throw for a number that is no integer, and a name that is not ASCII. @param {Map<string, Json>} root */
export function checkNamesAndNumbers(root) {
  /** @type {[string, Json][]} */
  const stack = [["$", root]];
  while (stack.length) {
    const [place, value] = /** @type {[string, Json]} */ (stack.pop());
    if (value instanceof Float) {
      throw new MalformedError("json.float", `a number is not an integer: ${place}`, {
        expected: "an integer",
        found: repr(value),
        hint: "Write fractions as strings.",
      });
    }
    if (Array.isArray(value)) {
      value.forEach((element, i) => stack.push([first(`${place}[${i}]`, SHOWN), element]));
    } else if (value instanceof Map) {
      for (const [name, member] of value) {
        if (!isAscii(name)) {
          const found = ascii(first(name, SHOWN));
          const message = `a member name is not ASCII: ${place}`;
          throw new MalformedError("statement.member-name", message, { found });
        }
        stack.push([first(`${place}.${name}`, SHOWN), member]);
      }
    }
  }
}

/** @param {Json} value @param {string} name @param {string} place */
function object(value, name, place) {
  if (!(value instanceof Map)) throw wrongType("object", value, place);
  const { fields, tag } = /** @type {any} */ (STRUCTS)[name];
  /** @type {Record<string | symbol, any>} */
  const struct = { [NAME]: name };
  for (const [member, content] of value) {
    if (tag && member === tag[0]) continue;
    if (!Object.hasOwn(fields, member)) {
      throw new Misfit(`Object contains unknown field \`${member}\``, place);
    }
    struct[member] = read(content, fields[member], place ? `${place}.${member}` : member);
  }
  for (const member of Object.keys(fields)) {
    if (fields[member].required && !Object.hasOwn(struct, member)) {
      throw new Misfit(`Object missing required field \`${member}\``, place);
    }
  }
  ask(name, struct, place);
  return struct;
}

/** @param {string} name @param {Record<string, any>} struct @param {string} place */
function ask(name, struct, place) {
  try {
    if (Object.hasOwn(CHECKS, name)) CHECKS[name](struct);
  } catch (error) {
    if (error instanceof MalformedError) throw new Misfit(error.text, place, error);
    throw error;
  }
}

/** @param {Json} value @param {any} shape @param {string} place @returns {any} */
function read(value, shape, place) {
  switch (shape.type) {
    case "object":
      return object(value, shape.struct, place);
    case "array":
      if (!Array.isArray(value)) throw wrongType("array", value, place);
      checkLength("array", value.length, shape, place);
      return value.map((element, i) => read(element, shape.of, `${place}[${i}]`));
    case "literal":
      return literal(value, shape.values, place);
    case "uuid":
      if (typeof value !== "string") throw wrongType("uuid", value, place);
      return uuid(value, place);
    case "bool":
      if (typeof value !== "boolean") throw wrongType("bool", value, place);
      return value;
    case "int":
      return integer(value, shape, place);
    default:
      return text(value, shape, place);
  }
}

/** @param {Json} value @param {any} shape @param {string} place */
function integer(value, shape, place) {
  if (typeof value !== "number") throw wrongType("int", value, place);
  if (value < shape.min) throw new Misfit(`Expected \`int\` >= ${shape.min}`, place);
  if (value > shape.max) throw new Misfit(`Expected \`int\` <= ${shape.max}`, place);
  return value;
}

/** @param {Json} value @param {any} shape @param {string} place */
function text(value, shape, place) {
  if (typeof value !== "string") throw wrongType("str", value, place);
  checkLength("str", lengthOf(value), shape, place);
  if (shape.pattern && !new RegExp(shape.pattern, "u").test(value)) {
    throw new Misfit(`Expected \`str\` matching regex ${repr(shape.pattern)}`, place);
  }
  return value;
}

/** @param {Json} value @param {any[]} values @param {string} place */
function literal(value, values, place) {
  const type = typeof values[0] === "number" ? "int" : "str";
  if (typeof value !== typeof values[0]) throw wrongType(type, value, place);
  if (!values.includes(value)) {
    throw new Misfit(`Invalid enum value ${repr(value)}`, place);
  }
  return value;
}

/** @param {string} value @param {string} place */
function uuid(value, place) {
  if (!UUID.test(value)) throw new Misfit("Invalid UUID", place);
  const digits = value.replaceAll("-", "").toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** @param {string} type @param {number} length @param {any} shape @param {string} place */
function checkLength(type, length, shape, place) {
  if (length < shape.min) throw new Misfit(`Expected \`${type}\` of length >= ${shape.min}`, place);
  if (length > shape.max) throw new Misfit(`Expected \`${type}\` of length <= ${shape.max}`, place);
}

/** @param {string} expected @param {Json} value @param {string} place */
function wrongType(expected, value, place) {
  return new Misfit(`Expected \`${expected}\`, got \`${typeOf(value)}\``, place);
}

/** @param {Json} value */
function typeOf(value) {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  if (typeof value === "string") return "str";
  if (value instanceof Float) return "float";
  return Array.isArray(value) ? "array" : "object";
}

/** @param {Misfit} misfit */
function explained({ reason, place, origin }) {
  if (origin) {
    const message = place ? `${origin.message}: ${place}` : origin.message;
    const { expected, found } = origin;
    return new MalformedError(origin.code, message, { expected, found });
  }
  const member = /^Object (missing required|contains unknown) field `(.*?)`/.exec(reason);
  if (member) {
    const name = place ? `${place}.${member[2]}` : member[2];
    if (member[1] === "missing required") {
      return new MalformedError("statement.missing", `a member is missing: ${name}`);
    }
    return new MalformedError(
      "statement.unknown-member",
      `a member is not of this kind: ${first(name, SHOWN)}`,
    );
  }
  if (reason === "Invalid UUID") return wrongRecordId(`not a UUID: ${place}`);
  if (place === "v") {
    const message = "unknown version of the kind";
    return new MalformedError("statement.version", message, { found: reason });
  }
  const message = `a member has a wrong value: ${place}`;
  return new MalformedError("statement.type", message, { found: reason });
}

/** Say that a text is not a record_id. @param {string} text */
export function wrongRecordId(text) {
  return new MalformedError("statement.record-id", "record_id is not of its format", {
    expected: "a UUIDv7 in lower-case letters",
    found: ascii(first(text, SHOWN)),
  });
}
