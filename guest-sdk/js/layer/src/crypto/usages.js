import { must } from './errors.js';

/** Throws a `SyntaxError` for a usage that the algorithm has not. */
export function allow(usages, allowed) {
  for (const usage of usages) must(allowed.includes(usage), 'SyntaxError', `a key of this kind cannot ${usage}`);
}

/** The usages out of `all` that `some` has. */
export const only = (all, some) => all.filter((usage) => some.includes(usage));
