import { escapeHtml } from "../display/escape";
import { css, seriesColour } from "../display/theme";

/** What a timeline needs of an event. Microseconds. */
export interface TimelineEvent {
	readonly name: string;
	readonly kind: string;
	readonly timeRange: { readonly start: number; readonly end: number };
	readonly kernels: readonly {
		readonly name: string;
		readonly device: number;
		readonly start: number;
		readonly duration: number;
	}[];
}

interface Bar {
	name: string;
	kind: string;
	start: number;
	end: number;
	/** How many events it stands for. */
	count: number;
}

const width = 960;
const rowHeight = 17;
const axisHeight = 20;
/** Events of fewer pixels that follow one another in a row are drawn as one. */
const thinnest = 1.5;
const charWidth = 6.2;
const fontSize = 11;
const mostRows = 12;

const kinds: Record<string, number> = { op: 0, backward: 1, optimizer: 2, user: 4, step: 4, module: 5, data: 6 };

/** The colour of a kind of event, in the table as on the timeline. */
export function kindColour(kind: string): string {
	return seriesColour(kinds[kind] ?? 3);
}

/** Bars from `start` to `end`, each below the one that it is part of; what cards did below all of them. */
export function drawTimeline(events: readonly TimelineEvent[], start: number, end: number): string {
	const span = Math.max(end - start, 1e-3);
	const x = (time: number) => (width * (Math.min(Math.max(time, start), end) - start)) / span;
	const inRange = (bar: Bar) => bar.end >= start && bar.start <= end;
	const onHost = events
		.filter((event) => event.kind !== "memory")
		.map(({ name, kind, timeRange }) => ({ name, kind, ...timeRange, count: 1 }))
		.filter(inRange);
	const lanes: { title: string; rows: Bar[][] }[] = [{ title: "host", rows: nested(onHost) }];
	const cards = [...new Set(events.flatMap((event) => event.kernels.map((kernel) => kernel.device)))].sort();
	for (const card of cards) {
		const bars = events.flatMap(({ kind, kernels }) =>
			kernels
				.filter((kernel) => kernel.device === card)
				.map(({ name, start, duration }) => ({ name, kind, start, end: start + duration, count: 1 })),
		);
		lanes.push({ title: `cuda:${card}`, rows: [bars.filter(inRange)] });
	}
	const parts: string[] = [];
	let top = axisHeight;
	for (const { title, rows } of lanes) {
		const shown = rows.slice(0, mostRows);
		for (const row of shown) {
			for (const bar of joined(row, span / width)) parts.push(barSvg(bar, x, top));
			top += rowHeight;
		}
		if (lanes.length > 1) {
			parts.push(`<text x="${width + 6}" y="${top - 5}" fill="currentColor">${title}</text>`);
		}
		if (rows.length > shown.length) {
			parts.push(
				`<text x="2" y="${top + 11}" fill="currentColor">${rows.length - shown.length} levels further down</text>`,
			);
			top += rowHeight;
		}
		top += 6;
	}
	const whole = width + (lanes.length > 1 ? 60 : 24);
	const label = `${onHost.length} events in ${((end - start) / 1000).toFixed(2)} ms`;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${top}" width="${whole}" height="${top}" role="img" ` +
			`aria-label="${label}" style="max-width:100%;height:auto;color:${css.text};font-family:${css.font};font-size:${fontSize}px">`,
		axis(start, end, x, top),
		...parts,
		"</svg>",
	].join("");
}

/** Rows: an event below the one around it. Events that overlap without one holding the other go to further rows. */
function nested(bars: readonly Bar[]): Bar[][] {
	const rows: Bar[][] = [];
	for (const bar of bars.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
		const above = rows.findLastIndex((row) => row.at(-1)!.start <= bar.start && bar.end <= row.at(-1)!.end);
		let row = above + 1;
		while (rows[row] !== undefined && rows[row]!.at(-1)!.end > bar.start) row++;
		rows[row] ??= [];
		rows[row]!.push(bar);
	}
	return rows;
}

/** Thin bars of one kind that follow one another, as one. */
function joined(row: readonly Bar[], pixel: number): Bar[] {
	const result: Bar[] = [];
	for (const bar of row) {
		const last = result.at(-1);
		const thin = bar.end - bar.start < thinnest * pixel;
		const close = last !== undefined && bar.start - last.end < pixel && last.kind === bar.kind;
		if (thin && close && (last.count > 1 || last.end - last.start < thinnest * pixel)) {
			result[result.length - 1] = {
				name: last.name === bar.name ? bar.name : "several",
				kind: bar.kind,
				start: last.start,
				end: Math.max(last.end, bar.end),
				count: last.count + 1,
			};
		} else result.push(bar);
	}
	return result;
}

function barSvg({ name, kind, start, end, count }: Bar, x: (time: number) => number, top: number): string {
	const left = x(start);
	const size = Math.max(x(end) - left, 0.6);
	const room = Math.floor((size - 8) / charWidth);
	const text = name.replace(/^autograd::engine::evaluate_function: /, "∇ ");
	const shown = text.length <= room ? text : room > 3 ? `${text.slice(0, room - 1)}…` : "";
	const title = `${count > 1 ? `${count} × ` : ""}${name}: ${((end - start) / 1000).toFixed(3)} ms`;
	const colour = kindColour(kind);
	return (
		`<g><title>${escapeHtml(title)}</title><rect x="${left.toFixed(1)}" y="${top}" width="${size.toFixed(1)}" height="${rowHeight - 2}" ` +
		`fill="${colour}" fill-opacity="0.35" stroke="${colour}" stroke-width="0.7"/>` +
		(shown === ""
			? ""
			: `<text x="${(left + 4).toFixed(1)}" y="${top + 11.5}" fill="currentColor">${escapeHtml(shown)}</text>`) +
		"</g>"
	);
}

/** Round steps of time along the top. */
function axis(start: number, end: number, x: (time: number) => number, height: number): string {
	const about = (end - start) / 8;
	const power = 10 ** Math.floor(Math.log10(Math.max(about, 1e-3)));
	const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= about) ?? 10);
	const [unit, scale] = end - start >= 2000 ? (["ms", 1000] as const) : (["µs", 1] as const);
	const marks: string[] = [];
	for (let i = 0; i * step <= end - start; i++) {
		const at = x(start + i * step);
		const text = `${Number(((i * step) / scale).toPrecision(6))}${i === 0 ? ` ${unit}` : ""}`;
		marks.push(
			`<path d="M${at.toFixed(1)} ${axisHeight - 5}V${height}" stroke="currentColor" stroke-opacity="0.15"/>` +
				`<text x="${(at + 2).toFixed(1)}" y="11" fill="currentColor" fill-opacity="0.8">${text}</text>`,
		);
	}
	return marks.join("");
}
