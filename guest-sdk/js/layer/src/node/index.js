// Those of Node's modules that code for the web leans on. Nothing of them is global.
import buffer from 'buffer';
import path from 'path-browserify';
import { process } from '../env/process.js';
import { defineModule } from '../modules.js';
import * as assert from './assert.js';
import * as crypto from './crypto/index.js';
import { EventEmitter } from './events.js';
import * as querystring from './querystring.js';
import * as url from './url.js';
import * as util from './util/index.js';

const { Buffer, SlowBuffer, INSPECT_MAX_BYTES, kMaxLength } = buffer;
const { atob, btoa, Blob, File } = globalThis;

defineModule('node:buffer', { Buffer, SlowBuffer, INSPECT_MAX_BYTES, kMaxLength, constants: { MAX_LENGTH: kMaxLength }, atob, btoa, Blob, File });
defineModule('node:crypto', crypto);
defineModule('node:querystring', querystring);
defineModule('node:url', url);
defineModule('node:util', util);
defineModule('node:util/types', util.types);
defineModule('node:path', { ...path, posix: path }, path);
defineModule('node:path/posix', { ...path, posix: path }, path);
defineModule('node:events', { ...EventEmitter, EventEmitter }, EventEmitter);
defineModule('node:assert', assert, assert.ok);
defineModule('node:assert/strict', assert.strict, assert.strict);

const { nextTick, cwd, argv, platform, version, versions, hrtime, emitWarning, exit, uptime } = process;
defineModule('node:process', { nextTick, cwd, argv, platform, version, versions, hrtime, emitWarning, exit, uptime }, process);
