import { type LooseBundle, registerRenderer, table, View } from "../display";
import { escapeHtml } from "../display/escape";
import { inspectText } from "../display/inspect";
import { displaySymbol, type MimeBundle } from "../display/mime";
import { formatBytes } from "../display/numbers";
import { css } from "../display/theme";
import { drawTimeline, kindColour, type TimelineEvent } from "./timeline";

/** What the views need of a row of `keyAverages()`. */
interface AverageLike {
	readonly key: string;
	readonly count: number;
	readonly cpuTime: number;
	readonly cpuTimeTotal: number;
	readonly selfCpuTimeTotal: number;
	readonly deviceTimeTotal: number;
	readonly selfDeviceTimeTotal: number;
	readonly selfCpuMemoryUsage: number;
	readonly selfDeviceMemoryUsage: number;
	readonly kind: string;
}

/** What they need of a profile. */
export interface ProfileLike {
	readonly profileMemory: boolean;
	events(): readonly TimelineEvent[];
	keyAverages(): readonly AverageLike[] & { table(options?: object): string };
	exportChromeTrace(path: string): void;
}

export interface ProfileViewOptions {
	/** Rows of the table: those that took most. Default 15. */
	limit?: number;
	/** Sort by the time of the card instead of the host's. Default: where a card was used. */
	byDevice?: boolean;
	/** The part of the profile that the timeline draws, in milliseconds since its beginning. Default: all of it. */
	range?: readonly [start: number, end: number];
	caption?: string;
}

export function isProfile(value: unknown): value is ProfileLike {
	if (typeof value !== "object" || value === null) return false;
	const { events, keyAverages, exportChromeTrace } = value as Partial<ProfileLike>;
	return [events, keyAverages, exportChromeTrace].every((method) => typeof method === "function");
}

registerRenderer(isProfile, (profile): LooseBundle => {
	try {
		return profileView(profile).bundle();
	} catch (error) {
		// Not run yet: the object's own text says as much as there is.
		return { "text/plain": error instanceof Error ? error.message : String(error) };
	}
});

/**
 * Where the time of a profile went: a table of what took most by itself, with bars, over a timeline of all events, each below what
 * it is part of. The text is PyTorch's table.
 *
 * @example profileView(profiler.profile({}, () => step()))
 */
export function profileView(profile: ProfileLike, options: ProfileViewOptions = {}): View {
	if (!isProfile(profile)) throw new TypeError("[profileView] expected a profile of torch.profiler");
	const { limit = 15, range } = options;
	if (!(Number.isInteger(limit) && limit > 0)) {
		throw new RangeError(`[profileView] limit: ${inspectText(limit)}, expected a whole number above 0`);
	}
	if (range !== undefined && !(range.length === 2 && range[0] < range[1])) {
		throw new RangeError(`[profileView] range: ${inspectText(range)}, expected a beginning and a later end`);
	}
	const rows = profile.keyAverages();
	const events = profile.events();
	const onCard = options.byDevice ?? rows.some((row) => row.selfDeviceTimeTotal > 0);
	const text = rows.table({ sortBy: onCard ? "selfDeviceTimeTotal" : "selfCpuTimeTotal", rowLimit: limit });
	return new View(() => {
		const parts = [averages(profile, rows, onCard, limit, options.caption), timeline(events, range)];
		const html = parts.map((part) => `<div style="margin-bottom:10px">${part}</div>`).join("");
		return { "text/plain": text, "text/html": html };
	});
}

function averages(
	profile: ProfileLike,
	all: readonly AverageLike[],
	onCard: boolean,
	limit: number,
	caption = "Where the time went",
): string {
	const own = (row: AverageLike) => (onCard ? row.selfDeviceTimeTotal : row.selfCpuTimeTotal);
	const sum = all.reduce((total, row) => total + own(row), 0);
	const sorted = [...all].sort((a, b) => own(b) - own(a));
	const most = Math.max(...sorted.map(own), 0);
	const cards = all.some((row) => row.selfDeviceTimeTotal > 0);
	const rows = sorted.slice(0, limit).map((row) => ({
		name: row.key,
		share: bar(own(row), most, sum, row.kind),
		self: timeText(own(row)),
		total: timeText(onCard ? row.deviceTimeTotal : row.cpuTimeTotal),
		...(cards ? { other: timeText(onCard ? row.selfCpuTimeTotal : row.selfDeviceTimeTotal) } : {}),
		calls: row.count,
		mean: timeText(row.cpuTime),
		...(profile.profileMemory
			? { memory: signedBytes(onCard ? row.selfDeviceMemoryUsage : row.selfCpuMemoryUsage) }
			: {}),
	}));
	const left = sorted.length - rows.length;
	const view = table(rows, {
		columns: {
			name: "name",
			share: onCard ? "self, on the card" : "self",
			self: "",
			total: "total",
			...(cards ? { other: onCard ? "self, on the host" : "self, on the card" } : {}),
			calls: "calls",
			mean: onCard ? "mean on the host" : "mean",
			...(profile.profileMemory ? { memory: "self memory" } : {}),
		},
		caption,
		note: `${timeText(sum)} in all${left > 0 ? `; ${left} further names took less` : ""}`,
	});
	return String(view.bundle()["text/html"]);
}

/** Beginning of its range, and what of it is drawn. */
function timeline(events: readonly TimelineEvent[], range: readonly [number, number] | undefined): string {
	const last = Math.max(0, ...events.map((event) => event.timeRange.end));
	const first = Math.min(last, ...events.map((event) => event.timeRange.start));
	const [start, end] = range === undefined ? [first, last] : [range[0] * 1000, range[1] * 1000];
	return drawTimeline(events, start, end);
}

/** Microseconds. */
function timeText(us: number): string {
	if (us >= 1e6) return `${(us / 1e6).toFixed(2)} s`;
	if (us >= 1e3) return `${(us / 1e3).toFixed(2)} ms`;
	return `${us.toFixed(us < 10 ? 1 : 0)} µs`;
}

function signedBytes(bytes: number): string {
	return bytes < 0 ? `−${formatBytes(-bytes)}` : formatBytes(bytes);
}

/** A bar beside the longest, with its share of the whole. */
function bar(value: number, most: number, sum: number, kind: string): { [displaySymbol](): MimeBundle } {
	const share = `${sum === 0 ? 0 : ((100 * value) / sum).toFixed(1)} %`;
	const width = most === 0 ? 0 : (100 * Math.max(0, value)) / most;
	return {
		[displaySymbol]: () => ({
			"text/plain": share,
			"text/html":
				`<span style="display:inline-flex;align-items:center;gap:6px"><span style="display:inline-block;width:110px;height:12px;` +
				`background:${css.faint}"><span style="display:block;height:100%;width:${width.toFixed(2)}%;` +
				`background:${kindColour(kind)}"></span></span>${escapeHtml(share)}</span>`,
		}),
	};
}
