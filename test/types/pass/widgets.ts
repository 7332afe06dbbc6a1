/* Types of widgets and of interact's function, which follow from its controls. */
import {
	Button,
	Dropdown,
	fixed,
	IntRangeSlider,
	IntSlider,
	interact,
	interactive,
	SelectMultiple,
	Text,
	VBox,
} from "gradbook/display";

const exactly =
	<T>() =>
	<S>(_value: S & ([S] extends [T] ? ([T] extends [S] ? unknown : never) : never)): void => {};

interact(
	({ p, act, on, n, name, size, mode, pair, data, many, mapped }) => {
		exactly<number>()(p);
		exactly<"relu" | "gelu">()(act);
		exactly<boolean>()(on);
		exactly<number>()(n);
		exactly<string>()(name);
		exactly<32 | 512>()(size);
		exactly<"a" | "b">()(mode);
		exactly<readonly [number, number]>()(pair);
		exactly<Date>()(data);
		exactly<readonly (1 | 2)[]>()(many);
		exactly<number>()(mapped);
	},
	{
		p: [0, 0.9, 0.1],
		act: ["relu", "gelu"],
		on: true,
		n: 5,
		name: "x",
		size: { small: 32, large: 512 },
		mode: new Dropdown({ options: ["a", "b"] }),
		pair: new IntRangeSlider(),
		data: fixed(new Date()),
		many: new SelectMultiple({ options: [1, 2] }),
		mapped: new Map([["one", 1]]),
	},
);

// A function that takes less, or says what it takes.
interact(({ p }: { p: number }) => p, { p: [0, 1], other: true });
const handle = interactive(async ({ k }) => k * 2, { k: [1, 9] }, { manual: true });
exactly<number>()(handle.controls.k.value);
exactly<number>()(handle.values.k);

const slider = new IntSlider(3, { max: 10, layout: { width: "50%" }, style: { handleColor: "red" } });
slider.observe(({ old, new: now, owner }) => {
	exactly<number>()(old);
	exactly<number>()(now);
	exactly<IntSlider>()(owner);
}, "value");
slider.set({ min: 1, value: 2 });
const dropdown = new Dropdown({
	options: [
		["small", 1],
		["large", 2],
	],
});
exactly<1 | 2 | null>()(dropdown.value);
new Button({ description: "Go", buttonStyle: "primary" }).onClick((button) => exactly<Button>()(button));
new VBox([slider, dropdown, new Text("x")], { boxStyle: "info" });
