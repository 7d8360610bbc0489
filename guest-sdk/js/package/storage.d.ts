/** What is known of an object. */
export interface ObjectInfo {
  /** Its name in the bucket. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Its media type. */
  readonly contentType?: string;
  /** Changes with its bytes. */
  readonly etag?: string;
  /** When it was last written. */
  readonly uploadedAt: Date;
  /** The user who created it. */
  readonly uploadedBy?: string;
}

/** What is known of a bucket. */
export interface BucketInfo {
  /** Its name. */
  readonly name: string;
  /** Whether everybody may read its objects. */
  readonly public: boolean;
}

/** An object that is being read. Its body is read once, as that of a `Response` is. */
export interface StoredObject extends ObjectInfo {
  /** The first byte of the body in the object, and how many there are. */
  readonly range: { readonly first: number; readonly length: number };
  /** Its bytes, or the range that was asked for, as they come. */
  readonly body: ReadableStream<Uint8Array>;
  /** All of the body. */
  bytes(): Promise<Uint8Array>;
  /** All of the body as UTF-8. */
  text(): Promise<string>;
  /** All of the body as JSON. */
  json<T = any>(): Promise<T>;
  /** A response that passes the body on, with its media type and its length. */
  response(init?: ResponseInit): Response;
}

/** Which bytes of an object: from one to another, both included; from one to the end; the last so many. */
export type ByteRange = { first: number; last?: number } | { suffix: number };

/** What can be kept: bytes at hand, or bytes as they come. */
export type UploadBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Request
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Some of a bucket's objects, in the order of their keys. */
export interface Page {
  /** The objects. */
  readonly objects: ObjectInfo[];
  /** What to give as `after` for the next page; missing on the last one. */
  readonly next?: string;
}

/** Awaited, one page; iterated with `for await`, every object. */
export interface List extends PromiseLike<Page>, AsyncIterable<ObjectInfo> {}

/** A bucket. Having one does not mean that it exists. Every operation may throw a `StorageError`. */
export interface Bucket {
  /** The same bucket for the platform itself, past row-level security. Needs the grant `"storage": {"as": "service"}`. */
  asService(): Bucket;
  /**
   * Writes an object, or replaces it. It is there as a whole once this is done, and not at all if it fails.
   *
   * The media type is that of `options`, or of the blob, request or response. A stream never has to fit into the function's memory.
   */
  upload(key: string, body: UploadBody, options?: { contentType?: string }): Promise<ObjectInfo>;
  /** Reads an object. In a public bucket everybody may. */
  download(key: string, options?: { range?: ByteRange }): Promise<StoredObject>;
  /** What is known of an object. */
  head(key: string): Promise<ObjectInfo>;
  /** Lists objects: those whose keys begin with `prefix` and come after `after`, at most `limit` in a page, 1 to 1000 and 100 without it. */
  list(options?: { prefix?: string; after?: string; limit?: number }): List;
  /** Deletes an object, or several, one after the other. */
  remove(key: string | readonly string[]): Promise<void>;
  /** Copies an object within the bucket, replacing what is there. */
  copy(from: string, to: string): Promise<ObjectInfo>;
  /** A URL that anybody can read the object with for 1 to 604,800 seconds, an hour without `seconds`. */
  signedUrl(key: string, seconds?: number): Promise<string>;
  /** What is known of the bucket. */
  info(): Promise<BucketInfo>;
}

/**
 * Files that the platform keeps, with row-level security.
 *
 * ```js
 * const photos = storage.bucket('photos');
 * await photos.upload('cats/1.jpg', request);
 * return (await photos.download('cats/1.jpg')).response();
 * ```
 */
export const storage: {
  /** A bucket, as the caller of the function. */
  bucket(name: string): Bucket;
};
