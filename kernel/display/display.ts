import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { formatValue, isShown, type LooseBundle, present, shownSymbol } from "./format";
import { displaySymbol, type Json, type MimeBundle } from "./mime";
import { currentOutput, type Output } from "./output";
import { terminal } from "./terminal";

export interface DisplayOptions {
	/** Id under which `updateDisplay` finds the output. Default: a new one. */
	id?: string;
	/** The value is a MIME bundle already. Default false. */
	raw?: boolean;
	/** Metadata of the output, by MIME type. */
	metadata?: Record<string, Json>;
}

/** An output on the page that can be replaced. As a cell's last expression it shows nothing more. */
export interface DisplayHandle {
	readonly id: string;
	/** Shows another value in the same place. */
	update(value: unknown, options?: Omit<DisplayOptions, "id">): void;
}

/** Where what is shown now goes: the running cell's output, or the terminal in a plain Node program. */
export function output(): Output {
	return currentOutput() ?? terminal();
}

/**
 * Shows a value in the output of the cell whose code is running; in a plain Node program its text goes to the terminal.
 *
 * @example const status = display("waiting"); status.update("done");
 */
export function display(value: unknown, options: DisplayOptions = {}): DisplayHandle {
	const target = output();
	const handle = new Handle(options.id ?? randomUUID(), target);
	if (isShown(value)) return value as DisplayHandle;
	put(value, options, (bundle, first) => {
		if (first) target.display(bundle, { displayId: handle.id, metadata: options.metadata });
		else target.update(handle.id, bundle, options.metadata);
	});
	return handle;
}

/** Replaces every output that was shown with this id. */
export function updateDisplay(id: string, value: unknown, options: Omit<DisplayOptions, "id"> = {}): void {
	const target = output();
	put(value, options, (bundle) => target.update(id, bundle, options.metadata));
}

/** Empties the output of the running cell: now, or with `wait` when its next output comes (no flicker). */
export function clearOutput({ wait = false }: { wait?: boolean } = {}): void {
	output().clear(wait);
}

/**
 * Something that shows itself: as a cell's last expression, or anywhere by `display(view)` or `view.show()`. In a plain
 * Node program `console.log(view)` prints its text form.
 */
export class View {
	readonly #make: () => LooseBundle;

	constructor(make: LooseBundle | (() => LooseBundle)) {
		this.#make = typeof make === "function" ? make : () => make;
	}

	/** All forms of it, by MIME type. */
	bundle(): MimeBundle {
		return formatValue(this);
	}

	show(options?: DisplayOptions): DisplayHandle {
		return display(this, options);
	}

	[displaySymbol](): LooseBundle {
		return this.#make();
	}

	[inspect.custom](): string {
		const text = this.#make()["text/plain"];
		return typeof text === "string" ? text : "View";
	}
}

class Handle implements DisplayHandle {
	readonly [shownSymbol] = true;
	readonly #output: Output;

	constructor(
		readonly id: string,
		output: Output,
	) {
		this.#output = output;
	}

	update(value: unknown, options: Omit<DisplayOptions, "id"> = {}): void {
		// Sent by the cell that runs now: front ends without a server leave out messages of cells that have ended.
		const target = currentOutput() ?? this.#output;
		put(value, options, (bundle) => target.update(this.id, bundle, options.metadata));
	}
}

function put(value: unknown, options: DisplayOptions, send: (bundle: MimeBundle, first: boolean) => void): void {
	const shown = options.raw ? { [displaySymbol]: () => value } : value;
	const { bundle, later } = present(shown);
	send(bundle, true);
	later?.then((bundle) => send(bundle, false));
}
