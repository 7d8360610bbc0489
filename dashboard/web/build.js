// Bundles the dashboard into a folder of static files. Scripts and styles have their hash in their names, so that
// browsers may keep them for ever; the editor is a file of its own, which only the pages that need it load.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [, , outdir = '../dist'] = process.argv;

await mkdir(outdir, { recursive: true });
for (const old of await readdir(outdir)) {
  // What keeps the folder in the repository stays.
  if (!old.startsWith('.')) {
    await rm(join(outdir, old), { recursive: true });
  }
}

const { metafile } = await build({
  entryPoints: { app: 'src/main.js', style: 'src/styles/index.css' },
  outdir,
  entryNames: 'assets/[name]-[hash]',
  chunkNames: 'assets/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  charset: 'utf8',
  legalComments: 'linked',
  metafile: true,
  // The paths in the result are those that the server answers.
  publicPath: '/dashboard/',
});

/** The name that the result of an entry point got. */
function output(entry) {
  const [path] = Object.entries(metafile.outputs).find(([, made]) => made.entryPoint === entry);
  return path.slice(path.lastIndexOf('assets/'));
}

const page = (await readFile('src/index.html', 'utf8'))
  .replace('{{script}}', output('src/main.js'))
  .replace('{{style}}', output('src/styles/index.css'));
await writeFile(join(outdir, 'index.html'), page);
await copyFile('src/icon.svg', join(outdir, 'icon.svg'));
