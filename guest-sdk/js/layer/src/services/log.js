import { native } from '../native.js';

const emit = native.services.log;

/** A line of the level; levels count from 0. */
function line(level) {
  return (message, fields) => {
    const pairs = [];
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (value !== undefined) pairs.push(name, written(value));
    }
    emit(level, String(message), pairs);
  };
}

/** Fields are texts: what is none is written as it reads best. */
function written(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value === null || typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

export const log = Object.freeze({
  trace: line(0),
  debug: line(1),
  info: line(2),
  warn: line(3),
  error: line(4),
});
