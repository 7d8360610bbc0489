import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { button } from './button.js';
import { select, text } from './form.js';
import { filters, period, search, since } from './filters.js';
import { invocationTable } from './invocation_table.js';
import { pager } from './pager.js';
import { empty } from './state.js';

/** How an invocation can end. */
const OUTCOMES = [
  '',
  'ok',
  'guest_error',
  'trap',
  'timeout',
  'cpu_limit',
  'fuel_exhausted',
  'memory_limit',
  'request_too_large',
  'response_too_large',
  'client_gone',
  'refused',
  'overloaded',
  'not_built',
  'internal',
];

/** Invocations by what is asked for; `remember(values)` is told what that is. */
export function invocationSearch({ slug, signal, query = {}, remember = () => {} }) {
  const controls = [
    !slug && search('Function', 'slug', query.slug, 'slug'),
    text('Status', {
      name: 'status',
      value: query.status ?? '',
      placeholder: '404 or 5xx',
      pattern: '[1-5](xx|[0-9][0-9])',
    }),
    select(
      'Outcome',
      OUTCOMES.map((outcome) => [outcome, outcome === '' ? 'Any' : outcome.replaceAll('_', ' ')]),
      { name: 'outcome', value: query.outcome },
    ),
    text('At least', {
      name: 'minDurationMs',
      type: 'number',
      min: 0,
      value: query.minDurationMs ?? '',
      placeholder: 'ms',
    }),
    search('Text', 'text', query.text, 'part of an error'),
    period(query.period),
  ];
  const bar = filters('Invocations', controls, (values) => (remember(values), list.restart()));
  const list = pager({
    signal,
    load: async (cursor) => {
      const { period: minutes, slug: typed, ...wanted } = bar.values();
      const { invocations, nextCursor } = await get(
        '/api/invocations',
        { ...wanted, slug: slug ?? typed?.trim(), since: since(minutes), cursor },
        signal,
      );
      return { rows: invocations, nextCursor };
    },
    draw: (rows) =>
      rows.length
        ? invocationTable(rows, { withSlug: !slug })
        : empty('No such invocations', 'They are kept for a while and then deleted. Ask for less, or call a function.'),
  });
  return h(
    'div',
    { class: 'stack' },
    h('div', { class: 'filter-row' }, bar, button('Refresh', { onclick: () => list.restart() })),
    list,
  );
}
