import './deno.js';
import './process.js';
