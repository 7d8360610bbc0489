// Where a source is wrong, out of what the compiler says about it.

/** `{line, column, summary}`, both from 1, or `null` where the message names no line. */
export function place(message) {
  const found = /\bline (\d+)(?:, column (\d+))?/.exec(message) ?? /:(\d+):(\d+)\b/.exec(message);
  if (!found) {
    return null;
  }
  const [summary] = message.split('\n');
  return { line: Number(found[1]), column: Number(found[2] ?? 1), summary };
}
