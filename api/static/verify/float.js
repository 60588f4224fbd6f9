/** A JSON number that is not written as an integer: 1.0 is another text than 1. */
export class Float {
  /** @param {number} value */
  constructor(value) {
    this.value = value;
  }
}
