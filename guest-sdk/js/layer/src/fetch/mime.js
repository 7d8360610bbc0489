// Content types.

/**
 * What a content type says.
 * @returns {{ essence: string, parameters: Map<string, string> } | null} null for what is none
 */
export function parseMime(text) {
  if (text === null || text === undefined) return null;
  const [essence, ...rest] = split(text);
  if (!/^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/.test(essence.trim())) return null;
  const parameters = new Map();
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals < 0) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const value = part.slice(equals + 1).trim();
    const quoted = /^"((?:[^"\\]|\\.)*)"?/.exec(value);
    if (name && !parameters.has(name)) parameters.set(name, quoted ? quoted[1].replace(/\\(.)/g, '$1') : value);
  }
  return { essence: essence.trim().toLowerCase(), parameters };
}

/** Splits at semicolons that are not in quotes. */
function split(text) {
  return text.match(/(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [''];
}
