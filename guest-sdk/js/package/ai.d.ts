/** One message of a conversation. */
export interface Message {
  /** Who speaks. */
  role: 'system' | 'user' | 'assistant' | 'tool';
  /** The text, or parts as the endpoint takes them: texts, images. */
  content?: string | readonly object[] | null;
  /** The calls that an assistant made, as {@link Completion.toolCalls} has them. */
  toolCalls?: readonly object[];
  /** Which call a tool answers. */
  toolCallId?: string;
}

/** What is asked for. Other members, such as `response_format` or `seed`, go to the endpoint as they are. */
export interface ChatOptions {
  /** The endpoint's name of the model. */
  model: string;
  /** The conversation, oldest first. */
  messages?: readonly Message[];
  /** What the model is there for: a message before the others. */
  system?: string;
  /** A question: a message after the others. */
  user?: string;
  /** How freely the model speaks, 0 to 2. */
  temperature?: number;
  /** Tokens of the answer at most. */
  maxTokens?: number;
  /** Tools that the model may call, as the endpoint takes them. */
  tools?: readonly object[];
  [extra: string]: unknown;
}

/** Tokens that were used; zero where the endpoint does not say. */
export interface Usage {
  /** Those sent. */
  readonly prompt: number;
  /** Those that came back. */
  readonly completion: number;
}

/** An answer. */
export interface Completion {
  /** Its text; empty if the model only called tools. */
  readonly text: string;
  /** The tools that the model calls, as the endpoint writes them. */
  readonly toolCalls?: any[];
  /** Why it ended: `stop`, `length`, `tool_calls`, or what the endpoint calls it. */
  readonly finishReason?: string;
  /** The model that answered, where the endpoint says. */
  readonly model?: string;
  /** What it took. */
  readonly usage: Usage;
}

/**
 * A chat. Nothing is sent before it is awaited or iterated.
 *
 * Awaited, it waits for the whole answer. Iterated with `for await`, it gives the answer's text as it comes, and ends it where the loop is left.
 */
export interface Chat extends PromiseLike<Completion>, AsyncIterable<string> {
  /** Of an answer that is iterated: what is known so far; after its end, everything. */
  readonly completion: Completion | undefined;
  /** As of any promise. */
  catch<T = never>(rejected?: (reason: any) => T | PromiseLike<T>): Promise<Completion | T>;
  /** As of any promise. */
  finally(work?: () => void): Promise<Completion>;
}

/** An image: its bytes, in the format that the model makes, or where it can be fetched for a while. */
export type Image =
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly url?: undefined }
  | { readonly url: string; readonly bytes?: undefined };

/**
 * Language models. The platform has the endpoint and its key; the grant says which models, `"ai": {"models": ["openai/gpt-4o-mini"]}`.
 *
 * ```js
 * const { text } = await ai.chat({ model: 'openai/gpt-4o-mini', user: 'What is tea?' });
 * for await (const part of ai.chat({ model: 'openai/gpt-4o-mini', user: 'Tell me a story.' })) write(part);
 * ```
 */
export const ai: {
  /** Begins a chat. */
  chat(options: ChatOptions): Chat;
  /** Turns a text, or 1 to 2048 of them, into vectors: one for each, in order. */
  embed(options: { model: string; input: string | readonly string[] }): Promise<{ vectors: number[][]; usage: Usage }>;
  /** Describes images to a model: one without `count`, else 1 to 10; `size` such as `1024x1024`. */
  image(options: { model: string; prompt: string; size?: string; count?: number }): Promise<Image[]>;
};
