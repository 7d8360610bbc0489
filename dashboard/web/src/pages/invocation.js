import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { bytes, count, micros, shortId } from '../logic/format.js';
import { to } from '../router.js';
import { statusBadge } from '../ui/badge.js';
import { span } from '../ui/chart.js';
import { logLine } from '../ui/log_line.js';
import { card, facts, head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty, notice } from '../ui/state.js';
import { table } from '../ui/table.js';
import { at } from '../ui/time.js';

const ATTEMPTS = 5;
const PAUSE_MS = 700;

/** One invocation: what it cost, what it asked of the platform and when, what it wrote. */
export function invocationPage({ params: { id }, signal }) {
  const content = resource({ signal, load: () => read(id, signal), draw });
  const title = `Invocation ${shortId(id)}`;
  return { title, content: [head(title, { back: ['Invocations', to('/invocations')] }), content] };
}

/** A record comes about a second after its invocation's end, which is later than somebody who has just made it. */
async function read(id, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await get(`/api/invocations/${encodeURIComponent(id)}`, {}, signal);
    } catch (error) {
      if (error.code !== 'INVOCATION_NOT_FOUND' || attempt === ATTEMPTS) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function draw(record) {
  return h(
    'div',
    { class: 'stack' },
    record.error &&
      notice('bad', h('p', { class: 'notice-title' }, record.outcome), h('pre', { class: 'mono' }, record.error)),
    card('What it was', {}, summary(record)),
    card('Host calls', {}, waterfall(record)),
    card('Log', { class: 'card-flush' }, lines(record.logs ?? [])),
  );
}

function summary(record) {
  return facts([
    ['Function', h('a', { href: to(`/functions/${record.slug}`) }, record.slug)],
    ['Version', record.version],
    ['Answer', statusBadge(record.status, record.outcome)],
    ['Outcome', record.outcome],
    ['Request', `${record.method ?? ''} from ${record.source ?? 'http'}`],
    ['Started', at(record.startedAt)],
    ['Time', micros(record.durationUs)],
    ['CPU', micros(record.cpuUs)],
    ['Peak memory', bytes(record.peakMemory)],
    record.fuel !== null && record.fuel !== undefined && ['Fuel', count(record.fuel)],
    ['Body in', bytes(record.requestBytes)],
    ['Body out', bytes(record.responseBytes)],
    ['Outbound requests', count(record.outboundRequests)],
    record.aiPromptTokens > 0 && [
      'AI tokens',
      `${count(record.aiPromptTokens)} in, ${count(record.aiCompletionTokens)} out`,
    ],
    record.traceId && ['Trace', h('code', { class: 'break' }, record.traceId)],
    ['Id', h('code', { class: 'break' }, record.id)],
  ]);
}

function waterfall({ calls = [], durationUs }) {
  if (calls.length === 0) {
    return empty('No host calls', 'It asked the platform for nothing: no outbound request, no SQL, no storage.');
  }
  const whole = Math.max(durationUs ?? 0, ...calls.map((entry) => entry.startUs + entry.durationUs));
  const columns = [
    {
      head: 'Call',
      kind: 'main',
      cell: (entry) => [
        h('span', { class: 'call-kind' }, entry.kind),
        h('span', { class: 'mono clip', title: entry.name }, entry.name),
      ],
    },
    {
      head: 'When',
      kind: 'span',
      cell: (entry) => span(entry.startUs, entry.durationUs, whole, entry.ok ? 'good' : 'bad'),
    },
    { head: 'From', kind: 'number', cell: (entry) => micros(entry.startUs) },
    { head: 'Took', kind: 'number', cell: (entry) => micros(entry.durationUs) },
    { head: 'Result', kind: 'fit', cell: (entry) => (entry.ok ? 'ok' : h('span', { class: 'bad' }, 'failed')) },
  ];
  return table({ caption: `Host calls over ${micros(whole)}, in the order they began`, columns, rows: calls });
}

function lines(logs) {
  return logs.length
    ? h(
        'ol',
        { class: 'lines mono' },
        logs.map((line) => logLine({ ...line, invocationId: undefined })),
      )
    : h('p', { class: 'faint lines-empty' }, 'It wrote nothing.');
}
