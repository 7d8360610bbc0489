import { h } from '../dom/element.js';
import { clock, micros, shortId } from '../logic/format.js';
import { to } from '../router.js';
import { badge, statusBadge } from './badge.js';

const TONES = { error: 'bad', warn: 'warn', info: 'info', debug: 'plain', trace: 'plain' };

/** A line that a function wrote. */
export function logLine(line, { withSlug = false } = {}) {
  const fields = line.fields && Object.keys(line.fields).length > 0 ? ` ${JSON.stringify(line.fields)}` : '';
  return h(
    'li',
    { class: `line line-${line.level}`, 'data-key': line.id === undefined ? undefined : `line-${line.id}` },
    h('time', { datetime: line.at, title: line.at }, clock(line.at)),
    badge(TONES[line.level] ?? 'plain', line.level),
    withSlug && h('a', { href: to(`/functions/${line.slug}/logs`), class: 'line-slug' }, line.slug),
    h('span', { class: 'line-text' }, line.message, fields && h('span', { class: 'faint' }, fields)),
    line.invocationId &&
      h(
        'a',
        {
          class: 'line-id',
          href: to(`/invocations/${line.invocationId}`),
          'aria-label': `Invocation ${shortId(line.invocationId)}`,
        },
        shortId(line.invocationId),
      ),
  );
}

/** Where lines are missing, because this page read too slowly. */
export function droppedLine({ events }) {
  return h(
    'li',
    { class: 'line line-warn' },
    badge('warn', 'gap'),
    h(
      'span',
      { class: 'line-text' },
      `${events ?? 'Some'} events came faster than they could be shown. Search has them.`,
    ),
  );
}

/** An invocation that has ended, among the lines. */
export function invocationLine(record, { withSlug = false } = {}) {
  return h(
    'li',
    { class: 'line line-invocation', 'data-key': `invocation-${record.id}` },
    h('time', { datetime: record.startedAt, title: record.startedAt }, clock(record.startedAt)),
    statusBadge(record.status, record.outcome),
    withSlug && h('a', { href: to(`/functions/${record.slug}/logs`), class: 'line-slug' }, record.slug),
    h(
      'span',
      { class: 'line-text' },
      `${record.method ?? ''} ${micros(record.durationUs)}${record.error ? `: ${record.error}` : ''}`,
    ),
    h(
      'a',
      { class: 'line-id', href: to(`/invocations/${record.id}`), 'aria-label': `Invocation ${shortId(record.id)}` },
      shortId(record.id),
    ),
  );
}
