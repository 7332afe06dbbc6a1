import { type DisplayHandle, display } from "../display";
import { shownSymbol } from "../format";
import { currentHost } from "../host";
import { type Abbreviation, controlFor, type Fixed, type ValueFor, type ValueWidget } from "./abbreviations";
import { VBox } from "./boxes";
import { Button } from "./controls";
import { Output } from "./output";
import { Widget } from "./widget";

export type Controls = Readonly<Record<string, Abbreviation>>;
/** The values that controls give to the function. */
export type ControlValues<C> = { -readonly [K in keyof C]: ValueFor<C[K]> };
/** The widgets that stand for abbreviations. */
export type ControlWidgets<C> = {
	-readonly [K in keyof C]: C[K] extends Widget | Fixed<unknown> ? C[K] : ValueWidget<ValueFor<C[K]>>;
};

export interface InteractOptions {
	/** Whether the function is called only when a button is pressed. Default false. */
	manual?: boolean;
	/** What stands on that button. Default "Run Interact". */
	manualName?: string;
	/** Whether the function is called while a slider is dragged (default), or when it is let go. */
	continuousUpdate?: boolean;
}

interface Call {
	/** How often the stop button had been obeyed when it began. */
	stops: number;
}

/** Shortest time between two calls, in milliseconds. */
const callMs = 100;
/** How much later than meant a timer may come; one that is later was taken away by the stop button. */
const timerSlackMs = 50;
/** Letters of a name that fit beside a control as pages draw it. */
const shortName = 10;

/**
 * Controls with an output area below them: whenever a control changes, the function is called with the values of all, and
 * what it returns, shows and prints takes the place of what was there. At most ten calls a second; a call begins when the one
 * before has ended, with the values of that moment. An error is shown in the area until the next call. A layout can hold
 * it like any widget.
 */
export class Interactive<const C extends Controls = Controls> extends VBox {
	/** The controls, by the names of their values. */
	readonly controls: ControlWidgets<C>;
	/** What the latest call returned (or its promise gave). */
	result: unknown;
	// `never`, so that an Interactive of any controls is an Interactive.
	readonly #fn: (values: never) => unknown;
	readonly #area = new Output();
	/** Widgets that were there before this one. */
	readonly #given: Set<unknown>;
	#leavesGiven = false;
	/** The call that is under way. */
	#call: Call | undefined;
	/** Whether values have changed since it began. */
	#again = false;
	#next = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(fn: (values: ControlValues<C>) => unknown, controls: C, options: InteractOptions = {}) {
		const { manual = false, manualName = "Run Interact", continuousUpdate = true } = options;
		if (typeof fn !== "function") throw new TypeError("[interact] expected a function first, then its controls");
		const made = Object.entries(controls).map(
			([name, one]) => [name, controlFor(name, one, { continuousUpdate })] as const,
		);
		super({ domClasses: ["widget-interact"] });
		this.#fn = fn;
		this.#given = new Set(Object.values(controls));
		this.controls = Object.fromEntries(made) as ControlWidgets<C>;
		const widgets = made.map(([, control]) => control).filter((control) => control instanceof Widget);
		alignNames(widgets);
		let button: Button | undefined;
		if (manual) {
			button = new Button({ description: manualName });
			button.onClick(() => this.#changed());
		} else for (const widget of widgets) widget.observe(() => this.#changed(), "value" as never);
		this.children = [...widgets, ...(button === undefined ? [] : [button]), this.#area];
		if (!manual) void this.update();
	}

	/** The values of all controls. */
	get values(): ControlValues<C> {
		const entries = Object.entries(this.controls as Record<string, { value: unknown }>);
		return Object.fromEntries(entries.map(([name, control]) => [name, control.value])) as ControlValues<C>;
	}

	/** Calls the function now, whatever has been called before. Resolves when its result is shown. */
	async update(): Promise<void> {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#again = false;
		const call: Call = { stops: stops() };
		this.#call = call;
		this.#next = performance.now() + callMs;
		const end = () => {
			if (this.#call !== call) return;
			this.#call = undefined;
			if (this.#again) this.#changed();
		};
		const ran = this.#area.run(
			() => {
				const result = this.#fn(this.values as never);
				return isPromise(result) ? result.then((value) => this.#show(value)) : this.#show(result);
			},
			{ clear: true },
		);
		if (!isPromise(ran)) return end();
		// Its error is in the area.
		await Promise.resolve(ran).catch(() => {});
		end();
	}

	protected override ownParts(): ReturnType<VBox["ownParts"]> {
		const given = this.#leavesGiven ? this.#given : new Set();
		return [...super.ownParts(), ...this.children.filter((child) => !given.has(child))];
	}

	/** Takes everything that it has made from the pages, and leaves controls that are a widget of the notebook's. @internal */
	closeMade(): void {
		this.#leavesGiven = true;
		this.close();
	}

	#show(result: unknown): void {
		this.result = result;
		if (result !== undefined) display(result);
	}

	#changed(): void {
		const now = performance.now();
		if (this.#call?.stops === stops()) {
			this.#again = true;
			return;
		}
		if (now >= this.#next) void this.update();
		else if (this.#timer === undefined || now > this.#next + timerSlackMs) {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => void this.update(), this.#next - now);
		}
	}
}

/** What `interact` gives. As a cell's last expression it shows nothing more. */
export interface Interaction<C> extends DisplayHandle {
	/** Controls and output area. */
	readonly widget: Interactive<C & Controls>;
	readonly controls: ControlWidgets<C>;
	/** Takes the controls from the pages. */
	close(): void;
}

/**
 * Shows controls, and below them what a function makes of their values. See `Abbreviation` for what may stand for a control,
 * and `Interactive` for when the function is called. When its cell is run again, the controls of the earlier run are closed.
 *
 * @example interact(({ p, act }) => plot([curveOf(p, act)]), { p: [0, 0.9, 0.1], act: ["relu", "gelu"] });
 */
export function interact<const C extends Controls>(
	fn: (values: ControlValues<C>) => unknown,
	controls: C,
	options?: InteractOptions,
): Interaction<C> {
	const widget = interactive(fn, controls, options);
	const handle = display(widget);
	// Its place under the cell is emptied when the cell is run again.
	currentHost()?.onRunAgain(() => widget.closeMade());
	return Object.assign(handle, {
		widget: widget as unknown as Interactive<C & Controls>,
		controls: widget.controls,
		close: () => widget.close(),
		[shownSymbol]: true as const,
	});
}

/** The same without showing it: a widget to be placed in a layout. */
export function interactive<const C extends Controls>(
	fn: (values: ControlValues<C>) => unknown,
	controls: C,
	options?: InteractOptions,
): Interactive<C> {
	return new Interactive(fn, controls, options);
}

/** Gives all names the room of the longest, where it is longer than what pages give. */
function alignNames(widgets: ValueWidget[]): void {
	const longest = Math.max(0, ...widgets.map((widget) => String(widget.property("description") ?? "").length));
	if (longest <= shortName) return;
	for (const widget of widgets) {
		const style = widget.property("style") as { descriptionWidth?: string } | undefined;
		if (style?.descriptionWidth === "") style.descriptionWidth = `${longest}ch`;
	}
}

const stops = () => currentHost()?.stops ?? 0;

function isPromise(value: unknown): value is Promise<unknown> {
	return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
