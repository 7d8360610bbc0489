import { h } from '../../dom/element.js';
import { report } from '../../boundary.js';
import { liveLog } from '../../ui/live_log.js';
import { moduleCard } from './module.js';
import { sourceCard } from './source.js';
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
      subject.redraw = undefined;
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
