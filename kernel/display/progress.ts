import { output } from "./display";
import { escapeHtml } from "./escape";
import { messageOf } from "./inspect";
import { flushAtEnd, LiveDisplay } from "./live";
import type { MimeBundle } from "./mime";
import { formatBytes, formatNumber, formatSeconds } from "./numbers";
import type { Output } from "./output";
import { shared } from "./shared";
import { css, seriesColours } from "./theme";

export interface ProgressOptions {
	/** Stands before the bar. */
	label?: string;
	/** Number of steps, where the iterable does not tell by `length` or `size`. */
	total?: number;
	/** Values shown behind the bar, asked for only when it is drawn. */
	postfix?: () => Record<string, unknown>;
	/** What is counted, told with the rate: "images"; "bytes" are written as MB. Default: nothing, as in "270/s". */
	unit?: string;
}

/** A bar that one loops through, and that can be moved by hand. */
export interface Bar {
	/** Steps done. */
	readonly done: number;
	/** Shows these values behind the bar. */
	setPostfix(values: Record<string, unknown>): void;
	/** Moves the bar by hand, for work that is no loop. Does nothing once the bar has ended. */
	advance(steps?: number): void;
	/** Ends a bar that is moved by hand; a loop does it by itself. */
	close(): void;
}

/**
 * A progress bar for a loop: `for (const batch of progress(loader, { label: "epoch 1" })) …`. Shows share, count, time
 * gone and left, rate and the postfix values; a bar inside a bar stands below it. Redrawn at most ten times a second.
 * A number counts from 0 up to it. Asynchronous iterables are looped through by `for await`.
 */
export function progress(count: number, options?: ProgressOptions): Iterable<number> & Bar;
export function progress<T>(items: Iterable<T>, options?: ProgressOptions): Iterable<T> & Bar;
export function progress<T>(items: AsyncIterable<T>, options?: ProgressOptions): AsyncIterable<T> & Bar;
export function progress<T>(
	items: Iterable<T> | AsyncIterable<T> | number,
	options: ProgressOptions = {},
): (Iterable<T> | AsyncIterable<T>) & Bar {
	if (typeof items === "number") {
		if (!(Number.isInteger(items) && items >= 0)) {
			throw new RangeError(
				`[progress] a count of ${items}; expected a whole number of steps, or something to loop through`,
			);
		}
		return new LoopBar(countTo(items), { total: items, ...options }) as LoopBar<unknown> as LoopBar<T>;
	}
	const source = items as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined;
	if (typeof source?.[Symbol.iterator] === "function") return new LoopBar(items as Iterable<T>, options);
	if (typeof source?.[Symbol.asyncIterator] === "function") return new AsyncLoopBar(items as AsyncIterable<T>, options);
	throw new TypeError(`[progress] ${typeof items} cannot be looped through; pass an array, a loader, or a count`);
}

/** A bar for work that is no loop, shown at once: moved by `advance`, ended by `close`. */
export function progressBar(options: ProgressOptions = {}): Bar {
	return new ProgressBar({}, options).shown();
}

class ProgressBar implements Bar {
	readonly label: string;
	readonly total: number | undefined;
	done = 0;
	#group: Group | undefined;
	#started = 0;
	#ended: number | undefined;
	#postfix: (() => Record<string, unknown>) | undefined;

	constructor(
		items: object,
		private readonly options: ProgressOptions,
	) {
		this.label = options.label ?? "";
		this.total = options.total ?? sizeOf(items);
		this.#postfix = options.postfix;
	}

	setPostfix(values: Record<string, unknown>): void {
		this.#postfix = () => values;
		this.#group?.changed();
	}

	advance(steps = 1): void {
		if (this.#ended !== undefined) return;
		this.start();
		this.done += steps;
		this.#group!.changed();
	}

	close(): void {
		if (this.#group === undefined) return;
		this.#ended ??= performance.now();
		const group = this.#group;
		this.#group = undefined;
		group.end(this);
	}

	shown(): this {
		this.start();
		return this;
	}

	/** Begins or begins anew: a bar can be looped through again, as its iterable can. */
	protected restart(): void {
		this.close();
		this.done = 0;
		this.start();
	}

	protected start(): void {
		if (this.#group !== undefined) return;
		this.#started = performance.now();
		this.#ended = undefined;
		this.#group = Group.of(output());
		this.#group.begin(this);
	}

	state(): BarState {
		const seconds = ((this.#ended ?? performance.now()) - this.#started) / 1000;
		const rate = seconds > 0 ? this.done / seconds : 0;
		const { done, total } = this;
		const values = Object.entries(this.#postfixValues());
		const running = this.#ended === undefined;
		const times = [formatSeconds(seconds)];
		if (running && total !== undefined && done > 0 && done < total) {
			times.push(`${formatSeconds((total - done) / rate)} left`);
		}
		return {
			label: this.label,
			done,
			total,
			share: total === undefined || total === 0 ? undefined : Math.min(1, done / total),
			// A loop left by `break` or an error shows where it stopped.
			stopped: !running && total !== undefined && done < total,
			running,
			bytes: this.options.unit === "bytes",
			details: [
				times.join(", "),
				...(done > 0 && rate > 0 ? [rateText(rate, this.options.unit)] : []),
				...values.map(([name, value]) => `${name} ${typeof value === "number" ? formatNumber(value) : String(value)}`),
			],
		};
	}

	/** Not asked before the first step: its values come from the steps. It may not end the loop that it tells of. */
	#postfixValues(): Record<string, unknown> {
		if (this.done === 0 || this.#postfix === undefined) return {};
		try {
			return this.#postfix();
		} catch (error) {
			return { "postfix failed:": messageOf(error) };
		}
	}
}

class LoopBar<T> extends ProgressBar implements Iterable<T> {
	constructor(
		private readonly items: Iterable<T>,
		options: ProgressOptions,
	) {
		super(items, options);
	}

	*[Symbol.iterator](): Iterator<T> {
		this.restart();
		try {
			for (const item of this.items) {
				yield item;
				this.advance();
			}
		} finally {
			this.close();
		}
	}
}

class AsyncLoopBar<T> extends ProgressBar implements AsyncIterable<T> {
	constructor(
		private readonly items: AsyncIterable<T>,
		options: ProgressOptions,
	) {
		super(items, options);
	}

	async *[Symbol.asyncIterator](): AsyncIterator<T> {
		this.restart();
		try {
			for await (const item of this.items) {
				yield item;
				this.advance();
			}
		} finally {
			this.close();
		}
	}
}

interface BarState {
	label: string;
	done: number;
	total: number | undefined;
	share: number | undefined;
	stopped: boolean;
	running: boolean;
	bytes: boolean;
	details: string[];
}

const groups = shared("progress", () => new WeakMap<Output, Group>());

/** The bars that run inside each other in one cell: one output, a line each. */
class Group {
	static of(target: Output): Group {
		let group = groups.get(target);
		if (group === undefined) {
			group = new Group(target);
			groups.set(target, group);
			// A bar that nobody ended (an iterator left in the middle) must not adopt the bars of what runs next.
			const forget = flushAtEnd(target, {
				flush: () => {
					groups.delete(target);
					forget();
				},
			});
		}
		return group;
	}

	/** Running bars, outermost first. */
	#running: ProgressBar[] = [];
	/** Lines to draw: the running bars and what ended last inside them. */
	#lines: ProgressBar[] = [];
	#live: LiveDisplay | undefined;

	constructor(private readonly output: Output) {}

	begin(bar: ProgressBar): void {
		this.#lines = [...this.#running, bar];
		this.#running.push(bar);
		if (this.#live === undefined) this.#live = new LiveDisplay(this.output, () => render(this.#lines));
		else this.#live.changed();
	}

	changed(): void {
		this.#live?.changed();
	}

	end(bar: ProgressBar): void {
		const index = this.#running.indexOf(bar);
		if (index < 0) return;
		this.#running.splice(index, 1);
		if (this.#running.length > 0) {
			this.#live?.changed();
			return;
		}
		this.#lines = [bar];
		this.#live?.changed();
		this.#live?.close();
		this.#live = undefined;
	}
}

function render(bars: ProgressBar[]): MimeBundle {
	const states = bars.map((bar) => bar.state());
	const width = Math.max(...states.map((state) => state.label.length));
	return {
		"text/plain": states.map((state) => textLine(state, width)).join("\n"),
		"text/html": `<div class="gradbook-progress">${states.map(htmlLine).join("")}</div>`,
	};
}

const barWidth = 24;

function textLine(state: BarState, labelWidth: number): string {
	const label = labelWidth > 0 ? `${state.label.padEnd(labelWidth)} ` : "";
	return `${label}${shareText(state)}${bar(state.share)}${countText(state)}  ${state.details.join("  ")}`;
}

function bar(share: number | undefined): string {
	if (share === undefined) return "";
	const full = Math.floor(share * barWidth);
	return `|${"█".repeat(full)}${" ".repeat(barWidth - full)}| `;
}

function shareText({ share }: BarState): string {
	return share === undefined ? "" : `${String(Math.floor(share * 100)).padStart(3)}% `;
}

function countText({ done, total, stopped, bytes }: BarState): string {
	const write = bytes ? formatBytes : String;
	const count = total === undefined ? write(done) : `${write(done)}/${write(total)}`;
	return stopped ? `${count} stopped` : count;
}

function htmlLine(state: BarState): string {
	const percent = state.share === undefined ? undefined : state.share * 100;
	const colour = state.stopped ? seriesColours[1] : state.running ? seriesColours[0] : seriesColours[2];
	const label = escapeHtml(state.label);
	const value = percent === undefined ? "" : ` aria-valuenow="${Math.floor(percent)}"`;
	const track =
		percent === undefined
			? ""
			: `<div role="progressbar" aria-label="${label === "" ? "progress" : label}" aria-valuemin="0" aria-valuemax="100"${value} style="flex:0 1 220px;height:10px;border-radius:5px;overflow:hidden;background:rgba(128,128,128,0.3)"><div style="width:${percent.toFixed(1)}%;height:100%;background:${colour}"></div></div>`;
	return [
		`<div style="display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px;font-family:${css.font};font-size:${css.fontSize};line-height:1.6;color:${css.text};font-variant-numeric:tabular-nums">`,
		label === "" ? "" : `<span style="min-width:5em">${label}</span>`,
		track,
		`<span>${percent === undefined ? "" : `${Math.floor(percent)}% · `}${countText(state)}</span>`,
		`<span style="opacity:0.8">${escapeHtml(state.details.join(" · "))}</span>`,
		"</div>",
	].join("");
}

function rateText(rate: number, unit: string | undefined): string {
	if (unit === "bytes") return `${formatBytes(Math.round(rate))}/s`;
	// Slow loops are told in seconds for a step, as one would say it.
	if (rate < 1) return `${formatSeconds(1 / rate)} each`;
	return `${formatNumber(rate, 3)}${unit === undefined ? "" : ` ${unit}`}/s`;
}

function sizeOf(items: object): number | undefined {
	const { length, size } = items as { length?: unknown; size?: unknown };
	if (typeof length === "number") return length;
	return typeof size === "number" ? size : undefined;
}

function countTo(count: number): Iterable<number> {
	return {
		*[Symbol.iterator]() {
			for (let i = 0; i < count; i++) yield i;
		},
	};
}
