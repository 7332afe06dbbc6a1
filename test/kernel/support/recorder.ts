import type { Json, MimeBundle, OutputTarget } from "../../../dist/kernel/display";

export type Event =
	| { kind: "stream"; name: string; text: string }
	| { kind: "display"; id: string | undefined; bundle: MimeBundle; metadata?: Record<string, Json> }
	| { kind: "update"; id: string; bundle: MimeBundle; metadata?: Record<string, Json> }
	| { kind: "clear"; wait: boolean };

/** An output that remembers what was shown. */
export class Recorder implements OutputTarget {
	readonly events: Event[] = [];
	constructor(readonly rich = true) {}
	stream(name: "stdout" | "stderr", text: string): void {
		this.events.push({ kind: "stream", name, text });
	}
	display(bundle: MimeBundle, options: { displayId?: string; metadata?: Record<string, Json> } = {}): void {
		this.events.push({ kind: "display", id: options.displayId, bundle, metadata: options.metadata });
	}
	update(displayId: string, bundle: MimeBundle, metadata?: Record<string, Json>): void {
		this.events.push({ kind: "update", id: displayId, bundle, metadata });
	}
	clear(wait: boolean): void {
		this.events.push({ kind: "clear", wait });
	}

	/** The bundles shown and updated, in order. */
	get bundles(): MimeBundle[] {
		return this.events.flatMap((event) => ("bundle" in event ? [event.bundle] : []));
	}

	/** The last state of every display, in the order in which they were first shown. */
	get page(): MimeBundle[] {
		const shown = new Map<string, MimeBundle>();
		for (const event of this.events) if ("bundle" in event) shown.set(event.id ?? `${shown.size}`, event.bundle);
		return [...shown.values()];
	}
}

/** A text that breaks out of HTML, attributes, scripts and terminals where it is not escaped. */
export const hostile = `"'><img src=x onerror="alert(1)"></script><script>alert(2)</script>&lt;\u001b[31m`;
