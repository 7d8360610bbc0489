import { h } from '../../dom/element.js';
import { patch } from '../../dom/patch.js';
import { call } from '../../api/client.js';
import { upload } from '../../api/upload.js';
import { bytes } from '../../logic/format.js';
import { notify } from '../../ui/announce.js';
import { button } from '../../ui/button.js';
import { dropZone } from '../../ui/drop.js';
import { save } from '../../ui/file.js';
import { card, facts } from '../../ui/page.js';

/** A function that is a WebAssembly component: what is known of it, and a place for its next version. */
export function moduleCard(subject) {
  const list = h('div', {});
  subject.redraw = () => patch(list, moduleFacts(subject.data));
  subject.redraw();
  const actions = [button('Download', { sign: 'download', onclick: () => downloadModule(subject) })];
  return card('Module', { actions }, list, moduleDrop(subject, 'Upload the next version'));
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

/** A place to drop a component that becomes the function's next version. */
export function moduleDrop(subject, label) {
  return dropZone(label, async (file, progress) => {
    const options = { contentType: 'application/wasm', headers: subject.ifMatch(), progress };
    const sent = await upload(`${subject.path}/module`, file, options);
    await subject.reload();
    notify(`${subject.slug} runs version ${sent.function?.version ?? ''}`.trim());
  });
}
