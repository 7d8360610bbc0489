// What stands in for the client's own fetch of Node's, which it takes only where it was given none.
const { Headers, Request, Response } = globalThis;

export { Headers, Request, Response };
export default (...request) => fetch(...request);
