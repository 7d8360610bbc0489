import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { get } from '../api/client.js';
import { follow } from '../api/events.js';
import { report } from '../boundary.js';
import { Ring } from '../logic/ring.js';
import { plural } from '../logic/format.js';
import { announce } from './announce.js';
import { button } from './button.js';
import { droppedLine, invocationLine, logLine } from './log_line.js';
import { card } from './page.js';
import { failure } from './state.js';

const MOST = 500;
const BEFORE = 50;
const STATES = { connecting: 'Connecting', live: 'Live', waiting: 'Connection lost, trying again', paused: 'Paused' };
const LINES = { invocation: invocationLine, dropped: droppedLine };
const LEVELS = [['', 'All levels'], ['debug', 'Debug and above'], ['info', 'Info and above'], ['warn', 'Warnings and errors'], ['error', 'Errors']];

/** What functions write, as they write it: of one (`slug`) or of all. The last lines of before come first. */
export function liveLog({ slug, signal, compact = false }) {
  const ring = new Ring(MOST);
  const list = h('ol', { class: 'lines mono' });
  const problem = h('div', {});
  const state = h('span', { class: 'live', role: 'status' });
  const blank = h('p', { class: 'faint lines-empty' }, slug ? 'Nothing written yet. Send a request, and its lines appear here.' : 'Nothing written yet.');
  const scroller = h('div', { class: 'lines-scroll', tabindex: '0', role: 'group', 'aria-label': 'Lines of the log, newest last' }, list, blank);
  let paused = false;
  let planned = false;
  let stop = new AbortController();

  const draw = () => {
    planned = false;
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
    const options = { withSlug: !slug };
    patch(list, ring.entries.map((entry) => (LINES[entry.event] ?? logLine)(entry, options)));
    blank.hidden = ring.entries.length > 0;
    if (atEnd) {
      scroller.scrollTop = scroller.scrollHeight;
    }
  };
  const add = (entry) => {
    ring.add(entry);
    if (!planned && !paused) {
      planned = true;
      // As many as come within one frame are drawn at once.
      requestAnimationFrame(draw);
    }
  };
  const say = (name) => {
    state.textContent = STATES[paused ? 'paused' : name];
    state.dataset.state = paused ? 'paused' : name;
  };
  const begin = async () => {
    stop.abort();
    stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const query = { slug, level: level.value };
    patch(problem);
    let last;
    try {
      const { lines } = await get('/api/logs/lines', { ...query, limit: BEFORE }, both);
      last = lines[0]?.id;
      lines.reverse().forEach(add);
    } catch (error) {
      if (error.name !== 'ApiError') {
        throw error;
      }
      // The stream says the same, and may be there where the table is not.
    }
    const on = {
      event: ({ event, data }) => add({ event, ...JSON.parse(data) }),
      state: say,
      refused: (error) => patch(problem, failure(error, () => begin())),
    };
    await follow('/api/logs/stream', query, on, both, last);
  };
  const restart = () => begin().catch(report);
  const level = h('select', { class: 'input input-small', 'aria-label': 'Level', onchange: () => (ring.clear(), draw(), restart()) }, LEVELS.map(([value, label]) => h('option', { value }, label)));
  const pause = button('Pause', { 'aria-pressed': 'false', onclick: () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    say('live');
    draw();
    announce(paused ? `Paused at ${plural(ring.entries.length, 'line')}` : 'Live');
  } });
  const clear = button('Clear', { onclick: () => (ring.clear(), draw()) });
  say('connecting');
  restart();
  const actions = [state, level, pause, clear];
  return card('Live log', { class: `card-flush live-log ${compact ? 'bench-log' : ''}`, actions }, problem, scroller);
}
