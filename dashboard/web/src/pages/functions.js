import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { count, millis, percent, plural } from '../logic/format.js';
import { to } from '../router.js';
import { stateBadge } from '../ui/badge.js';
import { linkButton } from '../ui/button.js';
import { sparkline } from '../ui/chart.js';
import { head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';
import { ago } from '../ui/time.js';

const EVERY_MS = 10_000;
const MINUTES = 60;

/** All functions, with what went on in the last hour. */
export function functionsPage({ signal }) {
  let filter = '';
  const list = resource({
    signal,
    every: EVERY_MS,
    lines: 6,
    load: () => Promise.all([get('/api/functions', {}, signal), statistics(signal)]),
    draw: ([{ functions }, statistics]) => draw(functions, statistics, filter),
  });
  const search = h('input', {
    type: 'search',
    class: 'input search',
    placeholder: 'Find a function',
    'aria-label': 'Find a function',
    oninput: (event) => {
      filter = event.target.value.trim().toLowerCase();
      list.redraw();
    },
  });
  const actions = [search, linkButton('New function', to('/new'), { kind: 'primary', sign: 'plus' })];
  return { title: 'Functions', content: [head('Functions', { actions }), list] };
}

/** By slug. A node that keeps no history still has functions. */
async function statistics(signal) {
  try {
    const { functions } = await get('/api/statistics', { minutes: MINUTES, buckets: 30 }, signal);
    return new Map(functions.map((entry) => [entry.slug, entry]));
  } catch (error) {
    if (error.status === 501 || error.status === 404) {
      return new Map();
    }
    throw error;
  }
}

function draw(functions, statistics, filter) {
  if (functions.length === 0) {
    return empty(
      'No functions yet',
      'Write one in JavaScript here, or upload a WebAssembly component.',
      linkButton('New function', to('/new'), { kind: 'primary', sign: 'plus' }),
    );
  }
  const rows = functions.filter(({ slug, name }) => `${slug} ${name}`.toLowerCase().includes(filter));
  if (rows.length === 0) {
    return empty(
      'Nothing of that name',
      `None of the ${plural(functions.length, 'function')} has “${filter}” in its name.`,
    );
  }
  const of = (row) => statistics.get(row.slug) ?? { calls: 0, errors: 0, buckets: [] };
  const columns = [
    { head: 'Function', kind: 'main', cell: name },
    { head: 'Status', kind: 'fit', cell: (row) => stateBadge(row.status) },
    { head: 'Last hour', kind: 'chart', cell: (row) => sparkline(of(row).buckets, of(row), 'hour') },
    { head: 'Calls', kind: 'number', cell: (row) => count(of(row).calls) },
    { head: 'Errors', kind: 'number', cell: (row) => errors(of(row)) },
    { head: 'p95', kind: 'number', cell: (row) => millis(of(row).p95Ms) },
    { head: 'Version', kind: 'number', cell: (row) => row.version ?? '–' },
    { head: 'Deployed', kind: 'number', cell: (row) => ago(row.deployedAt ?? row.updatedAt) },
  ];
  return table({ caption: 'Functions', columns, rows, key: (row) => row.slug });
}

function name(row) {
  return [
    h('a', { class: 'row-link', href: to(`/functions/${encodeURIComponent(row.slug)}`) }, row.slug),
    h('span', { class: 'faint' }, [kind(row.kind), row.name !== row.slug && row.name].filter(Boolean).join(' · ')),
  ];
}

function kind(kind) {
  return kind === 'component' ? 'WebAssembly' : 'JavaScript';
}

function errors({ calls, errors }) {
  return errors ? h('span', { class: 'bad' }, `${count(errors)} (${percent(errors, calls)})`) : '0';
}
