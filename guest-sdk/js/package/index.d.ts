/// <reference path="./globals.d.ts" />

/**
 * What the platform offers to functions beside the web's own interfaces. A function gets it with
 * `import { sql, kv } from 'wasmforge'`; nothing has to be installed or bundled for that.
 *
 * @packageDocumentation
 */

export { ai } from './ai.js';
export type { Chat, ChatOptions, Completion, Image, Message, Usage } from './ai.js';
export * from './errors.js';
export type { Context, Handler } from './handler.js';
export { kv } from './kv.js';
export type { Bucket as KvBucket } from './kv.js';
export { auth, config, cors, env, files, functions, log, realtime } from './platform.js';
export type { Caller, Directory, LogLine, User } from './platform.js';
export { rest } from './rest.js';
export type { Call, Filter, Query } from './rest.js';
export { sql } from './sql.js';
export type { Column, Identifier, Json, Parameter, Row, Rows, Sql, Statement, Tag } from './sql.js';
export { storage } from './storage.js';
export type { Bucket, BucketInfo, ByteRange, List, ObjectInfo, Page, StoredObject, UploadBody } from './storage.js';
