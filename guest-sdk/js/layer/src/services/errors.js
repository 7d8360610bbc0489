/**
 * What a service did not do, and why. Uncaught, it answers the request with its `status` and its message.
 *
 * What belongs to one service only is beside `code` and `status`, such as the `sqlstate` of a `SqlError`.
 */
export class ServiceError extends Error {
  constructor(message, { code = 'other', status = 500, details, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    Object.assign(this, details);
  }
}

/** An error class of one service. */
function kind(name) {
  const Kind = { [name]: class extends ServiceError {} }[name];
  Object.defineProperty(Kind.prototype, 'name', { value: name, writable: true, configurable: true });
  return Kind;
}

Object.defineProperty(ServiceError.prototype, 'name', { value: 'ServiceError', writable: true, configurable: true });

export const AiError = kind('AiError');
export const AuthError = kind('AuthError');
export const ConfigError = kind('ConfigError');
export const FilesError = kind('FilesError');
export const FunctionsError = kind('FunctionsError');
export const KvError = kind('KvError');
export const RealtimeError = kind('RealtimeError');
export const RestError = kind('RestError');
export const SqlError = kind('SqlError');
export const StorageError = kind('StorageError');
