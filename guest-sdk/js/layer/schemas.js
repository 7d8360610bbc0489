// The client for InsForge takes two things from `@insforge/shared-schemas`: error codes, and the names of sign-in providers. The rest of
// that package makes some hundred validators, megabytes of objects that nothing here ever asks. So the package is evaluated
// when the layer is built, and the layer gets what came out.
const NAME = '@insforge/shared-schemas';

/** An esbuild plugin. What the client takes beside these two is an error of the build. */
export const schemas = {
  name: 'evaluated schemas',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${NAME}$`) }, () => ({ path: NAME, namespace: 'schemas' }));
    build.onLoad({ filter: /.*/, namespace: 'schemas' }, async () => {
      const { ERROR_CODES, oAuthProvidersSchema } = await import(NAME);
      const { options } = oAuthProvidersSchema;
      return {
        contents: `
          export const ERROR_CODES = ${JSON.stringify(ERROR_CODES)};
          export const oAuthProvidersSchema = ${JSON.stringify({ options })};`,
        loader: 'js',
      };
    });
  },
};
