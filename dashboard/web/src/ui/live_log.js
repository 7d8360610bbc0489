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
/** How near the end, in pixels, counts as being there. */
const END = 40;
const STATES = { connecting: 'Connecting', live: 'Live', waiting: 'Connection lost, trying again', paused: 'Paused' };
const LEVELS = [
  ['', 'All levels'],
  ['debug', 'Debug and above'],
  ['info', 'Info and above'],
  ['warn', 'Warnings and errors'],
  ['error', 'Errors'],
];
const LINES = { invocation: invocationLine, dropped: droppedLine };

/** What functions write, as they write it: of one (`slug`) or of all. The last lines of before come first. */
export function liveLog({ slug, signal, compact = false }) {
  return new LiveLog(slug, signal).card(compact);
}

class LiveLog {
  #ring = new Ring(MOST);
  #list = h('ol', { class: 'lines mono' });
  #problem = h('div', {});
  #state = h('span', { class: 'live', role: 'status' });
  #isPaused = false;
  #isPlanned = false;
  #connection = 'connecting';
  #stop = new AbortController();

  constructor(slug, signal) {
    this.slug = slug;
    this.signal = signal;
    const nothing = slug ? 'Nothing written yet. Send a request, and its lines appear here.' : 'Nothing written yet.';
    this.blank = h('p', { class: 'faint lines-empty' }, nothing);
    const name = 'Lines of the log, newest last';
    const properties = { class: 'lines-scroll', tabindex: '0', role: 'group', 'aria-label': name };
    this.scroller = h('div', properties, this.#list, this.blank);
    this.level = h(
      'select',
      { class: 'input input-small', 'aria-label': 'Level', onchange: () => (this.#clear(), this.#start()) },
      LEVELS.map(([value, label]) => h('option', { value }, label)),
    );
  }

  card(compact) {
    const pause = button('Pause', { 'aria-pressed': 'false', onclick: () => this.#pause(pause) });
    const clear = button('Clear', { onclick: () => this.#clear() });
    this.#start();
    const actions = [this.#state, this.level, pause, clear];
    const classes = `card-flush live-log ${compact ? 'bench-log' : ''}`;
    return card('Live log', { class: classes, actions }, this.#problem, this.scroller);
  }

  #start() {
    this.#say('connecting');
    this.#follow().catch(report);
  }

  async #follow() {
    this.#stop.abort();
    this.#stop = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#stop.signal]);
    const query = { slug: this.slug, level: this.level.value };
    patch(this.#problem);
    const last = await this.#before(query, signal);
    const on = {
      event: ({ event, data }) => this.#add({ event, ...JSON.parse(data) }),
      state: (name) => this.#say(name),
      refused: (error) =>
        patch(
          this.#problem,
          failure(error, () => this.#start()),
        ),
    };
    await follow('/api/logs/stream', query, on, signal, last);
  }

  /** Shows the last lines of before. Gives the id of the newest, after which the stream begins. */
  async #before(query, signal) {
    try {
      const { lines } = await get('/api/logs/lines', { ...query, limit: BEFORE }, signal);
      const last = lines[0]?.id;
      lines.reverse().forEach((line) => this.#add(line));
      return last;
    } catch (error) {
      if (error.name !== 'ApiError') {
        throw error;
      }
      // The stream is there also where nothing is kept, and says itself where it is not.
      return undefined;
    }
  }

  #add(entry) {
    this.#ring.add(entry);
    if (!this.#isPlanned && !this.#isPaused) {
      this.#isPlanned = true;
      // As many as come within one frame are drawn at once.
      requestAnimationFrame(() => this.#draw());
    }
  }

  #draw() {
    this.#isPlanned = false;
    const { entries } = this.#ring;
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    const options = { withSlug: !this.slug };
    patch(
      this.#list,
      entries.map((entry) => (LINES[entry.event] ?? logLine)(entry, options)),
    );
    this.blank.hidden = entries.length > 0;
    if (scrollHeight - scrollTop - clientHeight < END) {
      this.scroller.scrollTop = this.scroller.scrollHeight;
    }
  }

  #pause(pressed) {
    this.#isPaused = !this.#isPaused;
    pressed.setAttribute('aria-pressed', String(this.#isPaused));
    this.#say(this.#connection);
    this.#draw();
    announce(this.#isPaused ? `Paused at ${plural(this.#ring.entries.length, 'line')}` : 'Going on');
  }

  #clear() {
    this.#ring.clear();
    this.#draw();
  }

  #say(connection) {
    this.#connection = connection;
    const shown = this.#isPaused ? 'paused' : connection;
    this.#state.textContent = STATES[shown];
    this.#state.dataset.state = shown;
  }
}
