/**
 * The engine, loaded by the first view that computes with it. A kernel whose notebook never uses it starts without.
 */
export function engine(): typeof import("../../engine") {
	return require("../../engine") as typeof import("../../engine");
}
