import { h } from '../../dom/element.js';
import { patch } from '../../dom/patch.js';
import { call } from '../../api/client.js';
import { session } from '../../api/session.js';
import { place } from '../../logic/place.js';
import { announce, notify } from '../../ui/announce.js';
import { busy, button } from '../../ui/button.js';
import { card } from '../../ui/page.js';
import { failure } from '../../ui/state.js';
import { conflict } from './conflict.js';
import { moduleDrop } from './module.js';

/** How many of the requests a new version gets. */
const SHARES = [
  ['', 'All requests'],
  [50, '50 % (canary)'],
  [25, '25 % (canary)'],
  [10, '10 % (canary)'],
  [1, '1 % (canary)'],
  [0, 'Only by name'],
];

/** A function that is JavaScript or TypeScript: its editor. */
export async function sourceCard(subject, context) {
  const { createEditor } = await import('../../editor/index.js');
  const source = new Source(subject, createEditor);
  context.guard(() => source.isChanged());
  context.signal.addEventListener('abort', () => source.leave());
  return source.card();
}

/** What was being written when a session ended, by slug: whoever signs in again finds it. */
const drafts = new Map();

class Source {
  constructor(subject, createEditor) {
    this.subject = subject;
    this.deployed = subject.data.code ?? '';
    this.problem = h('div', {});
    this.state = h('span', { class: 'faint', role: 'status' }, 'No changes');
    this.button = button('Deploy', { kind: 'primary', onclick: () => this.deploy() });
    this.share = h(
      'select',
      { class: 'input input-small', 'aria-label': 'Share of requests for the new version' },
      SHARES.map(([value, label]) => h('option', { value }, label)),
    );
    const draft = drafts.get(subject.slug);
    drafts.delete(subject.slug);
    this.editor = createEditor({
      code: draft ?? this.deployed,
      label: `Code of ${subject.slug}`,
      onchange: () => this.mark(),
      onsave: () => busy(this.button, () => this.deploy()),
    });
    this.mark();
  }

  /** Ends with its page. */
  leave() {
    if (!session() && this.isChanged()) {
      drafts.set(this.subject.slug, this.editor.code());
    }
    this.editor.destroy();
  }

  card() {
    const { editor, problem, state, share, subject } = this;
    const other = h(
      'details',
      { class: 'disclosure' },
      h('summary', {}, 'Replace it by a WebAssembly component'),
      moduleDrop(subject, 'Upload a component'),
    );
    const foot = h('div', { class: 'bench-foot' }, state, h('div', { class: 'actions' }, share, this.button));
    const below = h('div', { class: 'bench-below' }, problem, foot, other);
    return card(undefined, { class: 'card-flush', 'aria-label': 'Code' }, editor.element, below);
  }

  isChanged() {
    return this.editor.code() !== this.deployed;
  }

  /** Says whether there is something to deploy. */
  mark() {
    const changed = this.isChanged();
    this.state.textContent = changed ? 'Not deployed' : 'No changes';
    this.state.classList.toggle('dirty', changed);
  }

  async deploy() {
    const { subject, editor } = this;
    const [code, share] = [editor.code(), this.share.value];
    patch(this.problem);
    editor.clear();
    try {
      const query = { canary: share };
      const { data } = await call('PUT', subject.path, { json: { code }, headers: subject.ifMatch(), query });
      await subject.reload();
      this.deployed = code;
      this.mark();
      const made = share === '' ? data.function?.version : data.function?.traffic?.canary?.version;
      notify(deployed(subject.slug, made, share));
    } catch (error) {
      await this.refused(error, code);
    }
  }

  async refused(error, code) {
    if (error.code === 'FUNCTION_CHANGED') {
      return this.settle(await conflict(this.subject, { code }));
    }
    if (error.name !== 'ApiError') {
      throw error;
    }
    const fault = error.code === 'INVALID_SOURCE' && place(error.message);
    patch(this.problem, fault ? this.faultAt(fault, error) : failure(error));
    if (fault) {
      this.editor.show({ ...fault, message: error.message });
      announce(`Not deployed. Line ${fault.line}: ${fault.summary}`);
    }
    return undefined;
  }

  /** Does what somebody has decided about two changes at once. */
  settle(choice) {
    if (choice === 'theirs') {
      this.deployed = this.subject.data.code ?? '';
      this.editor.set(this.deployed);
    }
    return choice === 'mine' ? this.deploy() : undefined;
  }

  faultAt({ line, column }, { message }) {
    const show = () => this.editor.show({ line, column, message });
    return h(
      'div',
      { class: 'notice notice-bad', role: 'alert' },
      h(
        'div',
        { class: 'notice-body' },
        h('p', { class: 'notice-title' }, `Line ${line}, column ${column}: not deployed, the version before goes on`),
        h('pre', { class: 'mono', tabindex: '0' }, message),
        h('div', { class: 'actions' }, button(`Go to line ${line}`, { onclick: show })),
      ),
    );
  }
}

function deployed(slug, version, share) {
  const became = { '': 'is live', 0: 'can be called by name' }[share] ?? `gets ${share} % of requests`;
  return `Version ${version ?? ''} of ${slug} ${became}`;
}
