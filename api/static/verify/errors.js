/**
 * What can go wrong, as one small tree (ledger/errors.py).
 *
 *     MalformedError      the bytes are not of the format     failed
 *     VerificationError   well-formed, and false              failed
 *     UnavailableError    could not ask                       undetermined
 */

/** The base of every error that the verifier raises on purpose. */
export class LedgerError extends Error {
  /**
   * @param {string} code stable and machine-readable
   * @param {string} message
   * @param {{expected?: ?string, found?: ?string, hint?: ?string}} [details]
   */
  constructor(code, message, { expected = null, found = null, hint = null } = {}) {
    super(message);
    this.code = code;
    this.expected = expected;
    this.found = found;
    this.hint = hint;
  }

  /** Say all of it in one line. */
  get text() {
    const parts = [this.message];
    if (this.expected !== null) parts.push(`expected ${this.expected}`);
    if (this.found !== null) parts.push(`found ${this.found}`);
    const text = parts.join("; ");
    return this.hint ? `${text}. ${this.hint}` : text;
  }
}

/** Bytes that are not of the format they claim to be. */
export class MalformedError extends LedgerError {}

/** A well-formed claim that is false. */
export class VerificationError extends LedgerError {}

/** A source that could not be asked; says nothing about the claim. */
export class UnavailableError extends LedgerError {}
