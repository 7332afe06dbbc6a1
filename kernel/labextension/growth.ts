import type { Figure, FigureView } from "./figure";

/* Browser code: figures that grow by parts, which the kernel sends through a comm (kernel/display/growth.ts). */

/** Names the comm, and metadata of the figures that parts are for. */
export const growthTarget = "gradbook.figures";
const growingKey = "gradbook_growing";

/** Points of one trace from the given one on, in place of those that stood there. */
interface Addition {
	trace: number;
	from: number;
	x: unknown[];
	y: unknown[];
}

/** What the kernel sends. */
interface Message {
	id: string;
	revision?: number;
	parts?: Addition[];
	ended?: boolean;
}

/** A whole picture that is shown somewhere. */
interface Shown {
	id: string;
	revision: number;
	figure: Figure;
}

/** What has come of each display since its last whole picture, and where such pictures are shown. */
const additions = new Map<string, { revision: number; traces: Map<number, Addition> }>();
const shown = new Map<FigureView, Shown>();

/** Shows a whole picture, with the parts that came before it was drawn. */
export async function showGrowing(
	view: FigureView,
	figure: Figure,
	metadata: Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
	const named = metadata?.[growingKey] as { id: string; revision: number } | undefined;
	if (named === undefined) {
		shown.delete(view);
		return view.show(figure);
	}
	const whole = { ...named, figure };
	shown.set(view, whole);
	return view.show(withAdditions(whole));
}

export function forgetGrowing(view: FigureView): void {
	shown.delete(view);
}

/** A message of the kernel: remembers the parts and draws them where their picture is shown. */
export function receiveParts({ id, revision = 0, parts = [], ended }: Message): void {
	if (ended === true) {
		additions.delete(id);
		return;
	}
	let kept = additions.get(id);
	if (kept === undefined || kept.revision !== revision) {
		kept = { revision, traces: new Map() };
		additions.set(id, kept);
	}
	for (const part of parts) kept.traces.set(part.trace, joined(kept.traces.get(part.trace), part));
	for (const [view, whole] of shown) {
		if (whole.id === id && whole.revision === revision) void view.show(withAdditions(whole));
	}
}

function joined(before: Addition | undefined, part: Addition): Addition {
	if (before === undefined || part.from <= before.from) return part;
	const stay = part.from - before.from;
	const join = (old: unknown[], added: unknown[]) => [...old.slice(0, stay), ...added];
	return { ...before, x: join(before.x, part.x), y: join(before.y, part.y) };
}

function withAdditions({ id, revision, figure }: Shown): Figure {
	const kept = additions.get(id);
	if (kept === undefined || kept.revision !== revision) return figure;
	const data = ((figure.data ?? []) as Record<string, unknown[]>[]).map((trace, index) => {
		const added = kept.traces.get(index);
		if (added === undefined) return trace;
		const join = (old: unknown[] = [], values: unknown[] = []) => [...old.slice(0, added.from), ...values];
		return { ...trace, x: join(trace.x, added.x), y: join(trace.y, added.y) };
	});
	return { ...figure, data };
}
