import { describe, expect, test } from "vitest";
import type { PlainFigure } from "../../../dist/kernel/display/figure/types";
import { Series } from "../../../dist/kernel/display/series";
import { flushOutput, formatResult, liveCurve, plotlyMimeType, withOutput } from "../../../dist/kernel/views";
import { hostile, Recorder } from "../support/recorder";

const figureOf = (bundle: Record<string, unknown> | undefined) => bundle?.[plotlyMimeType] as PlainFigure;

describe("liveCurve", () => {
	test("shows itself where it is made, and its last state in full when the cell ends", async () => {
		const output = new Recorder();
		const curves = withOutput(output, () => liveCurve({ title: "Training" }));
		expect(output.events.length).toBe(1);
		for (let step = 0; step < 10; step++)
			curves.add(step, { loss: 1 / (step + 1), accuracy: { item: () => step / 10 } });
		flushOutput(output);
		expect(output.page.length).toBe(1);
		const [last] = output.page;
		expect(Object.keys(last!).sort()).toEqual([plotlyMimeType, "text/html", "text/plain"]);
		expect(last!["text/plain"]).toBe(
			'Plot "Training" (x: step, y: loss): loss, line of 10, 0.1 to 1, last 0.1; accuracy, line of 10, 0 to 0.9, last 0.9',
		);
		expect(await formatResult(curves)).toBeUndefined();
		expect(figureOf(curves.figure().bundle()).data[0]!.y).toHaveLength(10);
	});

	test("pictures that are soon replaced leave the still picture out", () => {
		const output = new Recorder();
		withOutput(output, () => liveCurve());
		expect(Object.keys(output.bundles[0]!).sort()).toEqual([plotlyMimeType, "text/plain"]);
	});

	test("losses share a panel, accuracies another", () => {
		const curves = withOutput(new Recorder(), () => liveCurve({ logY: ["loss"], y: { loss: "cross-entropy" } }));
		curves.add(0, { "train loss": 1, "test loss": 2, accuracy: 0.5 });
		const { data, layout } = figureOf(curves.figure().bundle());
		expect(data.map((trace) => [trace.name, trace.yaxis])).toEqual([
			["train loss", "y"],
			["test loss", "y"],
			["accuracy", "y2"],
		]);
		expect(layout).toMatchObject({
			grid: { rows: 1, columns: 2 },
			yaxis: { type: "log", title: { text: "cross-entropy" } },
			yaxis2: { title: { text: "accuracy" } },
			showlegend: true,
		});
	});

	test("runs are compared: a colour each, a dash for each metric", () => {
		const curves = withOutput(new Recorder(), () => liveCurve());
		for (const name of ["sgd", "adam"]) curves.run(name).add(0, { loss: 1, "test loss": 2 });
		const { data } = figureOf(curves.figure().bundle());
		const look = data.map((trace) => trace.line as { color: string; dash: string });
		expect(data.map((trace) => trace.name)).toEqual(["sgd: loss", "sgd: test loss", "adam: loss", "adam: test loss"]);
		expect(look[0]!.color).toBe(look[1]!.color);
		expect(look[0]!.color).not.toBe(look[2]!.color);
		expect(look.map((line) => line.dash)).toEqual(["solid", "dash", "solid", "dash"]);
	});

	test("a picture does not grow with the training, and says what a point stands for", () => {
		const output = new Recorder();
		const curves = withOutput(output, () => liveCurve());
		for (let step = 0; step < 200_000; step++) curves.add(step, { loss: step % 7 });
		flushOutput(output);
		const [last] = output.page;
		expect(JSON.stringify(figureOf(last)).length).toBeLessThan(10_000);
		const [note] = figureOf(last).layout.annotations as { text: string }[];
		expect(note!.text).toBe("up to 512 values to a point (their mean)");
	});

	test("NaN is a gap; what is no number is named", () => {
		const curves = withOutput(new Recorder(), () => liveCurve());
		curves.add(0, { loss: Number.NaN });
		expect(figureOf(curves.figure().bundle()).data[0]!.y).toEqual([null]);
		expect(() => curves.add("1" as never, {})).toThrow("[liveCurve] add: the step is '1', expected a number");
		expect(() => curves.add(1, { loss: "2" as never })).toThrow("loss is '2', expected a number or a tensor");
		expect(() => liveCurve({ points: 3 })).toThrow("points: 3, expected an even number");
	});

	test("names are escaped", () => {
		const output = new Recorder();
		const curves = withOutput(output, () => liveCurve({ title: hostile }));
		curves.run(hostile).add(0, { [hostile]: 1 });
		flushOutput(output);
		expect(output.page[0]!["text/html"]).not.toMatch(/<img|<script/);
	});
});

test("a series merges neighbours into their mean and loses none", () => {
	const series = new Series(4);
	for (let i = 0; i < 11; i++) series.add(i, i * 10);
	const { x, y } = series.points();
	expect(series.stride).toBe(4);
	expect(x).toEqual([1.5, 5.5, 9]);
	expect(y).toEqual([15, 55, 90]);
	expect(series.added).toBe(11);
});
