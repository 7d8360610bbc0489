// What the author of a module asks for with the text after `from`.

/**
 * @typedef {object} Known the modules that every function has
 * @property {string} sdk
 * @property {string} services
 * @property {string[]} node without `node:`
 */

/**
 * `npm:zod@^3/mini` and the like: `@` and a name's scope come first, a range and a path may follow.
 * @param {string} text without its scheme
 * @returns {{ name: string, range: string, path: string } | undefined}
 */
export function parsePackage(text) {
  const match = /^\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?(\/.*)?$/.exec(text);
  return match ? { name: match[1], range: match[2] ?? '', path: match[3] ?? '' } : undefined;
}

/**
 * The engine's name for a module that it has.
 * @param {string} specifier
 * @param {Known} known
 * @returns {string | undefined}
 */
export function builtin(specifier, known) {
  if (specifier === known.services || specifier === known.sdk) return specifier;
  if (specifier.startsWith('npm:')) {
    const asked = parsePackage(specifier.slice(4));
    return asked?.name === known.sdk && asked.path === '' ? known.sdk : undefined;
  }
  const name = specifier.replace(/^node:/, '');
  return known.node.includes(name) ? `node:${name}` : undefined;
}

/**
 * Whether a version is within a range: an exact version, `^1.2.3`, `~1.2`, `1.x`, `1`, `*`. What else npm understands,
 * tags among it, is left to npm.
 * @param {string} version
 * @param {string} range
 * @returns {boolean}
 */
export function satisfies(version, range) {
  if (range === '' || range === '*' || range === 'x') return true;
  if (range === version) return true;
  const match = /^([\^~]?)v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?$/.exec(range);
  const have = /^(\d+)\.(\d+)\.(\d+)(?:\+.*)?$/.exec(version)?.slice(1).map(Number);
  if (!match || !have) return false;
  const wanted = match.slice(2).map((part) => (/^\d+$/.test(part ?? '') ? Number(part) : undefined));
  const least = wanted.map((part) => part ?? 0);
  const fixed = fixedParts(match[1], wanted);
  if (have.slice(0, fixed).some((part, at) => part !== least[at])) return false;
  const differing = have.findIndex((part, at) => part !== least[at]);
  return differing === -1 || have[differing] > least[differing];
}

/** How many of a version's parts a range leaves no choice for. */
function fixedParts(operator, wanted) {
  const given = wanted.filter((part) => part !== undefined).length;
  if (operator === '~') return Math.min(given, 2);
  if (operator !== '^') return given;
  const nonzero = wanted.findIndex((part) => part !== 0);
  return Math.min(nonzero === -1 ? given : nonzero + 1, Math.max(given, 1));
}
