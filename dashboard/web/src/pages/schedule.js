import { h } from '../dom/element.js';
import { get, patch, post, remove } from '../api/client.js';
import { count, millis, shortId } from '../logic/format.js';
import { navigate, to } from '../router.js';
import { notify } from '../ui/announce.js';
import { badge, statusBadge } from '../ui/badge.js';
import { button } from '../ui/button.js';
import { confirm, dialog } from '../ui/dialog.js';
import { card, facts, head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty, failure } from '../ui/state.js';
import { table } from '../ui/table.js';
import { ago, at } from '../ui/time.js';
import { scheduleForm } from './schedule_form.js';

const EVERY_MS = 10_000;

/** One schedule: when it is due, and what came of it so far. */
export async function schedulePage({ params: { id }, signal }) {
  const path = `/api/schedules/${encodeURIComponent(id)}`;
  const load = () => Promise.all([get(path, {}, signal), get(`${path}/logs`, { limit: 50 }, signal)]);
  let first;
  try {
    first = await load();
  } catch (error) {
    if (error.name !== 'ApiError') {
      throw error;
    }
    const top = head('Schedule', { back: ['Schedules', to('/schedules')] });
    return { title: 'Schedule', content: [top, failure(error)] };
  }
  const refresh = () => shown.refresh();
  const shown = resource({
    signal,
    every: EVERY_MS,
    load,
    first,
    draw: ([schedule, log]) => draw(schedule, log, path, refresh),
  });
  return { title: first[0].name, content: [shown] };
}

function draw(schedule, log, path, refresh) {
  const { name, isActive } = schedule;
  const actions = [
    button('Run now', {
      sign: 'play',
      onclick: async () => {
        await post(`${path}/run`, {});
        notify(`${name} runs now`);
        await refresh();
      },
    }),
    button(isActive ? 'Pause' : 'Resume', {
      onclick: async () => {
        await patch(path, { isActive: !isActive });
        notify(`${name} is ${isActive ? 'paused' : 'active'}`);
        await refresh();
      },
    }),
    button('Edit', { onclick: () => edit(schedule, refresh) }),
    button('Delete', { kind: 'danger', onclick: () => drop(name, path) }),
  ];
  const about = isActive ? badge('good', 'active') : badge('plain', 'paused');
  return [
    head(name, { back: ['Schedules', to('/schedules')], about, actions }),
    h(
      'div',
      { class: 'stack' },
      h('div', { class: 'two' }, card('What', {}, what(schedule)), card('Next runs', {}, next(schedule))),
      card('History', {}, history(log)),
    ),
  ];
}

function what(schedule) {
  return facts([
    ['When', h('code', {}, schedule.cronSchedule)],
    ['Time zone', schedule.timeZone ?? 'UTC'],
    ['Calls', h('span', { class: 'break' }, `${schedule.httpMethod} ${schedule.functionUrl}`)],
    ['Retries', String(schedule.retries ?? 0)],
    ['After downtime', schedule.missed === 'run-once' ? 'one run when back' : 'missed times are skipped'],
    ['Headers', Object.keys(schedule.headers ?? {}).join(', ') || 'none'],
  ]);
}

function next({ isActive, nextRuns = [], nextRun }) {
  const runs = nextRuns.length ? nextRuns : [nextRun].filter(Boolean);
  if (!isActive) {
    return h('p', { class: 'faint' }, 'It is paused.');
  }
  return runs.length
    ? h(
        'ol',
        { class: 'plain-list' },
        runs.map((run) => h('li', { class: 'spread' }, at(run), h('span', { class: 'faint' }, ago(run)))),
      )
    : h('p', { class: 'faint' }, 'It is never due.');
}

function history({ logs, totalCount }) {
  if (logs.length === 0) {
    return empty('Not run yet', 'Every run leaves its answer, its time and, if it failed, why.');
  }
  const columns = [
    { head: 'Ran', kind: 'fit', cell: (row) => at(row.executedAt) },
    { head: 'Answer', kind: 'fit', cell: (row) => statusBadge(row.statusCode, row.success ? 'ok' : 'failed') },
    { head: 'Took', kind: 'number', cell: (row) => millis(row.durationMs) },
    { head: 'Attempt', kind: 'number', cell: (row) => row.attempt ?? 1 },
    { head: 'Message', kind: 'text', cell: (row) => row.message },
    {
      head: 'Invocation',
      kind: 'fit',
      cell: (row) =>
        row.invocationId &&
        h('a', { href: to(`/invocations/${row.invocationId}`) }, h('code', {}, shortId(row.invocationId))),
    },
  ];
  return [
    table({ caption: 'Runs, newest first', columns, rows: logs, key: (row) => row.id }),
    totalCount > logs.length && h('p', { class: 'faint' }, `The newest ${logs.length} of ${count(totalCount)}.`),
  ];
}

function edit(schedule, refresh) {
  const area = h('div', {});
  return dialog(
    `Edit ${schedule.name}`,
    (close) => {
      scheduleForm(schedule, async () => {
        close();
        notify(`${schedule.name} is saved`);
        await refresh();
      }).then((content) => {
        area.replaceChildren(content);
        content.querySelector('input')?.focus();
      });
      return area;
    },
    { wide: true },
  );
}

async function drop(name, path) {
  if (await confirm(`Delete ${name}?`, 'It is not run again, and its history goes with it.', 'Delete')) {
    await remove(path);
    notify(`${name} is deleted`);
    navigate('/schedules');
  }
}
