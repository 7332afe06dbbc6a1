import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TerminalOutput } from "../../../dist/kernel/display/terminal";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal acts upon.
const codes = /(\u001b\[\d*[AJ]|\n|\r)/;

/** A screen as a reader sees it: lines of text with a cursor that ESC[nA and ESC[J move and clear. */
class Screen {
	lines = [""];
	row = 0;
	readonly columns = 40;
	readonly rows = 20;
	constructor(readonly interactive: boolean) {}
	write(_name: string, text: string): void {
		for (const part of text.split(codes)) {
			const up = /^.\[(\d+)A$/.exec(part);
			if (up) this.row -= Number(up[1]);
			else if (part === "\u001b[J") this.lines = [...this.lines.slice(0, this.row), ""];
			else if (part === "\n") {
				this.row++;
				if (this.row === this.lines.length) this.lines.push("");
			} else if (part !== "\r") this.lines[this.row] += part;
		}
	}
	get text(): string {
		return this.lines.join("\n");
	}
}

const bundle = (text: string) => ({ "text/plain": text });

describe("on a terminal", () => {
	test("updates are drawn in place, of any live display", () => {
		const screen = new Screen(true);
		const output = new TerminalOutput(screen);
		output.display(bundle("a 1"), { displayId: "a" });
		output.display(bundle("b 1\nb more"), { displayId: "b" });
		output.update("a", bundle("a 2"));
		output.update("b", bundle("b 2"));
		expect(screen.text).toBe("a 2\nb 2\n");
	});

	test("text in between settles what was live; later updates come below", () => {
		const screen = new Screen(true);
		const output = new TerminalOutput(screen);
		output.display(bundle("bar 1"), { displayId: "bar" });
		output.stream("stdout", "hello");
		output.update("bar", bundle("bar 2"));
		output.update("bar", bundle("bar 3"));
		expect(screen.text).toBe("bar 1\nhello\nbar 3\n");
	});

	test("long lines are cut, so that the cursor finds its way back", () => {
		const screen = new Screen(true);
		const output = new TerminalOutput(screen);
		output.display(bundle("x".repeat(100)), { displayId: "x" });
		output.update("x", bundle("y".repeat(100)));
		expect(screen.lines[0]).toBe(`${"y".repeat(38)}…`);
	});

	test("clear takes live displays away, with wait only when the next output comes", () => {
		const screen = new Screen(true);
		const output = new TerminalOutput(screen);
		output.display(bundle("old"), { displayId: "o" });
		output.clear(true);
		expect(screen.text).toBe("old\n");
		output.display(bundle("new"));
		expect(screen.text).toBe("new\n");
	});
});

test("where the cursor cannot move, only last states are written", () => {
	const screen = new Screen(false);
	const output = new TerminalOutput(screen);
	output.display(bundle("bar 1"), { displayId: "bar" });
	for (let i = 2; i < 100; i++) output.update("bar", bundle(`bar ${i}`));
	output.stream("stdout", "hello\n");
	output.settle();
	expect(screen.text).toBe("bar 99\nhello\n");
});

test("a plain Node program shows text in order, and the final state at its end", () => {
	const library = join(__dirname, "../../../dist/kernel/views/index.js");
	const program = `
		const { display, plot, progress } = require(${JSON.stringify(library)});
		console.log("before");
		const handle = display("one");
		console.log("between");
		for (const _ of progress(3, { label: "bar" }));
		console.log(plot([{ y: [1, 2] }]));
		handle.update("two");
		process.on("exit", () => console.log("exit"));
	`;
	const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
	expect(stderr).toBe("");
	expect(stdout.replace(/\|.*/, "|")).toBe(
		"before\n'one'\nbetween\nbar 100% |\nPlot: line of 2, 1 to 2, last 2\n'two'\nexit\n",
	);
});
