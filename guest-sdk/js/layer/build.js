// Bundles the layer into one script whose value is a function of the engine's natives.
import { build } from 'esbuild';
import { schemas } from './schemas.js';

const [, , outfile = 'dist/layer.js'] = process.argv;

await build({
  entryPoints: ['src/index.js'],
  outfile,
  bundle: true,
  format: 'iife',
  globalName: 'layer',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2023',
  charset: 'utf8',
  legalComments: 'none',
  banner: { js: '(function (native) {' },
  footer: { js: 'return layer.hooks; })' },
  plugins: [schemas],
  alias: {
    'socket.io-client': './src/insforge/socket.js',
    '@supabase/node-fetch': './src/insforge/fetch.js',
  },
  external: ['crypto'],
});
