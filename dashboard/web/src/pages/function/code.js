import { h } from '../../dom/element.js';
import { patch } from '../../dom/patch.js';
import { call } from '../../api/client.js';
import { upload } from '../../api/upload.js';
import { place } from '../../logic/place.js';
import { bytes } from '../../logic/format.js';
import { report } from '../../boundary.js';
import { announce, notify } from '../../ui/announce.js';
import { busy, button } from '../../ui/button.js';
import { dropZone } from '../../ui/drop.js';
import { card, facts } from '../../ui/page.js';
import { failure } from '../../ui/state.js';
import { liveLog } from '../../ui/live_log.js';
import { conflict } from './conflict.js';
import { save } from '../../ui/file.js';
import { tryIt } from './try_it.js';

/** What the function is made of, beside a way to try it, above what it writes. */
export function codeTab(subject, context) {
  const made = h('div', { class: 'bench-main' });
  let kind;
  const draw = async () => {
    subject.redraw?.();
    // A module in place of a source, or a source in place of a module, is another card.
    if (subject.data.kind !== kind) {
      kind = subject.data.kind;
      made.replaceChildren(kind === 'component' ? moduleCard(subject) : await sourceCard(subject, context));
    }
  };
  const drawTop = subject.onchange;
  subject.onchange = () => {
    drawTop();
    draw().catch(report);
  };
  draw().catch(report);
  const log = liveLog({ slug: subject.slug, signal: context.signal, compact: true });
  return h('div', { class: 'workbench' }, made, tryIt(subject, context), log);
}

function moduleCard(subject) {
  const list = h('div', {});
  subject.redraw = () => patch(list, moduleFacts(subject.data));
  subject.redraw();
  return card('Module', { actions: [button('Download', { sign: 'download', onclick: () => downloadModule(subject) })] }, list, drop(subject, 'Upload the next version'));
}

function moduleFacts({ moduleSha256, moduleSize, version, traffic }) {
  return facts([
    ['Kind', 'WebAssembly component'],
    ['Version', String(traffic?.live ?? version ?? '–')],
    ['Size', bytes(moduleSize)],
    ['SHA-256', h('code', { class: 'break' }, moduleSha256 ?? '–')],
  ]);
}

async function downloadModule({ path, data, slug }) {
  const version = data.traffic?.live ?? data.version;
  const response = await call('GET', `${path}/versions/${version}/module`, { raw: true });
  save(response.data, `${slug}-${version}.wasm`, 'application/wasm');
}

/** Deploys a file as the next version. */
function drop(subject, label) {
  return dropZone(label, async (file, progress) => {
    const sent = await upload(`${subject.path}/module`, file, { contentType: 'application/wasm', headers: subject.ifMatch(), progress });
    await subject.reload();
    notify(`${subject.slug} runs version ${sent.function?.version ?? ''}`.trim());
  });
}

async function sourceCard(subject, context) {
  subject.redraw = undefined;
  const { createEditor } = await import('../../editor/index.js');
  const problem = h('div', {});
  const state = h('span', { class: 'faint', role: 'status' }, 'No changes');
  let deployed = subject.data.code ?? '';
  const canary = h('select', { class: 'input input-small', 'aria-label': 'Share of requests for the new version' }, [
    h('option', { value: '' }, 'All requests'),
    [50, 25, 10, 1].map((share) => h('option', { value: share }, `${share} % (canary)`)),
    h('option', { value: 0 }, 'Only by name'),
  ]);
  const changed = () => editor.code() !== deployed;
  const mark = () => {
    state.textContent = changed() ? 'Not deployed' : 'No changes';
    state.classList.toggle('dirty', changed());
  };
  const deploy = button('Deploy', { kind: 'primary', onclick: () => deployIt() });
  const editor = createEditor({ code: deployed, label: `Code of ${subject.slug}`, onchange: mark, onsave: () => busy(deploy, deployIt) });

  async function deployIt(headers = subject.ifMatch()) {
    const code = editor.code();
    patch(problem);
    editor.clear();
    try {
      const share = canary.value;
      const { data } = await call('PUT', subject.path, { json: { code }, headers, query: { canary: share } });
      await subject.reload();
      deployed = code;
      mark();
      const words = share === '' ? 'is live' : `gets ${share} % of requests`;
      const made = share === '' ? data.function?.version : data.function?.traffic?.canary?.version;
      notify(`Version ${made ?? ''} of ${subject.slug} ${share === '0' ? 'can be called by name' : words}`);
    } catch (error) {
      await refused(error, code);
    }
  }

  async function refused(error, code) {
    if (error.code === 'FUNCTION_CHANGED') {
      const choice = await conflict(subject, { code });
      if (choice === 'mine') {
        return deployIt(subject.ifMatch());
      }
      if (choice === 'theirs') {
        deployed = subject.data.code ?? '';
        editor.set(deployed);
      }
      return undefined;
    }
    if (error.name !== 'ApiError') {
      throw error;
    }
    const fault = error.code === 'INVALID_SOURCE' && place(error.message);
    patch(problem, fault ? sourceFault(fault, error, editor) : failure(error));
    if (fault) {
      editor.show({ ...fault, message: error.message });
      announce(`Not deployed. Line ${fault.line}: ${fault.summary}`);
    }
    return undefined;
  }

  context.guard(changed);
  context.signal.addEventListener('abort', () => editor.destroy());
  const foot = h('div', { class: 'bench-foot' }, state, h('div', { class: 'actions' }, canary, deploy));
  const other = h('details', { class: 'disclosure' }, h('summary', {}, 'Replace it by a WebAssembly component'), drop(subject, 'Upload a component'));
  return card(undefined, { class: 'card-flush', 'aria-label': 'Code' }, editor.element, h('div', { class: 'bench-below' }, problem, foot, other));
}

function sourceFault({ line, column }, error, editor) {
  return h(
    'div',
    { class: 'notice notice-bad', role: 'alert' },
    h(
      'div',
      { class: 'notice-body' },
      h('p', { class: 'notice-title' }, `Line ${line}, column ${column}: not deployed, the version before goes on`),
      h('pre', { class: 'mono', tabindex: '0' }, error.message),
      h('div', { class: 'actions' }, button(`Go to line ${line}`, { onclick: () => editor.show({ line, column, message: error.message }) })),
    ),
  );
}
