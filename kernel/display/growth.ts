import { type Comm, setTarget } from "./comm";
import { shared } from "./shared";

/*
 * Figures that grow by parts. A page that can put them together (labextension/growth.ts) says so by opening one comm, whose id
 * and target both have this name: parts are sent once, to whatever pages there are. A page that is loaded later, or
 * again, asks which comms are open and listens to the same one.
 */
export const growthTarget = "gradbook.figures";

/** Points of one trace from the given one on, in place of those that stood there before. */
export interface Addition {
	/** Its place in the figure's `data`. */
	trace: number;
	from: number;
	x: (number | null)[];
	y: (number | null)[];
}

/** Metadata of a whole picture to which parts will be added: they name the same id and revision. */
export const growingKey = "gradbook_growing";

const pages = shared("growing figures", () => ({ comm: undefined as Comm | undefined }));

setTarget(growthTarget, (comm) => {
	pages.comm = comm;
});

/** Whether any page has said that it can put parts together. */
export function partsAreWelcome(): boolean {
	return pages.comm !== undefined && !pages.comm.closed;
}

/** Adds to the picture of this id and revision on all pages. */
export function sendParts(id: string, revision: number, parts: readonly Addition[]): void {
	pages.comm?.send({ id, revision, parts });
}

/** No more parts of this display: pages forget those that they keep. */
export function endParts(id: string): void {
	pages.comm?.send({ id, ended: true });
}
