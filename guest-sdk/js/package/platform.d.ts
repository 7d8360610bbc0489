/** Whom a credential speaks for. */
export interface Caller {
  /** Nobody in particular; a user who signed in; an admin, or the holder of an API key. */
  readonly role: 'anon' | 'authenticated' | 'project_admin';
  /** The user's id, or an admin's name. Keys have none. */
  readonly subject?: string;
  /** The user's address. */
  readonly email?: string;
  /** All claims of a token; of a key, `role` alone. */
  readonly claims: Record<string, any>;
}

/** A user, as the platform's sessions show it. */
export interface User {
  /** The id, a UUID. */
  readonly id: string;
  /** The address. */
  readonly email: string;
  /** Whether the address was confirmed. */
  readonly emailVerified: boolean;
  /** When the user signed up: RFC 3339 in UTC. */
  readonly createdAt: string;
  /** When the user changed last. */
  readonly updatedAt: string;
  /** What the user shows to others. */
  readonly profile: any;
  /** What the platform keeps of the user. */
  readonly metadata: any;
}

/** Who calls. Every call may throw an `AuthError`. */
export const auth: {
  /** The caller of this invocation; `anon` where the request has no credential. A credential that is not good is an error. */
  caller(): Promise<Caller>;
  /** The user who calls; undefined where the caller is not one who signed in, or is gone. */
  user(): Promise<User | undefined>;
  /** Checks a credential that came otherwise than with the request: an API key, an anonymous key, or a token. */
  verify(credential: string): Promise<Caller>;
};

/** Messages to everybody who listens on a channel. */
export const realtime: {
  /** Publishes an event on a channel; its payload is an object. The message's id, or a `RealtimeError`. */
  publish(channel: string, event: string, payload?: object): Promise<string>;
};

/** A line of the log. Fields are written as text, objects as JSON; undefined ones are left out. */
export type LogLine = (message: string, fields?: Record<string, unknown>) => void;

/**
 * The function's log: lines with a level and fields. Logging never waits and never fails. `console` writes to the same log, without fields.
 *
 * ```js
 * log.info('paid', { order: 7, amount: '12.50' });
 * ```
 */
export const log: {
  /** What happens step by step. */
  trace: LogLine;
  /** What helps to find a fault. */
  debug: LogLine;
  /** What happened. */
  info: LogLine;
  /** What somebody should look at. */
  warn: LogLine;
  /** What failed. */
  error: LogLine;
};

/** A directory of files, which go by their paths in it. Every call may throw a `FilesError`. */
export interface Directory {
  /** A file as UTF-8. */
  text(path: string): Promise<string>;
  /** A file as JSON. */
  json<T = any>(path: string): Promise<T>;
  /** A file. */
  bytes(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The names in a directory, in order; those of directories end with a slash. */
  list(path?: string): Promise<string[]>;
}

/** Files: what the function was deployed with, to read, and a place of its own to write. */
export const files: Directory & {
  /** Empty at first and gone after the invocation. Needs the grant `"files": {"scratchMib": 16}`. */
  readonly scratch: Directory & {
    /** Writes a file, or replaces it. */
    write(path: string, value: string | ArrayBuffer | ArrayBufferView): Promise<void>;
    /** Writes at the end of a file. */
    append(path: string, value: string | ArrayBuffer | ArrayBufferView): Promise<void>;
    /** Removes a file. */
    remove(path: string): Promise<void>;
  };
};

/**
 * Other functions, called within the process. The other one has limits of its own; its time ends with the caller's. It sees the
 * caller's caller: `authorization` and `x-api-key` are passed on, unless the request that is sent has one of them.
 */
export const functions: {
  /**
   * Sends a request to a function; both bodies stream. The path follows the function's name: `/items?a=1` arrives as
   * `/<slug>/items?a=1`. Of a `Request` or a URL, path and query count.
   */
  call(slug: string, request?: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** Posts a value as JSON and reads the answer as JSON. An answer that is no success is a `FunctionsError`. */
  invoke<T = any>(slug: string, value?: unknown): Promise<T>;
};

/** Settings, as the project has them: secrets and variables. */
export const config: {
  /** The value of a setting, if it is set. */
  get(name: string): string | undefined;
  /** Every setting. */
  all(): Record<string, string>;
};

/** The same settings as an environment. */
export const env: {
  /** The value of a variable, if it is set. */
  get(name: string): string | undefined;
  /** The value of a variable; a `ConfigError` that names it if it is not set. */
  require(name: string): string;
  /** Every variable. */
  all(): Record<string, string>;
};

/**
 * What a browser asks before a page of another origin may call a function.
 *
 * ```js
 * export default async (request) => cors.allow(cors.preflight(request) ?? (await answer(request)), 'POST');
 * ```
 */
export const cors: {
  /** The answer to a preflight request, if this is one: a `204` that `allow` completes. */
  preflight(request: Request): Response | undefined;
  /** Lets pages of any origin read the answer and send `methods`, such as `GET, POST`, with a content type and a credential. Cookies are not let through. */
  allow(response: Response, methods: string): Response;
};
