/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor({ message, actual, expected, operator, isGenerated = false } = {}) {
    super(message);
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.generatedMessage = isGenerated;
    this.code = 'ERR_ASSERTION';
  }

  get name() {
    return 'AssertionError';
  }
}
