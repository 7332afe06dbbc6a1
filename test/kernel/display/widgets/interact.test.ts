import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
	Dropdown,
	display,
	fixed,
	Interactive,
	IntSlider,
	interact,
	interactive,
	plot,
	progress,
	Text,
	widgets,
} from "gradbook/display";
import { afterEach, describe, expect, test } from "vitest";
import { Page } from "./page";

const page = new Page();
afterEach(() => {
	page.run(() => widgets.closeAllWidgets());
	page.take();
	expect(page.errors.splice(0)).toEqual([]);
});

const made = (fn: (values: any) => unknown, controls: widgets.Controls, options?: widgets.InteractOptions) => {
	const widget = page.run(() => interactive(fn, controls, options));
	page.run(() => display(widget));
	page.take();
	return widget;
};
const area = (widget: Interactive) => widget.children.at(-1) as widgets.Output;
const texts = (widget: Interactive) =>
	area(widget).outputs.map((item) =>
		item.output_type === "display_data"
			? item.data["text/plain"]
			: item.output_type === "error"
				? item.evalue
				: item.text,
	);

describe("abbreviations", () => {
	const file = join(__dirname, "../../../reference/widgets/abbreviations.json");
	const cases = JSON.parse(readFileSync(file, "utf8")) as { given: widgets.Abbreviation; state: object }[];

	test.each(cases.map((one) => [JSON.stringify(one.given), one] as const))(
		"%s is what ipywidgets makes of it",
		(_, one) => {
			const { controls } = interactive(() => undefined, { p: one.given });
			const control = controls.p as unknown as widgets.Widget & { description: string };
			const { value, ...state } = one.state as { value?: number };
			expect(control.modelState()).toMatchObject(state);
			if (typeof value === "number") expect(control.property("value")).toBeCloseTo(value, 12);
			expect(control.description).toBe("p");
		},
	);

	test("a readout has the decimals of its step", () => {
		const { controls } = interactive(() => undefined, { lr: [0, 0.01, 0.0005], p: [0.25, 1.5, 0.5], q: [0, 1.5] });
		const formats = Object.values(controls).map((control) => control.property("readoutFormat"));
		expect(formats).toEqual([".4f", ".2f", ".2f"]);
	});

	test("widgets keep their own descriptions; fixed values have no control", () => {
		const slider = new IntSlider(3, { description: "mine" });
		const seen: unknown[] = [];
		const widget = made((values) => void seen.push(values), { a: slider, b: new Text("x"), c: fixed([1]) });
		expect(seen).toEqual([{ a: 3, b: "x", c: [1] }]);
		expect(slider.description).toBe("mine");
		expect(widget.children).toHaveLength(3);
	});

	test("others are refused by name", () => {
		const refuse = (p: unknown) => expect(() => interactive(() => undefined, { p } as never));
		refuse([16, 32, 64]).toThrow(
			"[interact] p: the step 64 is larger than the range from 16 to 32; for a choice of these numbers pass new Dropdown({ options: [16, 32, 64] })",
		);
		refuse([3, 1]).toThrow("[interact] p: expected [min, max] with min below max, got [3, 1]");
		refuse([0, 1, 0]).toThrow("[interact] p: expected a step above 0, got 0");
		refuse([]).toThrow("[interact] p: expected at least one value to choose from");
		refuse(null).toThrow("[interact] p: expected a widget, [min, max, step]");
		refuse(new widgets.VBox()).toThrow("[interact] p: VBox has no value");
		expect(() => interactive({} as never, {})).toThrow("[interact] expected a function first");
	});

	test("long names get room", () => {
		const { controls } = interactive(() => undefined, { learningRateOfTheHead: 1, p: true });
		expect((controls.p as unknown as widgets.Checkbox).style.descriptionWidth).toBe("21ch");
	});
});

describe("the function", () => {
	test("is called at once and with each change, and its result takes the place of the last", async () => {
		const widget = made(({ n, act }) => `${act} ${n}`, { n: 5, act: ["relu", "gelu"] });
		expect(texts(widget)).toEqual(["'relu 5'"]);
		expect(widget.result).toBe("relu 5");
		await pause(110);
		page.update(widget.controls.n as never, { value: 7 });
		expect(texts(widget)).toEqual(["'relu 7'"]);
		await pause(110);
		page.update(widget.controls.act as never, { index: 1 });
		expect(texts(widget)).toEqual(["'gelu 7'"]);
		expect(widget.values).toEqual({ n: 7, act: "gelu" });
	});

	test("may show and return figures; what it returns as undefined shows nothing", () => {
		const widget = made(
			({ n }) => {
				display("above");
				return n > 3 ? plot([{ y: [n] }]) : undefined;
			},
			{ n: 5 },
		);
		expect(area(widget).outputs.map((item) => "data" in item && "application/vnd.plotly.v1+json" in item.data)).toEqual(
			[false, true],
		);
	});

	test("follows the hand ten times a second, with the latest value last", async () => {
		const seen: number[] = [];
		const widget = made(({ n }) => void seen.push(n), { n: [0, 1000] });
		const start = performance.now();
		for (let n = 1; seen.length < 4; n++) {
			page.update(widget.controls.n as never, { value: n % 1000 });
			await pause(2);
		}
		page.update(widget.controls.n as never, { value: 777 });
		await expect.poll(() => seen.at(-1)).toBe(777);
		expect(seen.length).toBeLessThan((performance.now() - start) / 100 + 2);
	});

	test("that is slow never queues up, and may be asynchronous", async () => {
		const seen: number[] = [];
		let running = 0;
		const widget = made(
			async ({ n }) => {
				expect(++running).toBe(1);
				await pause(150);
				running--;
				seen.push(n);
				return n;
			},
			{ n: [0, 100] },
		);
		const start = performance.now();
		for (let n = 1; n <= 50; n++) {
			page.update(widget.controls.n as never, { value: n });
			await pause(4);
		}
		await expect.poll(() => seen.at(-1)).toBe(50);
		expect(seen.length).toBeLessThan((performance.now() - start) / 150 + 2);
		await expect.poll(() => texts(widget)).toEqual(["50"]);
	});

	test("shows its progress while it runs, also where it never yields", () => {
		let place = "";
		const widget = page.run(() =>
			interactive(
				() => {
					for (const _ of progress(1e9)) if (page.packets.filter(({ id }) => id === place).length > 3) break;
				},
				{ n: 5 },
				{ manual: true },
			),
		);
		page.run(() => display(widget));
		page.take();
		place = area(widget).modelId;
		const start = performance.now();
		page.send((widget.children[1] as widgets.Button).modelId, { method: "custom", content: { event: "click" } });
		const pictures = page.take(area(widget));
		// The first at once, the last at the end.
		expect(pictures.length).toBeLessThan((performance.now() - start) / 100 + 3);
	});

	test("that throws shows its error, until the next good value", async () => {
		const widget = made(
			({ n }) => {
				if (n > 5) throw new RangeError(`no ${n}`);
				return n;
			},
			{ n: 5 },
		);
		await pause(110);
		page.update(widget.controls.n as never, { value: 6 });
		expect(texts(widget)).toEqual(["RangeError: no 6"]);
		expect(page.errors.splice(0)).toHaveLength(1);
		await pause(110);
		page.update(widget.controls.n as never, { value: 4 });
		expect(texts(widget)).toEqual(["4"]);
	});

	test("waits for its button where it is manual", async () => {
		const seen: number[] = [];
		const widget = made(({ n }) => void seen.push(n), { n: 5 }, { manual: true, manualName: "Train" });
		page.update(widget.controls.n as never, { value: 7 });
		expect(seen).toEqual([]);
		const button = widget.children[1] as widgets.Button;
		expect(button.description).toBe("Train");
		page.send(button.modelId, { method: "custom", content: { event: "click" } });
		expect(seen).toEqual([7]);
	});

	test("can wait for sliders to be let go", () => {
		const widget = made(() => undefined, { n: 5, s: "x" }, { continuousUpdate: false });
		expect(Object.values(widget.controls).map((one) => (one as widgets.IntSlider).continuousUpdate)).toEqual([
			false,
			false,
		]);
	});
});

test("interact shows the controls and gives them, and is nothing more to show; closing it leaves nothing", () => {
	const before = page.cell.events.length;
	const open = widgets.openWidgets();
	const shown = page.run(() => interact(({ a }) => a, { a: new Dropdown({ options: ["x", "y"] }) }));
	expect(page.cell.events).toHaveLength(before + 1);
	expect(page.cell.events[before]).toMatchObject({
		kind: "display",
		bundle: { "text/html": expect.stringContaining("x") },
	});
	page.run(() => display(shown));
	expect(page.cell.events).toHaveLength(before + 1);
	expect(shown.controls.a.value).toBe("x");
	expect(shown.widget).toBeInstanceOf(Interactive);
	shown.close();
	expect(widgets.openWidgets()).toBe(open);
});
