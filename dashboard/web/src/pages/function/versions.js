import { h } from '../../dom/element.js';
import { get, post, put, remove } from '../../api/client.js';
import { bytes } from '../../logic/format.js';
import { changeText } from '../../logic/changes.js';
import { notify } from '../../ui/announce.js';
import { badge } from '../../ui/badge.js';
import { button } from '../../ui/button.js';
import { span } from '../../ui/chart.js';
import { confirm } from '../../ui/dialog.js';
import { form, text } from '../../ui/form.js';
import { card } from '../../ui/page.js';
import { pager } from '../../ui/pager.js';
import { table } from '../../ui/table.js';
import { ago } from '../../ui/time.js';
import { compare } from './compare.js';

/** Every version: who gets how much of it, what is different, and the way back. */
export function versionsTab(subject, { signal }) {
  const { path } = subject;
  const refresh = async () => {
    await subject.reload();
    await list.restart();
    traffic.replaceChildren(...trafficContent());
  };
  const list = pager({
    signal,
    load: async (cursor) => {
      const { versions, nextCursor } = await get(`${path}/versions`, { cursor }, signal);
      return { rows: versions, nextCursor };
    },
    draw: (rows) => versionTable(rows, subject, refresh),
  });
  const traffic = h('div', {});
  const trafficContent = () => [trafficCard(subject, refresh)].filter(Boolean);
  traffic.replaceChildren(...trafficContent());
  return h('div', { class: 'stack' }, traffic, card('Versions', {}, list));
}

function versionTable(rows, subject, refresh) {
  const live = subject.data.traffic?.live ?? subject.data.version;
  const columns = [
    {
      head: 'Version',
      kind: 'main',
      cell: (row) => [h('strong', {}, `Version ${row.version}`), state(row, subject.data)],
    },
    { head: 'Build', kind: 'fit', cell: (row) => build(row) },
    { head: 'Changed', kind: 'text', cell: (row) => changes(row) },
    { head: 'Size', kind: 'number', cell: (row) => bytes(row.moduleSize) },
    {
      head: 'By',
      kind: 'fit',
      cell: (row) => h('span', { class: 'clip', title: row.createdBy }, row.createdBy ?? '–'),
    },
    { head: 'When', kind: 'number', cell: (row) => ago(row.createdAt) },
    { head: 'Actions', kind: 'actions', cell: (row) => actions(row, rows, live, subject, refresh) },
  ];
  return table({ caption: 'Versions, newest first', columns, rows, key: (row) => row.version });
}

function state(row, { traffic, version }) {
  if (row.version === (traffic?.live ?? version)) {
    return badge('good', traffic?.canary ? `live, ${100 - traffic.canary.percent} %` : 'live');
  }
  return traffic?.canary?.version === row.version && badge('info', `canary, ${traffic.canary.percent} %`);
}

function build(row) {
  if (row.build === 'bad') {
    return h('details', {}, h('summary', {}, badge('bad', 'bad')), h('pre', { class: 'mono' }, row.buildError ?? ''));
  }
  return row.build === 'good' ? badge('good', 'good') : badge('plain', 'not built');
}

function changes({ changes = [] }) {
  return changes.length
    ? h(
        'ul',
        { class: 'plain-list' },
        changes.map((change) => h('li', {}, changeText(change))),
      )
    : h('span', { class: 'faint' }, '–');
}

function actions(row, rows, live, subject, refresh) {
  const label = (words) => ({ 'aria-label': `${words} version ${row.version}` });
  const isLive = row.version === live;
  return h(
    'div',
    { class: 'actions actions-end' },
    button('Compare', {
      kind: 'quiet',
      ...label('Compare'),
      onclick: () =>
        compare(
          subject,
          row.version,
          isLive ? row.version - 1 : live,
          rows.map(({ version }) => version),
        ),
    }),
    !isLive &&
      row.build !== 'bad' &&
      button(row.version < live ? 'Roll back' : 'Make live', {
        sign: row.version < live ? 'undo' : undefined,
        ...label(row.version < live ? 'Roll back to' : 'Make live:'),
        onclick: () => rollBack(row.version, subject, refresh),
      }),
  );
}

/** One press, and no question: the way forward again is one press too. */
async function rollBack(version, { path, slug }, refresh) {
  const { from, to } = await post(`${path}/rollback`, { version });
  await refresh();
  notify(`${slug} runs version ${to ?? version} in place of ${from}`);
}

function trafficCard(subject, refresh) {
  const { data, path, slug } = subject;
  const { traffic } = data;
  if (!traffic) {
    return null;
  }
  const { live, canary } = traffic;
  const submit = async ({ version, percent }) => {
    await put(`${path}/traffic`, { version: Number(version), percent: Number(percent) });
    await refresh();
    notify(`Version ${version} of ${slug} gets ${percent} %`);
  };
  const promote = async () => {
    if (
      await confirm(
        'Make the canary live?',
        `All requests to ${slug} go to version ${canary.version} then.`,
        'Make it live',
        { danger: false },
      )
    ) {
      await post(`${path}/promote`, {});
      await refresh();
      notify(`Version ${canary.version} of ${slug} is live`);
    }
  };
  const end = async () => {
    await remove(`${path}/traffic`);
    await refresh();
    notify(`All requests to ${slug} go to version ${live}`);
  };
  const words = canary
    ? `Version ${live} gets ${100 - canary.percent} % of the requests, version ${canary.version} the other ${canary.percent} %. Who got one stays with it.`
    : `All requests go to version ${live}. Another can be given a share of them to see how it does.`;
  return card(
    'Traffic',
    {
      actions: canary && [
        button('End the canary', { onclick: end }),
        button('Make it live', { kind: 'primary', onclick: promote }),
      ],
    },
    h('p', {}, words),
    canary && span(0, canary.percent, 100, 'good'),
    form({
      class: 'form form-row',
      fields: [
        text('Version', { name: 'version', type: 'number', min: 1, required: true, value: canary?.version ?? '' }),
        text('Percent', {
          name: 'percent',
          type: 'number',
          min: 0,
          max: 100,
          required: true,
          value: canary?.percent ?? 10,
        }),
      ],
      action: canary ? 'Change the share' : 'Start a canary',
      kind: undefined,
      submit,
    }),
  );
}
