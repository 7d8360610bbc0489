import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { shortId } from '../logic/format.js';
import { navigate, to } from '../router.js';
import { jobBadge, statusBadge } from '../ui/badge.js';
import { card, facts, head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { notice } from '../ui/state.js';
import { at } from '../ui/time.js';
import { jobActions } from './jobs.js';

/** One job: what was asked for, and what came of it. */
export function jobPage({ params: { id }, signal }) {
  const shown = resource({
    signal,
    load: () => get(`/api/jobs/${encodeURIComponent(id)}`, {}, signal),
    draw: (job) => draw(job, () => shown.refresh()),
  });
  return { title: 'Job', content: [head(`Job ${shortId(id)}`, { back: ['Jobs', to('/jobs')] }), shown] };
}

function draw(job, refresh) {
  return h(
    'div',
    { class: 'stack' },
    job.lastError &&
      notice(
        'bad',
        h('p', { class: 'notice-title' }, 'The last attempt failed'),
        h('pre', { class: 'mono' }, job.lastError),
      ),
    card(
      'What it is',
      { actions: jobActions(job, refresh, () => navigate('/jobs')) },
      facts([
        ['Function', h('a', { href: to(`/functions/${job.slug}`) }, job.slug)],
        ['Status', jobBadge(job.status)],
        ['From', job.source],
        ['Attempts', `${job.attempts} of ${job.maxAttempts}`],
        ['Last answer', job.lastStatus ? statusBadge(job.lastStatus) : '–'],
        ['Created', at(job.createdAt)],
        ['Next attempt', at(job.nextAttemptAt)],
        ['Finished', at(job.finishedAt)],
        job.key && ['Idempotency key', h('code', { class: 'break' }, job.key)],
        ['Id', h('code', { class: 'break' }, job.id)],
      ]),
    ),
    job.request && card('Request', {}, message(job.request)),
    job.answer && card('Answer', {}, message(job.answer)),
  );
}

/** A request or an answer, as it would look on the wire. */
function message({ method, target, status, headers = [], body, bodyBase64 }) {
  const first = status ? `HTTP ${status}` : `${method} ${target}`;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const content = body ?? (bodyBase64 ? `(base64) ${bodyBase64}` : '');
  return h('pre', { class: 'mono answer-body', tabindex: '0' }, [first, ...lines, '', content].join('\n').trimEnd());
}
