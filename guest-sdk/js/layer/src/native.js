/* global native -- the parameter of the function that the bundle is wrapped in */
const engine = native;

/** What the engine does for the layer: one object per area. */
export { engine as native };
