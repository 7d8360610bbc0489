import { setQuery } from '../router.js';
import { invocationSearch } from '../ui/invocation_search.js';
import { head } from '../ui/page.js';

/** What became of all invocations. */
export function invocationsPage({ signal, query }) {
  return {
    title: 'Invocations',
    content: [head('Invocations'), invocationSearch({ signal, query, remember: setQuery })],
  };
}
