/** What the client's `realtime.connect()` opens. It stays open, and an instance is there for one request. */
export function io() {
  throw new Error(
    "a function has no realtime connection; to publish, import { realtime } from 'wasmforge' and call realtime.publish(channel, event, payload)",
  );
}
