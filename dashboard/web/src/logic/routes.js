// Which page an address is.

/** Finds the first of `routes` (`[pattern, page]`, `:name` for one segment) that fits. `{page, params}` or `null`. */
export function match(routes, path) {
  const segments = split(path);
  for (const [pattern, page] of routes) {
    const params = fit(split(pattern), segments);
    if (params) {
      return { page, params };
    }
  }
  return null;
}

function split(path) {
  return path.split('/').filter((segment) => segment !== '');
}

function fit(pattern, segments) {
  if (pattern.length !== segments.length) {
    return null;
  }
  const params = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith(':')) {
      const value = decoded(segments[index]);
      if (value === null) {
        return null;
      }
      params[part.slice(1)] = value;
    } else if (part !== segments[index]) {
      return null;
    }
  }
  return params;
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
