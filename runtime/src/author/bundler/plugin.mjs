// How esbuild finds what functions import and npm does not know.
import { builtin, parsePackage } from './specifiers.mjs';

const REMOTE = 'remote';
const BUILT_IN = 'built-in';

/**
 * @param {object} options
 * @param {import('./specifiers.mjs').Known} options.known
 * @param {import('./remote.mjs').Remote} options.remote
 * @param {import('./npm.mjs').Npm} options.npm
 * @param {string} options.folder of the function
 * @returns {import('esbuild').Plugin}
 */
export function functionImports({ known, remote, npm, folder }) {
  return {
    name: 'function-imports',
    setup(build) {
      leaveBuiltins(build, known);
      build.onResolve({ filter: /^npm:/ }, async (args) => {
        const asked = parsePackage(args.path.slice(4));
        if (!asked) return refuse(`${args.path} names no package`);
        const from = args.resolveDir || folder;
        return resolveIn(build, args, asked, await npm.folderOf(asked, from));
      });
      build.onResolve({ filter: /^jsr:/ }, (args) => resolveJsr(build, args, folder));
      build.onResolve({ filter: /^node:/ }, (args) => {
        return refuse(`${args.path} is not there: of Node's modules a function has ${known.node.join(', ')}`);
      });
      bundleRemote(build, remote);
    },
  };
}

function refuse(text) {
  return { errors: [{ text }] };
}

/** The engine's own modules stay imports. A `require` of one, which the engine has not, becomes an import of it. */
function leaveBuiltins(build, known) {
  build.onResolve({ filter: /^[@\w]/ }, (args) => {
    const name = builtin(args.path, known);
    if (!name) return undefined;
    if (args.kind !== 'require-call') return { path: name, external: true };
    return { path: name, namespace: BUILT_IN };
  });
  build.onLoad({ filter: /.*/, namespace: BUILT_IN }, ({ path }) => {
    const from = JSON.stringify(path);
    return { contents: `import * as all from ${from};\nmodule.exports = all.default ?? all;`, loader: 'js' };
  });
}

async function resolveIn(build, args, { name, path }, resolveDir) {
  const { importer, kind } = args;
  const found = await build.resolve(name + path, { kind, importer, resolveDir });
  if (found.errors.length) return { errors: found.errors };
  return { path: found.path, namespace: found.namespace, external: found.external, suffix: found.suffix };
}

async function resolveJsr(build, args, folder) {
  const asked = parsePackage(args.path.slice(4));
  if (!asked) return refuse(`${args.path} names no package`);
  const found = await resolveIn(build, args, asked, args.resolveDir || folder);
  if (!found.errors) return found;
  return refuse(`${args.path} is not in node_modules: add it with \`npx jsr add ${asked.name}\``);
}

/** Modules of the web: what they import is found from their own addresses, and never on this machine. */
function bundleRemote(build, remote) {
  build.onResolve({ filter: /^https?:/ }, (args) => ({ path: args.path, namespace: REMOTE }));
  build.onResolve({ filter: /^[./]/, namespace: REMOTE }, async (args) => {
    const { url } = await remote.load(args.importer);
    return { path: new URL(args.path, url).href, namespace: REMOTE };
  });
  build.onResolve({ filter: /.*/, namespace: REMOTE }, (args) => {
    if (/^(npm|jsr|node|data):/.test(args.path)) return undefined;
    return refuse(`${args.path} is neither an address nor a module that every function has`);
  });
  build.onLoad({ filter: /.*/, namespace: REMOTE }, async (args) => {
    try {
      const { contents, loader } = await remote.load(args.path);
      return { contents, loader };
    } catch (error) {
      return refuse(error.message);
    }
  });
}
