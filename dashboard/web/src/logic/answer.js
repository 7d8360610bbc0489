// Reading a function's answer as it comes.

/** What is shown of an answer; the rest is counted and can be kept. */
export const SHOWN_BYTES = 512 * 1024;

/** Whether bytes of this type are text for people. */
export function isText(contentType) {
  const type = (contentType ?? '').split(';')[0].trim().toLowerCase();
  return type === '' || type.startsWith('text/') || /[/+](json|xml|javascript|ecmascript|x-www-form-urlencoded|x-ndjson|graphql)$/.test(type);
}

/** JSON with its parts on lines of their own; other text as it is. */
export function pretty(text, contentType) {
  if (!/[/+]json\b/.test(contentType ?? '')) {
    return text;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A request's path from what was typed after the function's own: `?a=1`, `/sub?a=1` or `a=1`. */
export function target(slug, typed) {
  const rest = typed.trim();
  const base = `/functions/${encodeURIComponent(slug)}`;
  if (rest === '' || rest.startsWith('?') || rest.startsWith('/')) {
    return base + rest;
  }
  return `${base}?${rest}`;
}
