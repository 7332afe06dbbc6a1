import { liftInputs } from "../../autograd/node";
import { native, otherHandles } from "../../core/native";
import { setOtherText } from "../../core/printing";
import { setLeafMade, Tensor } from "../../core/tensor";
import { lift, noteLeaf, widen } from "./edges";
import { byEntries } from "./entries";
import { indexing } from "./indexing";
import { layers } from "./layers";
import { entries, isBatched, type Level, type Rule } from "./level";
import { pointwise } from "./pointwise";
import { products } from "./products";
import { random, toDraw } from "./random";
import { reductions } from "./reductions";
import { shapes } from "./shapes";

const rules = new Map<string, Rule>(
	Object.entries({ ...pointwise, ...shapes, ...reductions, ...products, ...indexing, ...layers, ...random }),
);

/** Rows that have a rule; the others are done for one entry after the other. For tests. */
export const ruled: ReadonlySet<string> = new Set(rules.keys());

/** The innermost vmap that an argument belongs to. */
function deepest(args: readonly unknown[]): Level | null {
	let found: Level | null = null;
	for (const arg of args) {
		const level = isBatched(arg) ? arg.level : Array.isArray(arg) ? deepest(arg) : null;
		if (level !== null && (found === null || level.depth > found.depth)) found = level;
	}
	return found;
}

function dispatch(row: string, args: unknown[]): [unknown] | null {
	const level = deepest(args);
	if (level === null) return null;
	const rule = rules.get(row);
	const result = rule === undefined ? entries : rule(level, args, row);
	return [result === entries ? byEntries(level, row, args) : result];
}

let ready = false;

/** Says to the addon, and to those who print, what a vmap's tensors are; only once there is one. */
export function prepare(): void {
	if (ready) return;
	ready = true;
	native.setOtherHandles(dispatch);
	otherHandles.widen = widen;
	otherHandles.toDraw = toDraw;
	liftInputs.by = lift;
	setLeafMade(noteLeaf);
	setOtherText((x, textOf) => {
		const handle: unknown = x.handle;
		if (!isBatched(handle)) return null;
		const inner = textOf(new Tensor(handle.inner)).replaceAll("\n", "\n    ");
		return `BatchedTensor(lvl=${handle.level.depth}, bdim=0, value=\n    ${inner}\n)`;
	});
}

export { enter, leave } from "./edges";
export { Level, NotTogether, type Randomness, running } from "./level";
export { allDrawsKnown, randomnessError, undoDraws, watchDraws } from "./random";
