// Bundles a function and what it imports into one ES module. Reads its options from standard input as JSON, writes the
// result to standard output as JSON: `{ code, inputs }` or `{ problems }`.
import { dirname, join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { Lock } from './lock.mjs';
import { Npm } from './npm.mjs';
import { functionImports } from './plugin.mjs';
import { Remote } from './remote.mjs';

const options = JSON.parse(await text(process.stdin));
const esbuild = await import(pathToFileURL(join(options.esbuild, 'lib/main.js')));
const folder = dirname(options.entry);
const lock = await Lock.read(options.lock);
const remote = new Remote(join(options.cache, 'remote'), lock);
const npm = new Npm(join(options.cache, 'npm'), lock);

/** What `exports.default` and `module.exports` are to a function, for an entry that has no `export`. */
const COMMON_JS = `import main from ENTRY;
export default typeof main === 'function' || typeof main?.fetch === 'function' ? main : main?.default;`;

function settings(entry) {
  return {
    ...entry,
    absWorkingDir: folder,
    outfile: join(folder, 'function.js'),
    write: false,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    target: 'es2023',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    plugins: [functionImports({ known: options.known, remote, npm, folder })],
  };
}

async function bundle() {
  const result = await esbuild.build(settings({ entryPoints: [options.entry] }));
  const main = Object.values(result.metafile.inputs).at(-1);
  const entry = result.metafile.inputs[relative(folder, options.entry)] ?? main;
  if (entry.format !== 'cjs') return result;
  const contents = COMMON_JS.replace('ENTRY', () => JSON.stringify(options.entry));
  return esbuild.build(settings({ stdin: { contents, resolveDir: folder, sourcefile: 'wasmforge:entry' } }));
}

/** A place counts its column from 1, in UTF-16 units; esbuild's from 0, in bytes. */
function problem({ text: message, location }) {
  if (!location) return { message };
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
  const isFile = !location.namespace || location.namespace === 'file';
  const file = isFile ? resolve(folder, location.file) : location.file.replace(/^remote:/, '');
  return { message, file, line: location.line, column, lineText: location.lineText };
}

async function run() {
  try {
    const result = await bundle();
    await lock.write();
    const files = Object.keys(result.metafile.inputs).filter((input) => !/^[\w-]+:/.test(input));
    const inputs = files.map((input) => resolve(folder, input));
    return { code: result.outputFiles[0].text, inputs };
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    return { problems: error.errors.map(problem) };
  }
}

process.stdout.write(JSON.stringify(await run()));
await esbuild.stop();
