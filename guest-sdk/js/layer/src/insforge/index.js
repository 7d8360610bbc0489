// The client for InsForge, in the version that the lock file pins.
import * as sdk from '@insforge/sdk';
import { define } from '../global.js';
import { defineModule } from '../modules.js';

define('createClient', sdk.createClient);
defineModule('@insforge/sdk', sdk);
