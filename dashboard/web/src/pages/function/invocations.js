import { setQuery } from '../../router.js';
import { invocationSearch } from '../../ui/invocation_search.js';

/** What became of one function's invocations. */
export function invocationsTab({ slug }, { signal, query }) {
  return invocationSearch({ slug, signal, query, remember: setQuery });
}
