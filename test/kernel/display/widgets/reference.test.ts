import { readFileSync } from "node:fs";
import { join } from "node:path";
import { widgets } from "gradbook/display";
import { describe, expect, test } from "vitest";
import { Page } from "./page";

/*
 * Every widget has the state that ipywidgets' own has (test/reference/widgets/states.py), to begin with and after changes
 * by the kernel and by a page, and sends the same messages.
 */

interface Step {
	step: Record<string, unknown>;
	sent: { method: string; state: Record<string, unknown>; buffers: number }[];
	changed: Record<string, unknown>;
	value?: unknown;
	fails?: boolean;
}
interface Case {
	class: string;
	given: Record<string, unknown>;
	fails?: boolean;
	state: Record<string, unknown>;
	style?: Record<string, unknown>;
	steps: Step[];
}

const file = join(__dirname, "../../../reference/widgets/states.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];
const page = new Page();

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function argumentsOf(given: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(given).map(([name, value]) => {
			if (name === "children")
				return [name, Array.from({ length: value as number }, (_, i) => new widgets.Label(`${i}`))];
			if (value === "bytes") return [name, new Uint8Array([137, 80, 78, 71])];
			// Python casts; a number is no string here.
			return [camelCase(name), name === "width" && typeof value === "number" ? String(value) : value];
		}),
	);
}

/** As the script writes it. */
function plain(value: unknown): unknown {
	if (value instanceof Uint8Array) return { bytes: [...value] };
	if (typeof value === "string") return value.startsWith("IPY_MODEL_") ? "IPY_MODEL" : value;
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

const make = ({ class: name, given }: Case) => {
	const Class = (widgets as unknown as Record<string, new (options: object) => widgets.Model>)[name]!;
	return page.run(() => new Class(argumentsOf(given)));
};

/** Updates that follow one another as one: several properties may go in one message or in several. */
function joined(messages: { method: string; state: Record<string, unknown> }[]) {
	const result: { method: string; state: Record<string, unknown> }[] = [];
	for (const { method, state } of messages) {
		const last = result.at(-1);
		if (method === "update" && last?.method === "update") Object.assign(last.state, state);
		else result.push({ method, state: { ...state } });
	}
	return result;
}

describe.each(cases.map((one) => [`${one.class} ${JSON.stringify(one.given)}`, one] as const))("%s", (_, one) => {
	if (one.fails) {
		test("is refused", () => {
			expect(() => make(one)).toThrow(`[${one.class}]`);
		});
		return;
	}
	test("is as ipywidgets' own", () => {
		const widget = make(one);
		expect(plain(widget.modelState())).toEqual(one.state);
		const { style } = widget as unknown as { style?: widgets.Model };
		expect(style === undefined ? undefined : plain(style.modelState())).toEqual(one.style);
		page.run(() => widget.open());
		page.take();
		let state = one.state;
		for (const { step, changed, sent, value, fails } of one.steps) {
			const apply = () => {
				if ("page" in step) page.update(widget, step.page as Record<string, unknown>);
				else Object.assign(widget, argumentsOf(step));
			};
			if (fails) expect(() => page.run(apply)).toThrow(`[${one.class}]`);
			else page.run(apply);
			widget.flush();
			state = { ...state, ...changed };
			expect(plain(widget.modelState()), JSON.stringify(step)).toEqual(state);
			if (value !== undefined) expect(plain((widget as unknown as { value: unknown }).value)).toEqual(value);
			const messages = page.take(widget).map(({ data }) => ({
				method: data.method as string,
				state: plain(data.state) as Record<string, unknown>,
			}));
			expect(joined(messages), JSON.stringify(step)).toEqual(joined(sent));
		}
		widget.close();
	});
});

test("every widget of the module is among the cases", () => {
	const isWidget = ([, value]: [string, unknown]) =>
		typeof value === "function" && value.prototype instanceof widgets.Model && value !== widgets.Widget;
	const classes = Object.entries(widgets)
		.filter(isWidget)
		.map(([name]) => name);
	const without = classes.filter((name) => !cases.some((one) => one.class === name));
	// A VBox, and links, which have no view and no defaults: other tests here look at their states.
	expect(without.sort()).toEqual(["DirectionalLink", "Interactive", "Link"]);
	expect(classes.length).toBeGreaterThan(40);
});
