import { native } from '../native.js';
import { here, settled } from './call.js';
import { AiError } from './errors.js';

const host = native.services.ai;

/** A chat. Awaited, it is asked for a whole answer; iterated, for an answer in parts. */
class Chat {
  #asked;
  #stack = here();
  #whole;
  #source;
  #end;

  constructor(options) {
    this.#asked = JSON.stringify(asked(options));
  }

  then(fulfilled, rejected) {
    this.#whole ??= settled(AiError, () => host.chat(this.#asked), this.#stack);
    return this.#whole.then(fulfilled, rejected);
  }

  catch(rejected) {
    return this.then(undefined, rejected);
  }

  finally(work) {
    return this.then().finally(work);
  }

  async *[Symbol.asyncIterator]() {
    const source = await settled(AiError, () => host.stream(this.#asked), this.#stack);
    this.#source = source;
    try {
      for (;;) {
        const text = await settled(AiError, () => source.next());
        if (text === undefined) return;
        yield text;
      }
    } finally {
      this.#end = source.completion();
      source.close();
    }
  }

  /** What is known of an answer that comes in parts. */
  get completion() {
    return this.#end ?? this.#source?.completion();
  }
}

/** What is asked for, as the native reads it. Members that it does not know go to the endpoint as they are. */
function asked({ model, messages = [], system, user, temperature, maxTokens, tools, ...extra }) {
  if (typeof model !== 'string') throw new TypeError('a chat needs the name of a model');
  const said = [...messages];
  if (system !== undefined) said.unshift({ role: 'system', content: system });
  if (user !== undefined) said.push({ role: 'user', content: user });
  return { model, messages: said, temperature, maxTokens, tools, extra };
}

export const ai = Object.freeze({
  chat: (options) => new Chat(options),

  async embed({ model, input }) {
    const inputs = typeof input === 'string' ? [input] : Array.from(input, String);
    return settled(AiError, () => host.embed(String(model), inputs));
  },

  async image({ model, prompt, size, count = 1 }) {
    return settled(AiError, () => host.image(String(model), String(prompt), size, count));
  },
});
