// The module `wasmforge`: what the platform offers beside the web's own interfaces.
import { defineModule } from '../modules.js';
import { ai } from './ai.js';
import { auth } from './auth.js';
import { config, env } from './config.js';
import { cors } from './cors.js';
import * as errors from './errors.js';
import { files } from './files.js';
import { functions } from './functions.js';
import { kv } from './kv.js';
import { log } from './log.js';
import { realtime } from './realtime.js';
import { rest } from './rest/index.js';
import { sql } from './sql/index.js';
import { storage } from './storage.js';

defineModule('wasmforge', { ai, auth, config, cors, env, files, functions, kv, log, realtime, rest, sql, storage, ...errors });
