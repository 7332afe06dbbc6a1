import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
	clearOutput,
	display,
	displaySymbol,
	flushOutput,
	formatResult,
	html,
	image,
	markdown,
	svg,
	updateDisplay,
	withOutput,
} from "../../../dist/kernel/display";
import { LiveDisplay } from "../../../dist/kernel/display/live";
import { Recorder } from "../support/recorder";

describe("display", () => {
	test("shows in the cell that runs, updates by handle and by id", () => {
		const output = new Recorder();
		withOutput(output, () => {
			const handle = display("a", { id: "one" });
			handle.update(html("<b>b</b>"));
			updateDisplay("one", { raw: true });
			clearOutput({ wait: true });
		});
		expect(output.events).toEqual([
			{ kind: "display", id: "one", bundle: { "text/plain": "'a'" }, metadata: undefined },
			{ kind: "update", id: "one", bundle: { "text/plain": "b", "text/html": "<b>b</b>" } },
			{ kind: "update", id: "one", bundle: { "text/plain": "{ raw: true }" } },
			{ kind: "clear", wait: true },
		]);
	});

	test("a raw bundle goes out as it is", () => {
		const output = new Recorder();
		withOutput(output, () => display({ "text/plain": "t", "application/json": { a: 1 } }, { raw: true }));
		expect(output.bundles).toEqual([{ "text/plain": "t", "application/json": { a: 1 } }]);
	});

	test("a handle shows nothing more as a last expression", async () => {
		const handle = withOutput(new Recorder(), () => display(1));
		expect(await formatResult(handle)).toBeUndefined();
	});

	test("output of a timer goes to the cell that set it, an update to the cell that asks for it", async () => {
		const [first, second] = [new Recorder(), new Recorder()];
		const late = withOutput(first, () => pause(1).then(() => display("late")));
		await withOutput(second, () => pause(5));
		const handle = await late;
		withOutput(second, () => handle.update("again"));
		handle.update("outside");
		expect(first.events.map((event) => event.kind)).toEqual(["display", "update"]);
		expect(second.events.map((event) => event.kind)).toEqual(["update"]);
	});

	test("a promised bundle takes the place of the value's text", async () => {
		const output = new Recorder();
		withOutput(output, () => display({ [displaySymbol]: async () => ({ "text/plain": "ready" }) }));
		await pause(1);
		expect(output.page).toEqual([{ "text/plain": "ready" }]);
	});
});

describe("media", () => {
	test("markdown and svg", () => {
		expect(markdown("*a*").bundle()).toEqual({ "text/plain": "*a*", "text/markdown": "*a*" });
		expect(svg("<svg></svg>", { alt: "a dot" }).bundle()).toEqual({
			"text/plain": "a dot",
			"image/svg+xml": "<svg></svg>",
		});
		expect(() => svg("<p>")).toThrow('[svg] expected an <svg> element, found "<p>"');
	});

	test("image files are known by their first bytes", () => {
		const png = Buffer.from("89504e470d0a1a0a", "hex");
		expect(image(png).bundle()).toEqual({ "text/plain": "PNG image", "image/png": png.toString("base64") });
		expect(image(Buffer.from("ffd8ffe0", "hex")).bundle()["image/jpeg"]).toBe("/9j/4A==");
		expect(() => image(Buffer.from("hello"))).toThrow("the 5 bytes are no PNG, JPEG, GIF or WebP file");
	});

	test("a size or a text alternative needs HTML; the alternative is escaped", () => {
		const bundle = image({ width: 1, height: 1, data: new Uint8ClampedArray(4) }, { width: 50, alt: '<"x">' }).bundle();
		expect(bundle["text/html"]).toMatch(
			/^<img src="data:image\/png;base64,[^"]+" alt="&lt;&quot;x&quot;&gt;" width="50">$/,
		);
	});
});

describe("live displays", () => {
	beforeEach(() => {
		vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	test("at most ten pictures a second, and the last state in full when the cell ends", () => {
		const output = new Recorder();
		let state = 0;
		const live = new LiveDisplay(output, (final) => ({ "text/plain": `${state}${final ? "!" : ""}` }));
		for (let ms = 0; ms < 350; ms++) {
			state++;
			live.changed();
			advance(1);
		}
		// One at the beginning, one after each tenth of a second.
		expect(output.events.length).toBe(4);
		flushOutput(output);
		flushOutput(output);
		expect(output.events.length).toBe(5);
		expect(output.page).toEqual([{ "text/plain": "350!" }]);
	});

	test("a loop that yields and rests sees its last state without a flush", () => {
		const output = new Recorder();
		let state = "first";
		const live = new LiveDisplay(output, () => ({ "text/plain": state }));
		state = "second";
		live.changed();
		advance(99);
		expect(output.page).toEqual([{ "text/plain": "first" }]);
		advance(1);
		expect(output.page).toEqual([{ "text/plain": "second" }]);
	});

	test("a picture that is slow to make is made seldom: it costs a hundredth of the time, and one comes each second", () => {
		const gaps = (cost: number) => {
			const made: number[] = [];
			const live = new LiveDisplay(new Recorder(), () => {
				made.push(performance.now());
				advance(cost);
				return { "text/plain": "slow" };
			});
			for (let ms = 0; ms < 5000; ms += 5) {
				advance(5);
				live.changed();
			}
			return made.slice(1).map((time, i) => time - made[i]!);
		};
		const [quick, slow] = [gaps(0), gaps(5)];
		expect(Math.max(...quick)).toBeLessThanOrEqual(105);
		// The first ones come as often as of any other.
		expect(Math.max(...slow.slice(0, 10))).toBeLessThanOrEqual(115);
		expect(Math.min(...slow.slice(12))).toBeGreaterThanOrEqual(500);
		expect(Math.max(...gaps(50))).toBeLessThanOrEqual(1060);
	});
});

/** Lets time pass, also inside a timer's own callback. */
function advance(ms: number): void {
	vi.advanceTimersByTime(ms);
}
