import { native } from '../native.js';
import { settled } from './call.js';
import { AuthError } from './errors.js';

const host = native.services.auth;

export const auth = Object.freeze({
  caller: () => settled(AuthError, () => host.caller()),
  user: () => settled(AuthError, () => host.user()),
  verify: (credential) => settled(AuthError, () => host.verify(String(credential))),
});
