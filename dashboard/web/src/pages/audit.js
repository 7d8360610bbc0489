import { h } from '../dom/element.js';
import { call } from '../api/client.js';
import { setQuery } from '../router.js';
import { filters, search } from '../ui/filters.js';
import { head } from '../ui/page.js';
import { pager } from '../ui/pager.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';
import { at } from '../ui/time.js';

const PAGE = 50;

/** Who has changed what. */
export function auditPage({ signal, query }) {
  const bar = filters(
    'Audit log',
    [
      search('By', 'actor', query.actor, 'api-key'),
      search('Action', 'action', query.action, 'UPDATE_FUNCTION'),
      search('Module', 'module', query.module, 'SECRETS'),
    ],
    (values) => (setQuery(values), list.restart()),
  );
  const list = pager({
    signal,
    load: async (offset = 0) => {
      const { data, headers } = await call('GET', '/api/logs/audits', {
        query: { ...bar.values(), limit: PAGE, offset },
        signal,
      });
      const total = Number(headers.get('content-range')?.split('/')[1]);
      const next = offset + data.length;
      return { rows: data, nextCursor: data.length > 0 && next < total ? next : undefined };
    },
    draw: (rows) =>
      rows.length
        ? auditTable(rows)
        : empty('No such entries', 'Every change through the API leaves one: who, what, from where.'),
  });
  return { title: 'Audit log', content: [head('Audit log'), h('div', { class: 'stack' }, bar, list)] };
}

function auditTable(rows) {
  const columns = [
    { head: 'When', kind: 'fit', cell: (row) => at(row.createdAt) },
    { head: 'Who', kind: 'fit', cell: (row) => h('span', { class: 'clip', title: row.actor }, row.actor) },
    { head: 'Module', kind: 'fit', cell: (row) => row.module },
    { head: 'Action', kind: 'main', cell: (row) => h('code', {}, row.action) },
    { head: 'Details', kind: 'text', cell: (row) => details(row.details) },
    { head: 'From', kind: 'fit', cell: (row) => row.ipAddress ?? '–' },
  ];
  return table({ caption: 'Changes, newest first', columns, rows, key: (row) => row.id });
}

function details(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  const text = JSON.stringify(value, null, 2);
  const short = JSON.stringify(value);
  return short.length <= 60
    ? h('code', { class: 'break' }, short)
    : h(
        'details',
        {},
        h('summary', {}, h('code', {}, `${short.slice(0, 56)}…`)),
        h('pre', { class: 'mono', tabindex: '0' }, text),
      );
}
