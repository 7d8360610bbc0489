// Streams, after the Streams standard: the package web-streams-polyfill.
import * as streams from 'web-streams-polyfill';
import { define } from '../global.js';

for (const [name, value] of Object.entries(streams)) define(name, value);

// The package makes the iterators' prototype itself.
const iterator = new streams.ReadableStream().values();
const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
Object.setPrototypeOf(Object.getPrototypeOf(iterator), AsyncIteratorPrototype);

/** Whether anything was read of a stream, or it was cancelled. */
export const isDisturbed = (stream) => stream._disturbed;

export const { ReadableStream, TransformStream, WritableStream } = streams;
