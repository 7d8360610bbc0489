import { h } from '../dom/element.js';
import { bytes, micros } from '../logic/format.js';
import { to } from '../router.js';
import { statusBadge } from './badge.js';
import { table } from './table.js';
import { ago } from './time.js';

/** Invocations, newest first. */
export function invocationTable(rows, { withSlug = true } = {}) {
  const columns = [
    {
      head: 'Started',
      kind: 'fit',
      cell: (row) => h('a', { class: 'row-link', href: to(`/invocations/${row.id}`) }, ago(row.startedAt)),
    },
    withSlug && {
      head: 'Function',
      kind: 'main',
      cell: (row) => h('a', { href: to(`/functions/${row.slug}`) }, row.slug),
    },
    { head: 'Answer', kind: 'fit', cell: (row) => statusBadge(row.status, row.outcome) },
    { head: 'Request', kind: 'fit', cell: (row) => `${row.method ?? ''} ${row.source ?? 'http'}` },
    { head: 'Time', kind: 'number', cell: (row) => micros(row.durationUs) },
    { head: 'CPU', kind: 'number', cell: (row) => micros(row.cpuUs) },
    { head: 'Memory', kind: 'number', cell: (row) => bytes(row.peakMemory) },
    { head: 'Version', kind: 'number', cell: (row) => row.version ?? '–' },
    {
      head: 'Error',
      kind: 'text',
      cell: (row) => row.error && h('span', { class: 'bad clip', title: row.error }, row.error),
    },
  ];
  return table({ caption: 'Invocations, newest first', columns: columns.filter(Boolean), rows, key: (row) => row.id });
}
