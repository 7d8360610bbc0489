import EventEmitter from 'events';

const { once, listenerCount, defaultMaxListeners } = EventEmitter;

EventEmitter.getEventListeners = getEventListeners;

/** The functions that listen. */
export function getEventListeners(emitter, name) {
  return emitter.listeners(name);
}

export { EventEmitter, once, listenerCount, defaultMaxListeners };
export default EventEmitter;
