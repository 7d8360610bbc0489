// Reading a function's answer as it comes.

/** What is shown of an answer; the rest is counted and can be kept. */
export const SHOWN_BYTES = 512 * 1024;

/** Whether bytes of this type are text for people. */
export function isText(contentType) {
  const type = (contentType ?? '').split(';')[0].trim().toLowerCase();
  return (
    type === '' ||
    type.startsWith('text/') ||
    /[/+](json|xml|javascript|ecmascript|x-www-form-urlencoded|x-ndjson|graphql)$/.test(type)
  );
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

/** Where a request goes, with the query that was typed: `?a=1` or `a=1`. */
export function target(slug, typed) {
  const query = typed.trim().replace(/^\?/, '');
  const path = `/functions/${encodeURIComponent(slug)}`;
  return query === '' ? path : `${path}?${query}`;
}
