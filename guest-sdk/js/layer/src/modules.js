export function defineModule(name, namespace) {
  (globalThis.__modules ??= {})[name] = namespace;
}
