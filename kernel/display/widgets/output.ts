import { plotlyMimeType } from "../figure/figure";
import { runCallback } from "../host";
import type { Json, MimeBundle } from "../mime";
import { currentOutput, type Output as OutputTarget, type ShownError } from "../output";
import { outputArea, widgetClass } from "./define";
import { json, text } from "./trait";
import { Widget } from "./widget";

/** One output, as a notebook's file keeps it. */
export type OutputItem =
	| { output_type: "stream"; name: "stdout" | "stderr"; text: string }
	| { output_type: "display_data"; data: MimeBundle; metadata: Record<string, Json> }
	| ({ output_type: "error" } & ShownError);

/** Shortest time between two pictures, in milliseconds: pages draw an output area anew with each. */
const pictureMs = 100;
/** How long the outputs of one call are gathered, so that a page does not draw half of them, in milliseconds. */
const gatherMs = 250;
/** Text of one stream that is kept, in UTF-16 units: all of it goes to the pages with every change. */
const longestText = 200_000;

interface OutputProperties {
	/** What it shows. */
	outputs: readonly OutputItem[];
	/** Not used by this kernel: the outputs themselves are sent. */
	msgId: string;
}

/**
 * A place for output inside a layout: what `out.run(fn)` prints, shows and throws stands in it, also what comes later from
 * timers and promises that `fn` starts.
 */
export class Output extends widgetClass<Widget, OutputProperties>(Widget, {
	name: "Output",
	module: outputArea,
	traits: {
		outputs: json<readonly OutputItem[]>([]),
		msgId: text(),
	},
}) {
	#items: OutputItem[] = [...this.outputs];
	/** Outputs by their display ids. */
	readonly #displays = new Map<string, Extract<OutputItem, { data: MimeBundle }>>();
	#clearNext = false;
	#heldUntil = 0;

	/**
	 * Runs `body` with its output going here; an error is shown here too, and `run` gives undefined then. `clear` empties
	 * the area when the first output of the call comes, or when there was none.
	 *
	 * @example out.run(() => console.log("inside"), { clear: true });
	 */
	run<T>(body: () => T, { clear = false }: { clear?: boolean } = {}): T | undefined {
		if (clear) this.begin();
		const result = runCallback(this.target(), body);
		if (!clear) return result;
		if (typeof (result as { then?: unknown } | undefined)?.then !== "function") this.end();
		else {
			const end = () => this.end();
			(result as unknown as Promise<unknown>).then(end, end);
		}
		return result;
	}

	/** A function that does what `fn` does, with its output going here. */
	capture<A extends unknown[], R>(
		fn: (...given: A) => R,
		options?: { clear?: boolean },
	): (...given: A) => R | undefined {
		return (...given) => this.run(() => fn(...given), options);
	}

	/** Empties it: now, or with `wait` when its next output comes (no flicker). */
	clearOutput({ wait = false }: { wait?: boolean } = {}): void {
		this.#clearNext = wait;
		if (!wait) this.#clear();
	}

	/** Shows a bundle or text in it, from anywhere. */
	append(item: OutputItem): void {
		this.#clearIfAsked();
		const last = this.#items.at(-1);
		if (item.output_type === "stream" && last?.output_type === "stream" && last.name === item.name) {
			last.text = lastPart(last.text + item.text);
		} else this.#items.push({ ...item });
		this.#changed();
	}

	/** Where to send what shall stand here. @internal */
	target(): OutputTarget {
		return new AreaTarget(this, currentOutput());
	}

	/** A call begins whose outputs take the place of those that are here. @internal */
	begin(): void {
		this.#clearNext = true;
		this.#heldUntil = performance.now() + gatherMs;
	}

	/** The call has ended. @internal */
	end(): void {
		this.#clearIfAsked();
		this.#heldUntil = 0;
		this.flush();
	}

	/** @internal */
	addDisplay(bundle: MimeBundle, metadata: Record<string, Json>, displayId: string | undefined): void {
		this.#clearIfAsked();
		const item = { output_type: "display_data" as const, data: bundle, metadata: this.#placed(bundle, metadata) };
		this.#items.push(item);
		if (displayId !== undefined) this.#displays.set(displayId, item);
		this.#changed();
	}

	/** Whether a display of this id is here. @internal */
	updateDisplay(displayId: string, bundle: MimeBundle, metadata: Record<string, Json>): boolean {
		const item = this.#displays.get(displayId);
		if (item === undefined) return false;
		item.data = bundle;
		item.metadata = { ...item.metadata, ...metadata };
		this.#changed();
		return true;
	}

	override toString(): string {
		return `Output(${this.#items.length} ${this.#items.length === 1 ? "output" : "outputs"})`;
	}

	protected override nextUpdate(sent: number): number {
		return Math.max(sent + pictureMs, this.#heldUntil);
	}

	protected override settle(next: Record<string, any>, _given: ReadonlySet<string>, first: boolean): void {
		// Before the fields of this class are there, the outputs are those of the options.
		if (!first) this.#items = [...next.outputs];
	}

	/** Names the place of a figure, so that pages change what is drawn there and do not draw anew (labextension/). */
	#placed(bundle: MimeBundle, metadata: Record<string, Json>): Record<string, Json> {
		if (bundle[plotlyMimeType] === undefined) return metadata;
		const before = this.#items.filter((item) => "data" in item && item.data[plotlyMimeType] !== undefined);
		return { ...metadata, gradbook_place: `${this.modelId} ${before.length}` };
	}

	#clearIfAsked(): void {
		if (this.#clearNext) this.#clear();
	}

	#clear(): void {
		this.#clearNext = false;
		this.#items = [];
		this.#displays.clear();
		this.#changed();
	}

	#changed(): void {
		this.replaceProperty("outputs", this.#items);
	}
}

/** Everything that one cell or callback shows inside an Output. */
class AreaTarget implements OutputTarget {
	readonly rich = true;

	constructor(
		private readonly area: Output,
		readonly inside: OutputTarget | undefined,
	) {}

	stream(name: "stdout" | "stderr", text: string): void {
		this.check();
		this.area.append({ output_type: "stream", name, text });
	}

	display(bundle: MimeBundle, options: { displayId?: string; metadata?: Record<string, Json> } = {}): void {
		this.check();
		this.area.addDisplay(bundle, options.metadata ?? {}, options.displayId);
	}

	update(displayId: string, bundle: MimeBundle, metadata: Record<string, Json> = {}): void {
		this.check();
		// A display that an earlier cell has shown elsewhere.
		if (!this.area.updateDisplay(displayId, bundle, metadata)) this.inside?.update(displayId, bundle, metadata);
	}

	clear(wait: boolean): void {
		this.check();
		this.area.clearOutput({ wait });
	}

	error(error: ShownError): void {
		this.area.append({ output_type: "error", ename: error.ename, evalue: error.evalue, traceback: error.traceback });
	}

	fork(): OutputTarget {
		return new AreaTarget(this.area, this.inside?.fork?.() ?? this.inside);
	}

	stop(): void {
		this.inside?.stop?.();
	}

	check(): void {
		this.inside?.check?.();
	}
}

function lastPart(text: string): string {
	return text.length <= longestText ? text : `[…]\n${text.slice(-longestText)}`;
}
