import { describe, expect, test, vi } from "vitest";
import { flushOutput, progress, progressBar, withOutput } from "../../../dist/kernel/display";
import { hostile, Recorder } from "../support/recorder";

function record(body: () => void): Recorder {
	const output = new Recorder();
	withOutput(output, body);
	return output;
}

describe("progress", () => {
	test("passes every item through and ends at 100 %, in one display", () => {
		const seen: string[] = [];
		const output = record(() => {
			for (const item of progress(["a", "b", "c"], { label: "letters" })) seen.push(item);
		});
		expect(seen).toEqual(["a", "b", "c"]);
		expect(output.page.length).toBe(1);
		expect(output.page[0]!["text/plain"]).toMatch(/^letters 100% \|█{24}\| 3\/3 {2}\d+ ms/);
		expect(output.page[0]!["text/html"]).toContain(
			'role="progressbar" aria-label="letters" aria-valuemin="0" aria-valuemax="100" aria-valuenow="100"',
		);
	});

	test("counts without a total, counts up to a number, takes sets and options' totals", () => {
		const text = (body: () => void) => record(body).page[0]!["text/plain"];
		function* unknown() {
			yield 1;
			yield 2;
		}
		expect(
			text(() => {
				for (const _ of progress(unknown()));
			}),
		).toMatch(/^2 {2}\d/);
		expect(
			text(() => {
				for (const _ of progress(unknown(), { total: 4 }));
			}),
		).toMatch(/ 50% .* 2\/4 stopped/);
		expect(
			text(() => {
				expect([...progress(3)]).toEqual([0, 1, 2]);
			}),
		).toContain("3/3");
		expect(
			text(() => {
				for (const _ of progress(new Set([1])));
			}),
		).toContain("1/1");
	});

	test("a loop left early shows where it stopped", () => {
		const output = record(() => {
			for (const i of progress(10)) if (i === 3) break;
		});
		expect(output.page[0]!["text/plain"]).toContain("3/10 stopped");
	});

	test("the postfix is asked for when drawn; one that fails does not end the loop", () => {
		let asked = 0;
		const output = record(() => {
			const bar = progress(1000, { postfix: () => ({ loss: 1 / 3, asked: ++asked }) });
			for (const _ of bar);
		});
		expect(output.page[0]!["text/plain"]).toContain("loss 0.3333");
		expect(asked).toBeLessThan(100);
		const failing = record(() => {
			for (const _ of progress(2, {
				postfix: () => {
					throw new Error("no loss yet");
				},
			}));
		});
		expect(failing.page[0]!["text/plain"]).toContain("postfix failed: Error: no loss yet");
	});

	test("bars inside a bar share its display, and leave it when they have ended", () => {
		const output = record(() => {
			for (const _ of progress(2, { label: "epoch" })) {
				const bar = progress(3, { label: "batch" });
				for (const _ of bar) bar.setPostfix({ x: 1 });
			}
		});
		expect(output.page.length).toBe(1);
		expect(output.page[0]!["text/plain"]).toMatch(/^epoch 100%[^\n]*$/);
	});

	test("bars of one cell after another have a display each; a forgotten one adopts no other cell's bars", () => {
		const output = record(() => {
			for (const _ of progress(1));
			for (const _ of progress(1));
			const forgotten = progress(5, { label: "forgotten" })[Symbol.iterator]();
			forgotten.next();
		});
		flushOutput(output);
		withOutput(output, () => {
			for (const _ of progress(1, { label: "next" }));
		});
		expect(output.page.map((bundle) => bundle["text/plain"].trim().split(/\s/)[0])).toEqual([
			"100%",
			"100%",
			"forgotten",
			"next",
		]);
	});

	test("asynchronous iterables", async () => {
		async function* items() {
			yield 1;
			yield 2;
		}
		const output = new Recorder();
		await withOutput(output, async () => {
			const seen: number[] = [];
			for await (const item of progress(items(), { total: 2 })) seen.push(item);
			expect(seen).toEqual([1, 2]);
		});
		expect(output.page[0]!["text/plain"]).toContain("2/2");
	});

	test("bars moved by hand count bytes as MB and stay ended", () => {
		const output = record(() => {
			const bar = progressBar({ label: "download", total: 3 * 2 ** 20, unit: "bytes" });
			bar.advance(3 * 2 ** 20);
			bar.close();
			bar.advance(5);
		});
		expect(output.page.length).toBe(1);
		expect(output.page[0]!["text/plain"]).toContain("3.0 MB/3.0 MB");
	});

	test("at most ten pictures a second", () => {
		vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
		try {
			const output = record(() => {
				for (const _ of progress(450)) vi.advanceTimersByTime(1);
			});
			// At its beginning, after each tenth of a second, at its end.
			expect(output.events.length).toBe(6);
		} finally {
			vi.useRealTimers();
		}
	});

	test("labels and values are escaped", () => {
		const output = record(() => {
			for (const _ of progress(1, { label: hostile, postfix: () => ({ [hostile]: hostile }) }));
		});
		const html = String(output.page[0]!["text/html"]);
		expect(html).not.toMatch(/<img|<script/);
		expect(html).toContain("&lt;img src=x");
	});

	test("what cannot be looped through is named", () => {
		expect(() => progress(1.5)).toThrow("[progress] a count of 1.5");
		expect(() => progress({} as never)).toThrow("[progress] object cannot be looped through");
		expect(() => progress(undefined as never)).toThrow("[progress] undefined cannot be looped through");
	});
});
