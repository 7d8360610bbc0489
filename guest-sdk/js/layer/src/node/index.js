// Those of Node's modules that code for the web leans on.
import * as assert from './assert.js';
import * as buffer from './buffer.js';
import * as crypto from './crypto/index.js';
import * as events from './events.js';
import * as path from './path.js';
import * as process from './process.js';
import * as querystring from './querystring.js';
import * as types from './types.js';
import * as url from './url.js';
import * as util from './util.js';
import { defineModule } from '../modules.js';

defineModule('node:assert', assert);
defineModule('node:assert/strict', { ...assert, ...assert.strict, default: assert.strict });
defineModule('node:buffer', buffer);
defineModule('node:crypto', crypto);
defineModule('node:events', events);
defineModule('node:path', path);
defineModule('node:path/posix', path);
defineModule('node:process', process);
defineModule('node:querystring', querystring);
defineModule('node:url', url);
defineModule('node:util', util);
defineModule('node:util/types', types);
