import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { receiveComm } from "../../../dist/kernel/display/comm";
import type { PlainFigure } from "../../../dist/kernel/display/figure/types";
import { type CommPacket, setHost } from "../../../dist/kernel/display/host";
import { flushOutput, liveCurve, plotlyMimeType, withOutput } from "../../../dist/kernel/views";
import { Recorder } from "../support/recorder";

/* A live curve from the kernel's half to the page's, which put their own parts of it together. */

type PageHalf = typeof import("../../../dist/kernel/labextension/growth.js");
type View = Parameters<PageHalf["showGrowing"]>[0];

const viewOf = (draw: (figure: PlainFigure) => void) =>
	({ show: async (figure: PlainFigure) => draw(figure) }) as unknown as View;

const name = "gradbook.figures";
const open = () => receiveComm({ type: "comm_open", id: name, target: name, data: {}, metadata: {}, buffers: [] });
const close = () => receiveComm({ type: "comm_close", id: name, data: {}, metadata: {}, buffers: [] });

/** What a page gets and draws. Messages arrive when they are sent. */
class Page extends Recorder {
	bytes = 0;
	/** What went through the comm. */
	readonly parts: Record<string, unknown>[] = [];
	drawn: PlainFigure | undefined;
	readonly half: PageHalf;
	readonly view = viewOf((figure) => {
		this.drawn = figure;
	});

	constructor(half: PageHalf) {
		super();
		this.half = half;
		setHost({
			stops: 0,
			onRunAgain: () => {},
			callback: (_output, body) => body(),
			post: ({ data }: CommPacket) => {
				this.bytes += JSON.stringify(data).length;
				this.parts.push(data);
				half.receiveParts(JSON.parse(JSON.stringify(data)));
			},
		});
	}
	override display(...[bundle, options = {}]: Parameters<Recorder["display"]>): void {
		super.display(bundle, options);
		this.#draw(bundle, options.metadata);
	}
	override update(...[id, bundle, metadata]: Parameters<Recorder["update"]>): void {
		super.update(id, bundle, metadata);
		this.#draw(bundle, metadata);
	}
	#draw(bundle: Record<string, unknown>, metadata: Record<string, unknown> | undefined): void {
		this.bytes += JSON.stringify(bundle).length;
		void this.half.showGrowing(this.view, bundle[plotlyMimeType] as object, metadata);
	}
	get points(): unknown[] {
		return (this.drawn!.data[0]?.y as unknown[] | undefined) ?? [];
	}
}

let page: Page;
beforeEach(async () => {
	vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
	// A page of its own for each test, with nothing kept of the last.
	vi.resetModules();
	page = new Page(await import("../../../dist/kernel/labextension/growth.js"));
});
afterEach(() => {
	close();
	vi.useRealTimers();
});

/** A loop of so many steps of 2 ms that never yields. */
function train(curves: { add(step: number, metrics: Record<string, number>): void }, steps: number, from = 0): void {
	for (let step = from; step < from + steps; step++) {
		vi.advanceTimersByTime(2);
		curves.add(step, { loss: 1 / (step + 1), "test loss": step === 5 ? Number.NaN : Math.sin(step) });
	}
}

describe("a page that puts parts together", () => {
	beforeEach(open);

	test("draws at every moment what a whole picture would show", () => {
		const curves = withOutput(page, () => liveCurve());
		for (let step = 0; step < 1700; step++) {
			train(curves, 1, step);
			// Every part is drawn when it comes; between two, a page is behind by at most a tenth of a second.
			const whole = curves.figure().figure;
			if (page.points.at(-1) === (whole.data[0]!.y as unknown[]).at(-1)) expect(page.drawn!.data).toEqual(whole.data);
		}
		expect(page.parts.length).toBeGreaterThan(20);
		flushOutput(page);
		expect(page.drawn).toEqual(curves.figure().figure);
	});

	test("gets each point once: the bytes grow with the points and not with points times pictures", () => {
		const bytesOf = (steps: number) => {
			const before = page.bytes;
			const curves = withOutput(page, () => liveCurve({ points: 100_000 }));
			train(curves, steps);
			flushOutput(page);
			return page.bytes - before;
		};
		const [short, long] = [bytesOf(2500), bytesOf(10_000)];
		// 100 and 400 pictures. Two curves of 10,000 points are 350,000 bytes: as parts, and in whole pictures no more than that.
		expect(long / short).toBeLessThan(4.5);
		expect(long).toBeLessThan(1_500_000);
		// All whole: a hundred bytes for each point of each of 400 pictures.
		expect(long).toBeGreaterThan(400_000);
	});

	test("and few whole pictures: when lines begin, when as many points have come as there were, at the end", () => {
		const curves = withOutput(page, () => liveCurve());
		train(curves, 300);
		const wholes = page.events.length;
		expect(wholes).toBeLessThan(10);
		curves.add(300, { accuracy: 0.5 });
		train(curves, 60, 301);
		expect(page.events.length).toBe(wholes + 1);
		expect(page.drawn!.data.length).toBe(3);
	});

	test("is told when no more parts come; the saved form has no name for them", () => {
		const curves = withOutput(page, () => liveCurve());
		train(curves, 300);
		expect(page.events.at(-1)).toMatchObject({ metadata: { gradbook_growing: { id: curves.id } } });
		flushOutput(page);
		expect(page.parts.at(-1)).toEqual({ id: curves.id, ended: true });
		expect(page.events.at(-1)).toMatchObject({ kind: "update", metadata: undefined });
		// Parts that come late, and those of another picture, change nothing.
		const before = page.drawn;
		page.half.receiveParts({ id: curves.id, revision: 1, parts: [{ trace: 0, from: 0, x: [1], y: [1] }] });
		expect(page.drawn).toBe(before);
	});

	test("also gets what comes after the cell's end, and then the whole for the notebook", () => {
		const curves = withOutput(page, () => liveCurve());
		train(curves, 200);
		flushOutput(page);
		train(curves, 60, 200);
		expect(page.events.at(-1)).toMatchObject({ metadata: { gradbook_growing: {} } });
		expect(page.points.length).toBeGreaterThan(200);
		vi.advanceTimersByTime(1100);
		expect(Object.keys(page.bundles.at(-1)!)).toContain("text/html");
		expect(page.events.at(-1)).toMatchObject({ metadata: undefined });
		expect(page.drawn!.data).toEqual(curves.figure().figure.data);
	});

	test("may draw a whole picture after the parts that belong to it", () => {
		const curves = withOutput(page, () => liveCurve());
		train(curves, 300);
		const { bundle, metadata } = page.events.at(-1) as { bundle: Record<string, unknown>; metadata: object };
		let shown: PlainFigure | undefined;
		const late = viewOf((figure) => {
			shown = figure;
		});
		void page.half.showGrowing(late, bundle[plotlyMimeType] as object, metadata as Record<string, unknown>);
		expect(shown).toEqual(page.drawn);
		page.half.forgetGrowing(late);
		train(curves, 60, 300);
		expect(shown).not.toEqual(page.drawn);
	});
});

test("where no page puts parts together, whole pictures come once a second, and when as many points have come as there were", () => {
	const curves = withOutput(page, () => liveCurve());
	train(curves, 5000);
	expect(page.parts).toEqual([]);
	// Ten seconds; the doublings of the first.
	expect(page.events.length).toBeGreaterThan(14);
	expect(page.events.length).toBeLessThan(24);
	expect(page.events.every((event) => "metadata" in event && event.metadata === undefined)).toBe(true);
	// A loop that yields sees its last points after a second.
	train(curves, 1, 5000);
	vi.advanceTimersByTime(1000);
	expect(page.drawn).toEqual(curves.figure().figure);
});

test("a page that comes while the cell waits goes on with parts from the next picture", () => {
	const curves = withOutput(page, () => liveCurve({ points: 100_000 }));
	train(curves, 450);
	open();
	train(curves, 110, 450);
	const wholes = page.events.length;
	train(curves, 150, 560);
	expect(page.parts.length).toBeGreaterThan(0);
	expect(page.events.length).toBe(wholes);
});
