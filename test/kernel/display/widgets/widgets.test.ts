import {
	Accordion,
	Button,
	Dropdown,
	display,
	dlink,
	FloatProgress,
	formatValue,
	HBox,
	HTML,
	Image,
	IntSlider,
	IntText,
	jsdlink,
	jslink,
	Label,
	link,
	Output,
	Password,
	Play,
	SelectMultiple,
	Tab,
	Text,
	VBox,
	widgets,
} from "gradbook/display";
import { afterEach, describe, expect, test } from "vitest";
import { receiveComm } from "../../../../dist/kernel/display/comm";
import { flushOutput } from "../../../../dist/kernel/display/live";
import { hostile } from "../../support/recorder";
import { Page } from "./page";

const page = new Page();
const view = "application/vnd.jupyter.widget-view+json";

afterEach(() => {
	page.run(() => widgets.closeAllWidgets());
	page.take();
	expect(widgets.openWidgets()).toBe(0);
});

const shown = <T extends widgets.Widget>(widget: T): T => {
	page.run(() => display(widget));
	page.take();
	return widget;
};
const states = () => page.take().map(({ id, data }) => ({ id, method: data.method, state: data.state }));

describe("showing a widget", () => {
	test("makes its parts known first, then itself, then shows the view with text and a still beside it", () => {
		const slider = new IntSlider(3, { description: "p" });
		const box = new VBox([slider, new Label("below")]);
		expect(page.packets).toEqual([]);
		const before = page.cell.events.length;
		page.run(() => display(box));
		const opened = page.take();
		expect(opened.map(({ type, target, metadata }) => [type, target, metadata.version])).toEqual(
			Array(8).fill(["comm_open", "jupyter.widget", "2.1.0"]),
		);
		const names = opened.map(({ data }) => (data.state as { _model_name: string })._model_name);
		expect(names.indexOf("VBoxModel")).toBe(7);
		expect(names.indexOf("SliderStyleModel")).toBeLessThan(names.indexOf("IntSliderModel"));
		const state = opened[7]!.data.state as { children: string[]; layout: string };
		expect(state.children[0]).toBe(`IPY_MODEL_${slider.modelId}`);
		expect(state.layout).toBe(`IPY_MODEL_${box.layout.modelId}`);
		const event = page.cell.events[before] as { bundle: Record<string, unknown> };
		expect(event.bundle[view]).toEqual({ version_major: 2, version_minor: 0, model_id: box.modelId });
		expect(event.bundle["text/plain"]).toBe(
			"VBox(children=[ IntSlider(value=3, description='p'), Label(value='below') ])",
		);
		expect(event.bundle["text/html"]).toContain("3 (0 to 100)");
	});

	test("twice opens it once; without a kernel's output there is no view", () => {
		const slider = shown(new IntSlider());
		page.run(() => display(slider));
		expect(page.take()).toEqual([]);
		expect(formatValue(slider)).not.toHaveProperty(view);
	});
});

describe("a property", () => {
	test("goes to pages when it is set, and only when it changes", () => {
		const slider = shown(new IntSlider(3));
		slider.value = 3;
		expect(states()).toEqual([]);
		slider.value = 4;
		expect(states()).toEqual([{ id: slider.modelId, method: "update", state: { value: 4 } }]);
	});

	test("set in a loop goes out now and then, and its last value when the cell ends", () => {
		const bar = shown(new FloatProgress(0, { max: 1e5 }));
		page.run(() => {
			for (let i = 1; i <= 1e5; i++) bar.value = i;
			flushOutput(page.cell);
		});
		const sent = states();
		expect(sent.length).toBeLessThan(100);
		expect(sent.at(-1)!.state).toEqual({ value: 1e5 });
	});

	test("of layout and style too", () => {
		const slider = shown(new IntSlider({ layout: { width: "50%" }, style: { descriptionWidth: "initial" } }));
		expect(slider.layout.width).toBe("50%");
		slider.layout.width = "60%";
		slider.style.handleColor = "red";
		expect(states()).toEqual([
			{ id: slider.layout.modelId, method: "update", state: { width: "60%" } },
			{ id: slider.style.modelId, method: "update", state: { handle_color: "red" } },
		]);
	});

	test("of the wrong kind is refused, with its name and what was expected", () => {
		const set = (body: () => unknown) => expect(body);
		set(() => new IntSlider({ value: "3" as never })).toThrow("[IntSlider] value: expected a number, got '3'");
		set(() => new IntSlider({ vale: 3 } as never)).toThrow('[IntSlider] there is no property "vale"; it has ');
		set(() => new IntSlider({ min: 5, max: 1 })).toThrow("[IntSlider] min 5 is larger than max 1");
		set(() => new FloatProgress({ barStyle: "x" as never })).toThrow(
			'[FloatProgress] barStyle: expected one of "", "success"',
		);
		set(() => new Dropdown({ options: ["a"], value: "b" as never })).toThrow(
			"[Dropdown] value: expected one of 'a', got 'b'",
		);
		set(() => new HBox([3 as never])).toThrow("[HBox] children[0]: expected a widget, got 3");
		set(() => jslink([new Play(), "speed" as never], [new IntSlider(), "value"])).toThrow(
			"[Link] source: Play has no property 'speed'",
		);
		set(() => new Image({ value: "png" as never })).toThrow("[Image] value: expected bytes");
		const slider = new IntSlider(5);
		set(() => {
			slider.max = Number.NaN;
		}).toThrow("[IntSlider] max: expected a number, got NaN");
		expect([slider.value, slider.max]).toEqual([5, 100]);
	});

	test("several at once are checked together", () => {
		const slider = shown(new IntSlider(5, { max: 10 }));
		slider.set({ min: 20, max: 30, value: 25 });
		expect(states().map(({ state }) => state)).toEqual([{ min: 20, max: 30, value: 25 }]);
	});
});

describe("a page's change", () => {
	test("is echoed, set, and told to observers, in their cells", () => {
		const slider = shown(new IntSlider(3));
		const seen: unknown[] = [];
		const output = page.cell.events.length;
		page.run(() => {
			slider.observe(({ name, old, new: now, owner }) => seen.push([name, old, now, owner === slider]), "value");
			slider.observe(({ new: now }) => display(`now ${now}`), "value");
			slider.observe(({ name }) => seen.push(name));
		});
		page.update(slider, { value: 9 });
		expect(states()).toEqual([{ id: slider.modelId, method: "echo_update", state: { value: 9 } }]);
		expect(seen).toEqual([["value", 3, 9, true], "value"]);
		expect(page.cell.events.slice(output)).toMatchObject([{ kind: "display", bundle: { "text/plain": "'now 9'" } }]);
	});

	test("that an observer throws at does not reach the others' way, nor the setter's", () => {
		const slider = shown(new IntSlider(3));
		const seen: number[] = [];
		page.run(() => {
			slider.observe(() => {
				throw new Error("observer");
			}, "value");
			slider.observe(({ new: now }) => seen.push(now), "value");
		});
		page.update(slider, { value: 4 });
		slider.value = 5;
		expect(seen).toEqual([4, 5]);
		expect(page.errors.splice(0).map(String)).toEqual(["Error: observer", "Error: observer"]);
	});

	test("ends with unobserve", () => {
		const slider = shown(new IntSlider(3));
		const seen: number[] = [];
		const handler = ({ new: now }: { new: number }) => seen.push(now);
		slider.observe(handler, "value");
		slider.value = 4;
		slider.unobserve(handler, "value");
		slider.value = 5;
		expect(seen).toEqual([4]);
		expect(() => slider.observe(handler, "speed" as never)).toThrow('there is no property "speed"');
	});

	test("that makes no sense leaves the value and tells the page how things are", () => {
		const slider = shown(new IntSlider(3));
		expect(() => page.update(slider, { value: "much" })).toThrow("[IntSlider] value: expected a number, got 'much'");
		expect(states().at(-1)).toEqual({ id: slider.modelId, method: "update", state: { value: 3 } });
		for (const data of [
			{ method: "update" },
			{ method: "jump" },
			{ method: "update", state: {}, buffer_paths: [["a"]] },
		]) {
			expect(() => page.send(slider.modelId, data)).toThrow();
		}
		page.send(slider.modelId, { method: "update", state: JSON.parse('{"__proto__": {"value": 1}}') });
		expect(slider.value).toBe(3);
	});

	test("may bring bytes", () => {
		const image = shown(new Image(new Uint8Array([1, 2])));
		const data = { method: "update", state: {}, buffer_paths: [["value"]] };
		page.send(image.modelId, data, [new Uint8Array([3, 4, 5])]);
		expect([...image.value]).toEqual([3, 4, 5]);
		const echo = page.take(image)[0]!;
		expect(echo.data).toEqual({ method: "echo_update", state: {}, buffer_paths: [["value"]] });
		expect([...echo.buffers[0]!]).toEqual([3, 4, 5]);
	});
});

test("clicks", () => {
	const button = shown(new Button({ description: "Go" }));
	let clicks = 0;
	const off = page.run(() => button.onClick((clicked) => (clicks += clicked === button ? 1 : 0)));
	page.run(() => button.on("click", () => clicks++));
	page.send(button.modelId, { method: "custom", content: { event: "click" } });
	expect(clicks).toBe(2);
	off();
	button.click();
	expect(clicks).toBe(3);
	expect(() => button.on("press" as never, () => {})).toThrow('expected "click", got "press"');
});

describe("a page that comes late", () => {
	const control = (version: string) =>
		receiveComm({
			type: "comm_open",
			id: "control",
			target: "jupyter.widget.control",
			data: {},
			metadata: { version },
			buffers: [],
		});

	test("gets every state, with bytes", () => {
		const image = shown(new Image(new Uint8Array([1, 2])));
		const tab = shown(new Tab([image]));
		tab.titles = ["a"];
		page.take();
		control("1.0.0");
		page.send("control", { method: "request_states" });
		const { data, buffers } = page.take().at(-1)!;
		expect(data.method).toBe("update_states");
		const all = data.states as Record<string, { model_name: string; state: Record<string, unknown> }>;
		expect(Object.keys(all)).toHaveLength(widgets.openWidgets());
		expect(all[tab.modelId]).toMatchObject({
			model_name: "TabModel",
			model_module: "@jupyter-widgets/controls",
			model_module_version: "2.0.0",
			state: { titles: ["a"], children: [`IPY_MODEL_${image.modelId}`] },
		});
		expect(data.buffer_paths).toEqual([[image.modelId, "state", "value"]]);
		expect([...buffers[0]!]).toEqual([1, 2]);
		expect(() => page.send("control", { method: "other" })).toThrow("unknown method");
		receiveComm({ type: "comm_close", id: "control", data: {}, metadata: {}, buffers: [] });
	});

	test("of another protocol is refused", () => {
		expect(() => control("2.0.0")).toThrow('the page speaks version "2.0.0"');
		expect(page.take().map(({ type }) => type)).toEqual(["comm_close"]);
	});

	test("may ask for one", () => {
		const slider = shown(new IntSlider(3));
		page.send(slider.modelId, { method: "request_state" });
		expect(states()[0]).toMatchObject({ method: "update", state: { value: 3, max: 100, readout_format: "d" } });
	});
});

describe("links", () => {
	test("in the pages are widgets that go with their ends", () => {
		const [play, slider] = [new Play(), new IntSlider()];
		page.run(() => jslink([play, "value"], [slider, "value"]));
		const opened = page.take().at(-1)!;
		expect(opened.data.state).toEqual({
			_model_module: "@jupyter-widgets/controls",
			_model_module_version: "2.0.0",
			_model_name: "LinkModel",
			_view_count: null,
			_view_module: "@jupyter-widgets/controls",
			_view_module_version: "2.0.0",
			_view_name: null,
			source: [`IPY_MODEL_${play.modelId}`, "value"],
			target: [`IPY_MODEL_${slider.modelId}`, "value"],
		});
		const one = page.run(() => jsdlink([slider, "value"], [new Dropdown({ options: ["a", "b"] }), "index"]));
		expect(one.isOpen).toBe(true);
		slider.close();
		expect(one.isOpen).toBe(false);
	});

	test("in the kernel copy values, both ways or one, until they are ended", () => {
		const [a, b, c] = [new IntSlider(3), new IntText(9), new Text()];
		const end = link([a, "value"], [b, "value"]);
		dlink([a, "value"], [c, "value"], (value) => `is ${value}`);
		expect([a.value, b.value, c.value]).toEqual([3, 3, "is 3"]);
		b.value = 7;
		expect([a.value, c.value]).toEqual([7, "is 7"]);
		end();
		b.value = 8;
		expect(a.value).toBe(7);
	});
});

describe("Output", () => {
	const last = (out: Output) => (page.take(out).at(-1)?.data.state as { outputs: unknown[] } | undefined)?.outputs;

	test("takes what a function prints, shows and throws", async () => {
		const out = shown(new Output());
		const given = page.run(() =>
			out.run(() => {
				display("shown");
				return 5;
			}),
		);
		expect(given).toBe(5);
		out.flush();
		const item = { output_type: "display_data", data: { "text/plain": "'shown'" }, metadata: {} };
		expect(last(out)).toEqual([item]);
		page.run(() =>
			out.run(() => {
				throw new Error("inside");
			}),
		);
		out.flush();
		expect(last(out)).toEqual([
			item,
			{ output_type: "error", ename: "Error", evalue: "Error: inside", traceback: ["Error: inside"] },
		]);
		page.errors.splice(0);
		const later = out.capture(async (text: string) => {
			await null;
			display(text);
		});
		await page.run(() => later("later"));
		expect(out.outputs).toHaveLength(3);
		out.clearOutput();
		out.flush();
		expect(last(out)).toEqual([]);
	});

	test("replaces without an empty picture in between, and updates displays in place", () => {
		const out = shown(new Output());
		const picture = (text: string) => () => {
			display(text, { id: "one" });
			display("second");
		};
		page.run(() => out.run(picture("a"), { clear: true }));
		page.run(() => out.run(picture("b"), { clear: true }));
		const sizes = page.take(out).map(({ data }) => (data.state as { outputs: unknown[] }).outputs.length);
		expect(sizes).toEqual([2, 2]);
		page.run(() => out.run(() => display("c", { id: "one" }).update("d")));
		expect(out.outputs.map((item) => "data" in item && item.data["text/plain"])).toEqual(["'b'", "'second'", "'d'"]);
		page.run(() => out.run(() => {}, { clear: true }));
		expect(out.outputs).toEqual([]);
	});
});

describe("closing", () => {
	test("tells the pages, with layout and style, and leaves nothing behind", () => {
		const slider = shown(new IntSlider(3));
		slider.close();
		expect(page.take().map(({ type }) => type)).toEqual(["comm_close", "comm_close", "comm_close"]);
		slider.value = 4;
		expect(page.take()).toEqual([]);
		expect(widgets.openWidgets()).toBe(0);
	});

	test("by the page ends it here", () => {
		const slider = shown(new IntSlider(3));
		receiveComm({ type: "comm_close", id: slider.modelId, data: {}, metadata: {}, buffers: [] });
		expect(slider.isOpen).toBe(false);
	});

	test("a thousand widgets, shown and closed, leave none", () => {
		for (let i = 0; i < 1000; i++) shown(new IntSlider(i % 100)).close();
		expect(widgets.openWidgets()).toBe(0);
	});
});

describe("the still", () => {
	const html = (widget: widgets.Widget) =>
		String(formatValue(widget)["text/html"]).replace(/<style>[\s\S]*<\/style>/, "");

	test("shows values as they are", () => {
		expect(html(new Dropdown({ options: ["relu", "gelu"], description: "act" }))).toBe(
			'<div class="gradbook-widget"><div class="line"><span class="label">act</span><span class="field">relu</span> <span class="other">gelu</span></div></div>',
		);
		expect(html(new Tab([new Label("x")], { titles: ["First"] }))).toContain("<h4>First</h4>");
		expect(html(new FloatProgress(1, { max: 4 }))).toContain("width:25%");
		expect(html(new HTML("<b>bold</b>"))).toContain("<b>bold</b>");
		expect(html(new SelectMultiple({ options: [1, 2], value: [2] }))).toContain('<span class="field">2</span>');
		expect(html(new Image(new Uint8Array([1])))).toContain("data:image/png;base64,AQ==");
		const out = new Output();
		out.run(() => page.run(() => out.run(() => display("in the area"))));
		expect(html(new Accordion([out]))).toContain("in the area");
	});

	test("never shows a password", () => {
		const password = new Password("secret");
		expect(JSON.stringify(formatValue(password))).not.toContain("secret");
		expect(html(password)).toContain("••••••");
	});

	test("escapes what comes from data", () => {
		const all = new VBox([
			new Label(hostile),
			new Text(hostile, { description: hostile }),
			new Dropdown({ options: [hostile] }),
			new Button({ description: hostile }),
			new Tab([new Label()], { titles: [hostile] }),
			new widgets.ColorPicker(hostile),
			new Image({ value: new Uint8Array([1]), format: hostile, width: hostile }),
		]);
		expect(html(all)).not.toMatch(/<img src=x|<script/);
	});

	test("of a box that leads back to itself ends", () => {
		const box = new VBox([]);
		box.children = [box];
		expect(html(box)).toContain("gradbook-widget");
	});
});
