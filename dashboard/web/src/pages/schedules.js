import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { navigate, to } from '../router.js';
import { notify } from '../ui/announce.js';
import { badge } from '../ui/badge.js';
import { button } from '../ui/button.js';
import { dialog } from '../ui/dialog.js';
import { head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';
import { ago, at } from '../ui/time.js';
import { scheduleForm } from './schedule_form.js';

const EVERY_MS = 15_000;

/** What is called at which times. */
export function schedulesPage({ signal }) {
  const list = resource({ signal, every: EVERY_MS, load: () => get('/api/schedules', {}, signal), draw });
  const add = button('New schedule', { kind: 'primary', sign: 'plus', onclick: () => create() });
  return { title: 'Schedules', content: [head('Schedules', { actions: [add] }), list] };
}

async function create() {
  const area = h('div', {});
  const opened = dialog(
    'New schedule',
    (close) => {
      scheduleForm(undefined, ({ id }) => {
        close();
        notify('The schedule is created');
        navigate(`/schedules/${id}`);
      }).then((content) => {
        area.replaceChildren(content);
        content.querySelector('input')?.focus();
      });
      return area;
    },
    { wide: true },
  );
  return opened;
}

function draw(schedules) {
  if (schedules.length === 0) {
    return empty(
      'No schedules',
      'A schedule calls a function at the times that a cron line gives, once each, however many nodes there are.',
      button('New schedule', { kind: 'primary', sign: 'plus', onclick: () => create() }),
    );
  }
  const columns = [
    {
      head: 'Name',
      kind: 'main',
      cell: (row) => [
        h('a', { class: 'row-link', href: to(`/schedules/${row.id}`) }, row.name),
        h('span', { class: 'faint clip', title: row.functionUrl }, `${row.httpMethod} ${row.functionUrl}`),
      ],
    },
    {
      head: 'When',
      kind: 'fit',
      cell: (row) => [h('code', {}, row.cronSchedule), row.timeZone && h('span', { class: 'faint' }, row.timeZone)],
    },
    { head: 'State', kind: 'fit', cell: (row) => (row.isActive ? badge('good', 'active') : badge('plain', 'paused')) },
    {
      head: 'Next',
      kind: 'fit',
      cell: (row) => (row.isActive ? at(row.nextRun ?? row.nextRuns?.[0]) : h('span', { class: 'faint' }, '–')),
    },
    { head: 'Last', kind: 'number', cell: (row) => ago(row.lastExecutedAt) },
  ];
  return table({ caption: 'Schedules', columns, rows: schedules, key: (row) => row.id });
}
