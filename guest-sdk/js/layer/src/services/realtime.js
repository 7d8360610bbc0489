import { native } from '../native.js';
import { settled } from './call.js';
import { RealtimeError } from './errors.js';

const host = native.services.realtime;

export const realtime = Object.freeze({
  async publish(channel, event, payload = {}) {
    const json = JSON.stringify(payload);
    if (json === undefined) throw new RealtimeError('the payload cannot be sent', { code: 'invalid-json' });
    return settled(RealtimeError, () => host.publish(String(channel), String(event), json));
  },
});
