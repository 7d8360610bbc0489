import { h } from '../dom/element.js';
import { get, post, remove } from '../api/client.js';
import { setQuery, to } from '../router.js';
import { notify } from '../ui/announce.js';
import { jobBadge } from '../ui/badge.js';
import { button } from '../ui/button.js';
import { confirm } from '../ui/dialog.js';
import { filters, search } from '../ui/filters.js';
import { select } from '../ui/form.js';
import { head } from '../ui/page.js';
import { pager } from '../ui/pager.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';
import { ago } from '../ui/time.js';

const STATUSES = [
  ['', 'Any'],
  ['pending', 'Pending'],
  ['running', 'Running'],
  ['retrying', 'Retrying'],
  ['succeeded', 'Succeeded'],
  ['dead', 'Dead: given up'],
];
const SOURCES = [
  ['', 'Any'],
  ['async', 'Asynchronous call'],
  ['trigger', 'Trigger'],
];

/** Calls that wait, were retried, or were given up. */
export function jobsPage({ signal, query }) {
  const bar = filters(
    'Jobs',
    [
      select('Status', STATUSES, { name: 'status', value: query.status }),
      select('From', SOURCES, { name: 'source', value: query.source }),
      search('Function', 'slug', query.slug, 'slug'),
    ],
    (values) => (setQuery(values), list.restart()),
  );
  const refresh = () => list.restart();
  const list = pager({
    signal,
    load: async (cursor) => {
      const { jobs, nextCursor } = await get('/api/jobs', { ...bar.values(), cursor }, signal);
      return { rows: jobs, nextCursor };
    },
    draw: (rows) =>
      rows.length
        ? jobTable(rows, refresh)
        : empty(
            'No such jobs',
            'Asynchronous calls and the calls of triggers wait here until they have succeeded. Those that were tried too often are dead and can be replayed.',
          ),
  });
  const about = 'Asynchronous calls and calls of triggers.';
  return {
    title: 'Jobs',
    content: [
      head('Jobs', { about }),
      h(
        'div',
        { class: 'stack' },
        h('div', { class: 'filter-row' }, bar, button('Refresh', { onclick: refresh })),
        list,
      ),
    ],
  };
}

function jobTable(rows, refresh) {
  const columns = [
    {
      head: 'Job',
      kind: 'main',
      cell: (row) => [
        h('a', { class: 'row-link', href: to(`/jobs/${row.id}`) }, row.slug),
        h('span', { class: 'faint' }, row.source),
      ],
    },
    { head: 'Status', kind: 'fit', cell: (row) => jobBadge(row.status) },
    { head: 'Attempts', kind: 'number', cell: (row) => `${row.attempts} of ${row.maxAttempts}` },
    { head: 'Created', kind: 'number', cell: (row) => ago(row.createdAt) },
    {
      head: 'Next',
      kind: 'number',
      cell: (row) => (row.nextAttemptAt && row.status !== 'succeeded' ? ago(row.nextAttemptAt) : '–'),
    },
    {
      head: 'Last error',
      kind: 'text',
      cell: (row) => row.lastError && h('span', { class: 'bad clip', title: row.lastError }, row.lastError),
    },
    { head: 'Actions', kind: 'actions', cell: (row) => jobActions(row, refresh) },
  ];
  return table({ caption: 'Jobs, newest first', columns, rows, key: (row) => row.id });
}

/** What can be done with a job. */
export function jobActions({ id, slug, status }, refresh, gone = refresh) {
  return h(
    'div',
    { class: 'actions actions-end' },
    status === 'dead' &&
      button('Replay', {
        sign: 'undo',
        'aria-label': `Replay the job of ${slug}`,
        onclick: async () => {
          await post(`/api/jobs/${id}/replay`, {});
          notify(`The job of ${slug} is tried again`);
          await refresh();
        },
      }),
    button('Delete', {
      kind: 'quiet',
      'aria-label': `Delete the job of ${slug}`,
      onclick: async () => {
        if (await confirm('Delete this job?', `It is not tried again, and what it was for is lost.`, 'Delete')) {
          await remove(`/api/jobs/${id}`);
          notify('The job is deleted');
          await gone();
        }
      },
    }),
  );
}
