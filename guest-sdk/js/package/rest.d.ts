/** What a filter compares with. */
export type Filter = string | number | bigint | boolean | null | Date;

/**
 * A request for rows of a table. Nothing is sent before it is awaited; awaited, it gives the rows. Each method returns the query itself.
 */
export interface Query<R = any> extends PromiseLike<R[]> {
  /** Which columns come back, as PostgREST writes them: `id,title,author(name)`. All, without this. */
  select(columns: string): Query<R>;
  /** Only rows whose column is equal to the value. */
  eq(column: string, value: Filter): Query<R>;
  /** Only rows whose column is not equal to the value. */
  neq(column: string, value: Filter): Query<R>;
  /** Only rows whose column is greater than the value. */
  gt(column: string, value: Filter): Query<R>;
  /** Only rows whose column is greater than or equal to the value. */
  gte(column: string, value: Filter): Query<R>;
  /** Only rows whose column is less than the value. */
  lt(column: string, value: Filter): Query<R>;
  /** Only rows whose column is less than or equal to the value. */
  lte(column: string, value: Filter): Query<R>;
  /** Only rows whose column is like the pattern, in which `*` stands for any text. */
  like(column: string, pattern: string): Query<R>;
  /** The same, whatever the case of its letters. */
  ilike(column: string, pattern: string): Query<R>;
  /** Only rows whose column is null, true or false. */
  is(column: string, value: null | boolean): Query<R>;
  /** Only rows whose column is among the values. */
  in(column: string, values: Iterable<Filter>): Query<R>;
  /** Only rows for which an operator of PostgREST's holds: `filter('tags', 'cs', '{news}')`. */
  filter(column: string, operator: string, value: Filter): Query<R>;
  /** Only rows for which one of the conditions holds, as PostgREST writes them: `id.eq.1,title.like.A*`. */
  or(conditions: string): Query<R>;
  /** In which order: `id.asc`, `title.desc.nullslast,id`. */
  order(columns: string): Query<R>;
  /** So many rows at most. */
  limit(rows: number): Query<R>;
  /** Without the first so many rows. */
  offset(rows: number): Query<R>;
  /** Any other parameter of PostgREST's. */
  parameter(name: string, value: string): Query<R>;
  /** In another of the schemas that PostgREST exposes. */
  schema(name: string): Query<R>;
  /** As the platform. Needs the grant `"rest": "service"`. */
  asService(): Query<R>;
  /** Adds a row, or each row of an array. Awaited, it gives what was added. */
  insert(rows: object | readonly object[]): Query<R>;
  /** Adds rows, or changes those whose primary key is there already. */
  upsert(rows: object | readonly object[]): Query<R>;
  /** Changes columns of the rows that the filters let through; of all rows, without a filter. */
  update(change: object): Query<R>;
  /** Removes the rows that the filters let through; all rows, without a filter. */
  delete(): Query<R>;
  /** The first row, if there is one. */
  first(): Promise<R | undefined>;
  /** The first row; a `RestError` with `no-row` if there is none. */
  one(): Promise<R>;
  /** How many rows there are, without fetching them. */
  count(): Promise<number>;
  /** Writes, and wants nothing back. */
  execute(): Promise<void>;
  /** The response as it came. A refusal is a `RestError`. */
  send(): Promise<Response>;
}

/** A call of a function of the database's. Awaited, it gives what that returns. */
export interface Call<R = any> extends PromiseLike<R> {
  /** In another of the schemas that PostgREST exposes. */
  schema(name: string): Call<R>;
  /** As the platform. Needs the grant `"rest": "service"`. */
  asService(): Call<R>;
  /** The response as it came. A refusal is a `RestError`. */
  send(): Promise<Response>;
}

/**
 * The database over HTTP: PostgREST, under the identity of whoever called the function.
 *
 * ```js
 * const posts = await rest.from('posts').select('id,title').eq('author', author).order('id.desc').limit(2);
 * ```
 */
export const rest: {
  /** A request for rows of a table. */
  from<R = any>(table: string): Query<R>;
  /** A call of the database's function `name` with named arguments. */
  rpc<R = any>(name: string, args?: object): Call<R>;
  /**
   * Sends any request that PostgREST understands: a path with a query, `/posts?select=id`. The header `authorization` is the
   * host's to write; `GET`, `HEAD` and `OPTIONS` have no body. A response of any status is not an error here.
   */
  send(path: string, init?: RequestInit & { asService?: boolean }): Promise<Response>;
};
