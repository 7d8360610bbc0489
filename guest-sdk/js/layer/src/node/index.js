// Those of Node's modules that code for the web leans on.
import * as querystring from './querystring.js';
import { defineModule } from '../modules.js';

defineModule('node:querystring', querystring);
