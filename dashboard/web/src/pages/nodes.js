import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { bytes, count, micros } from '../logic/format.js';
import { badge } from '../ui/badge.js';
import { card, facts, head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty, notice } from '../ui/state.js';
import { ago } from '../ui/time.js';

const EVERY_MS = 5_000;
/** A node that has not said anything for so long is taken for gone. */
const SILENT_MS = 60_000;

/** Every node and how it is. */
export function nodesPage({ signal }) {
  const list = resource({
    signal,
    every: EVERY_MS,
    load: () => get('/api/nodes', {}, signal),
    draw: ({ nodes }) => draw(nodes),
  });
  return { title: 'Nodes', content: [head('Nodes'), list] };
}

function draw(nodes) {
  return nodes.length
    ? h('div', { class: 'two' }, nodes.map(node))
    : empty('No nodes yet', 'Every node writes a line about itself every few seconds.');
}

function node(row) {
  const silent = Date.now() - Date.parse(row.seenAt) > SILENT_MS;
  const problems = row.problems ?? [];
  const state = silent
    ? badge('bad', 'silent')
    : !row.databaseConnected
      ? badge('bad', 'no database')
      : problems.length
        ? badge('warn', 'with problems')
        : badge('good', 'healthy');
  return card(
    row.host,
    { 'data-key': row.id, actions: [state] },
    problems.length > 0 &&
      notice(
        'warn',
        h(
          'ul',
          { class: 'plain-list' },
          problems.map((problem) =>
            h('li', {}, typeof problem === 'string' ? problem : (problem.message ?? JSON.stringify(problem))),
          ),
        ),
      ),
    facts([
      ['Running', count(row.instances)],
      ['Queued', count(row.queued)],
      ['Functions', count(row.functions)],
      ['Memory', bytes(row.residentBytes)],
      ['CPU time', micros(row.cpuSeconds * 1e6)],
      ['Database', row.databaseConnected ? 'connected' : 'away'],
      ['Seen', ago(row.seenAt)],
      ['Started', ago(row.startedAt)],
      ['Version', row.version],
      ['Functions at', h('code', { class: 'break' }, row.functionsUrl ?? '–')],
    ]),
  );
}
