/** What the platform answered in place of what was asked for. */
export class ApiError extends Error {
  /** `status` is 0 where there was no answer at all. */
  constructor(status, code, message, nextActions) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.nextActions = nextActions;
  }

  /** Of an answer that is no success. Its body may be anything, for a proxy may have written it. */
  static of(status, text) {
    const body = parsed(text);
    const message = issues(body?.message) ?? body?.message ?? body?.error ?? `The server answered ${status}`;
    return new ApiError(status, body?.code ?? body?.error ?? 'HTTP_ERROR', String(message), body?.nextActions);
  }

  /** Of a request that got no answer. */
  static unreachable(cause) {
    const error = new ApiError(0, 'UNREACHABLE', 'The server does not answer. Is it running?');
    error.cause = cause;
    return error;
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The faults of a body, which `INVALID_INPUT` has as JSON in its message, a line each. */
function issues(message) {
  const list = typeof message === 'string' && message.startsWith('[') ? parsed(message) : undefined;
  return Array.isArray(list)
    ? list.map((issue) => [issue.path?.join('.'), issue.message].filter(Boolean).join(': ')).join('\n')
    : undefined;
}
