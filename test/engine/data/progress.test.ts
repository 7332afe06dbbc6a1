import { expect, test } from "vitest";
import {
	bytesText,
	type ProgressTask,
	reporterFor,
	setProgressReporter,
	silentProgress,
	textProgress,
} from "../../../dist/engine/data/progress";

const task: ProgressTask = { label: "fetching", total: 2_000_000, unit: "bytes" };

function terminal(isTTY: boolean) {
	const written: string[] = [];
	return { written, stream: { isTTY, write: (text: string) => written.push(text) } };
}

test("at a terminal one line is drawn over and over", () => {
	const { written, stream } = terminal(true);
	const bar = textProgress(stream)(task);
	bar.advance(500_000);
	bar.advance(1_500_000);
	bar.end();
	bar.end();
	expect(written[0]).toMatch(/^\r.*fetching {3}25% {2}500 kB of 2\.0 MB/);
	expect(written.at(-1)).toMatch(/fetching {2}100% {2}2\.0 MB of 2\.0 MB .*\n$/);
	// Two steps within a tenth of a second are drawn once.
	expect(written).toHaveLength(2);
});

test("elsewhere a line is written when the work ends", () => {
	const { written, stream } = terminal(false);
	const bar = textProgress(stream)({ label: "asking", unit: "bytes" });
	bar.advance(10);
	bar.end();
	expect(written).toHaveLength(1);
	expect(written[0]).toMatch(/^asking {2}10 B {2}\d+\.\d s\n$/);
});

test("who shows progress can be set, given, or nobody", () => {
	const seen: string[] = [];
	const named = (name: string) => () => {
		seen.push(name);
		return { advance() {}, end() {} };
	};
	const before = setProgressReporter(named("set"));
	reporterFor(true)(task);
	reporterFor(undefined)(task);
	reporterFor(named("given"))(task);
	expect(reporterFor(false)).toBe(silentProgress);
	reporterFor(false)(task);
	expect(seen).toEqual(["set", "set", "given"]);
	expect(typeof setProgressReporter(before)).toBe("function");
});

test.each([
	[0, "0 B"],
	[999, "999 B"],
	[1_000, "1.0 kB"],
	[26_421_880, "26.4 MB"],
	[999_950_000, "1.0 GB"],
	[155_200_000, "155 MB"],
])("%i bytes are %s", (bytes, text) => {
	expect(bytesText(bytes)).toBe(text);
});
