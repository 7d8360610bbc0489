import EventEmitter from 'events';

EventEmitter.getEventListeners = getEventListeners;
EventEmitter.on = on;

export const { once, listenerCount, defaultMaxListeners } = EventEmitter;

/** The functions that listen. */
export function getEventListeners(emitter, name) {
  return emitter.listeners(name);
}

/** Yields the arguments of every emission, until an error, or until the consumer stops. */
export async function* on(emitter, name, { signal } = {}) {
  const waiting = [];
  let wake = () => {};
  let failure;
  const receive = (...values) => {
    waiting.push(values);
    wake();
  };
  const fail = (error) => {
    failure = { error };
    wake();
  };
  const abort = () => fail(signal.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', abort, { once: true });
  emitter.on(name, receive);
  emitter.on('error', fail);
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift();
      if (failure) throw failure.error;
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    emitter.removeListener(name, receive);
    emitter.removeListener('error', fail);
  }
}

export { EventEmitter };
export default EventEmitter;
