import { h } from '../../dom/element.js';
import { get } from '../../api/client.js';
import { bytes } from '../../logic/format.js';
import { settingChanges, value } from '../../logic/changes.js';
import { dialog } from '../../ui/dialog.js';
import { diffView } from '../../ui/diff_view.js';
import { select } from '../../ui/form.js';
import { resource } from '../../ui/resource.js';
import { table } from '../../ui/table.js';

/** Shows what is different between two versions: settings and source. */
export function compare({ path, slug }, version, other, versions) {
  const known = versions.filter((number) => number !== version);
  const leave = new AbortController();
  let against = known.includes(other) ? other : known[0];
  const body = () => {
    if (against === undefined) {
      return h('p', { class: 'faint' }, 'There is no other version yet.');
    }
    const shown = resource({
      signal: leave.signal,
      load: () => Promise.all([against, version].map((number) => get(`${path}/versions/${number}`))),
      draw: ([before, after]) => differences(before, after),
    });
    const choose = select(
      'Compare with',
      known.map((number) => [number, `Version ${number}`]),
      {
        value: against,
        onchange: (event) => {
          against = Number(event.target.value);
          return shown.refresh();
        },
      },
    );
    return [choose, shown];
  };
  return dialog(`${slug}: version ${version}`, () => h('div', { class: 'stack' }, body()), { wide: true }).finally(() =>
    leave.abort(),
  );
}

function differences(before, after) {
  const names = { before: `version ${before.version}`, after: `version ${after.version}` };
  return h('div', { class: 'stack' }, settings(before, after, names), code(before, after, names));
}

function settings(before, after, names) {
  const rows = settingChanges(before, after);
  if (rows.length === 0) {
    return h('p', { class: 'faint' }, 'The settings are the same.');
  }
  const columns = [
    { head: 'Setting', kind: 'main', cell: ({ field }) => field },
    { head: names.before, kind: 'text', cell: ({ from }) => h('code', { class: 'break' }, value(from)) },
    { head: names.after, kind: 'text', cell: ({ to }) => h('code', { class: 'break' }, value(to)) },
  ];
  return table({ caption: 'Settings that are different', columns, rows });
}

function code(before, after, names) {
  if (
    typeof before.code === 'string' &&
    typeof after.code === 'string' &&
    before.kind !== 'component' &&
    after.kind !== 'component'
  ) {
    return diffView(before.code, after.code, names);
  }
  if (before.moduleSha256 === after.moduleSha256) {
    return h('p', { class: 'faint' }, 'The module is the same.');
  }
  return h('p', {}, `The modules are different: ${bytes(before.moduleSize)} and ${bytes(after.moduleSize)}.`);
}
