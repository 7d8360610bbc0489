import { h } from '../dom/element.js';

/** A word with a colour and a sign that both mean the same: `good`, `bad`, `warn`, `info` or `plain`. */
export function badge(tone, text) {
  return h('span', { class: `badge badge-${tone}` }, text);
}

const OUTCOMES = {
  ok: 'good',
  success: 'good',
  succeeded: 'good',
  error: 'bad',
  trap: 'bad',
  failed: 'bad',
  dead: 'bad',
};
const JOBS = { pending: 'plain', running: 'info', retrying: 'warn', succeeded: 'good', dead: 'bad' };

/** How an invocation ended, by what it answered. */
export function statusBadge(status, outcome) {
  if (!status) {
    return badge(OUTCOMES[outcome] ?? 'plain', outcome ?? 'none');
  }
  const tone = status >= 500 ? 'bad' : status >= 400 ? 'warn' : status >= 300 ? 'info' : 'good';
  return badge(tone, String(status));
}

/** Where a job stands. */
export function jobBadge(status) {
  return badge(JOBS[status] ?? 'plain', status);
}

/** What a function's row says of it. */
export function stateBadge(status) {
  return status === 'active' ? badge('good', 'active') : badge('plain', status ?? 'unknown');
}
