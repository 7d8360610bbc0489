// What functions have without an import, beside the web's own interfaces: `"types": ["wasmforge/globals"]` in a tsconfig.json.

/** The part of Deno that functions have. */
declare const Deno: {
  /** The function's environment: its secrets and settings. */
  readonly env: {
    /** The value of a variable, if it is set. */
    get(name: string): string | undefined;
  };
};

/** Makes a client for InsForge: database, storage, users, functions. The same as `import { createClient } from '@insforge/sdk'`. */
declare const createClient: typeof import('@insforge/sdk').createClient;

/** Bytes, or a text as UTF-8, in base64. */
declare function encodeBase64(data: ArrayBuffer | Uint8Array | string): string;

/** The bytes of a text in base64. */
declare function decodeBase64(text: string): Uint8Array<ArrayBuffer>;
