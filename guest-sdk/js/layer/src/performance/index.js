// `performance`, after the High Resolution Time, Performance Timeline and User Timing standards.
import { cloned } from '../clone/index.js';
import { EventTarget } from '../events/target.js';
import { define } from '../global.js';
import { dictionary, expose, required } from '../idl/index.js';
import { now, timeOrigin } from './clock.js';

const OWN = Symbol('entry');

export class PerformanceEntry {
  #members;

  constructor(own = undefined, members = undefined) {
    if (own !== OWN) throw new TypeError('Illegal constructor');
    this.#members = members;
  }

  get name() {
    return this.#members.name;
  }

  get entryType() {
    return this.#members.entryType;
  }

  get startTime() {
    return this.#members.startTime;
  }

  get duration() {
    return this.#members.duration;
  }

  toJSON() {
    const { name, entryType, startTime, duration } = this.#members;
    return { name, entryType, startTime, duration };
  }
}

const copyOf = (detail) => (detail === undefined || detail === null ? null : cloned(detail, []).copy);

export class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(name, options = undefined) {
    required(arguments.length, 1, 'PerformanceMark');
    const { startTime: given, detail } = dictionary(options, 'PerformanceMark');
    const startTime = given === undefined ? now() : Number(given);
    if (startTime < 0) throw new TypeError('PerformanceMark: the start time is negative');
    super(OWN, { name: `${name}`, entryType: 'mark', startTime, duration: 0 });
    this.#detail = copyOf(detail);
  }

  get detail() {
    return this.#detail;
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(own = undefined, members = undefined, detail = undefined) {
    super(own, members);
    this.#detail = copyOf(detail);
  }

  get detail() {
    return this.#detail;
  }
}

export class Performance extends EventTarget {
  #entries = [];

  constructor(own = undefined) {
    if (own !== OWN) throw new TypeError('Illegal constructor');
    super();
  }

  get timeOrigin() {
    this.#entries;
    return timeOrigin();
  }

  now() {
    this.#entries;
    return now();
  }

  mark(name, options = undefined) {
    required(arguments.length, 1, 'Performance.mark');
    const mark = new PerformanceMark(name, options);
    this.#entries.push(mark);
    return mark;
  }

  measure(name, startOrOptions = undefined, endMark = undefined) {
    required(arguments.length, 1, 'Performance.measure');
    const given = typeof startOrOptions === 'object' && startOrOptions !== null ? startOrOptions : undefined;
    const { start, end, duration, detail } = given ?? { start: startOrOptions, end: endMark };
    if (given && endMark !== undefined) throw new TypeError('Performance.measure: an end beside options');
    if (start !== undefined && end !== undefined && duration !== undefined) {
      throw new TypeError('Performance.measure: a start, an end and a duration');
    }
    let to = end === undefined ? undefined : this.#time(end);
    const from = this.#start(start, to, duration);
    to ??= duration === undefined ? now() : from + Number(duration);
    const members = { name: `${name}`, entryType: 'measure', startTime: from, duration: to - from };
    const measure = new PerformanceMeasure(OWN, members, detail);
    this.#entries.push(measure);
    return measure;
  }

  #start(start, end, duration) {
    if (start !== undefined) return this.#time(start);
    return duration !== undefined && end !== undefined ? end - Number(duration) : 0;
  }

  /** The time of a mark, or itself. */
  #time(mark) {
    if (typeof mark === 'number') {
      if (mark < 0) throw new TypeError('Performance.measure: a time is negative');
      return mark;
    }
    const name = `${mark}`;
    const found = this.#entries.findLast((entry) => entry.entryType === 'mark' && entry.name === name);
    if (!found) throw new DOMException(`There is no mark ${JSON.stringify(name)}`, 'SyntaxError');
    return found.startTime;
  }

  clearMarks(name = undefined) {
    this.#clear('mark', name);
  }

  clearMeasures(name = undefined) {
    this.#clear('measure', name);
  }

  #clear(type, name) {
    const goes = (entry) => entry.entryType === type && (name === undefined || entry.name === `${name}`);
    this.#entries = this.#entries.filter((entry) => !goes(entry));
  }

  getEntries() {
    return this.#entries.toSorted((a, b) => a.startTime - b.startTime);
  }

  getEntriesByType(type) {
    required(arguments.length, 1, 'Performance.getEntriesByType');
    return this.getEntries().filter((entry) => entry.entryType === `${type}`);
  }

  getEntriesByName(name, type = undefined) {
    required(arguments.length, 1, 'Performance.getEntriesByName');
    const fits = (entry) => entry.name === `${name}` && (type === undefined || entry.entryType === `${type}`);
    return this.getEntries().filter(fits);
  }

  toJSON() {
    this.#entries;
    return { timeOrigin: timeOrigin() };
  }
}

expose({ PerformanceEntry, PerformanceMark, PerformanceMeasure, Performance });
define('performance', new Performance(OWN));
