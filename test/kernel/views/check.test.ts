import * as torch from "gradbook";
import { check, claim } from "gradbook/display";
import { expect, test } from "vitest";
import { withOutput } from "../../../dist/kernel/display/output";
import { hostile, Recorder } from "../support/recorder";

function lines(body: () => void): string[] {
	const recorder = new Recorder();
	withOutput(recorder, body);
	return recorder.bundles.map((bundle) => String(bundle["text/plain"]));
}

test("a result that agrees is a line that says whose it is", () => {
	expect(lines(() => check("gradients", torch.tensor([6, 36, 114]), [6, 36, 114]))).toEqual([
		"✓ gradients: [6, 36, 114] (PyTorch)",
	]);
	expect(lines(() => check("a count", torch.tensor([3n]), [3], { by: "the notes" }))).toEqual([
		"✓ a count: [3] (the notes)",
	]);
	expect(lines(() => check("long", torch.arange(8), [0, 1, 2, 3, 4, 5, 6, 7]))).toEqual([
		"✓ long: [0, 1, 2, 3, 4, 5, … 2 more] (PyTorch)",
	]);
	expect(lines(() => check("I", torch.eye(4), torch.eye(4)))).toEqual(["✓ I: 4 × 4 values agree (PyTorch)"]);
	expect(lines(() => check("flags", torch.tensor([true, false]), [true, false]))).toHaveLength(1);
	expect(lines(() => check("text", "ReLU()", "ReLU()"))).toEqual(["✓ text: ReLU() (PyTorch)"]);
});

test("four digits count, or as many as asked for", () => {
	expect(lines(() => check("loss", 0.67654, 0.6766))).toHaveLength(1);
	expect(() => check("loss", 0.6765, 0.6769)).toThrow("loss: expected 0.6769, got 0.6765 (PyTorch)");
	expect(lines(() => check("loss", 0.68, 0.6769, { atol: 0.01 }))).toHaveLength(1);
	expect(lines(() => check("odd", [Number.NaN, Infinity], [Number.NaN, Infinity]))).toHaveLength(1);
	expect(() => check("odd", [Infinity], [-Infinity])).toThrow("at [0] expected -Infinity, got Infinity");
});

test("what differs is named by its place", () => {
	expect(() =>
		check(
			"m",
			torch.tensor([
				[1, 2],
				[3, 4],
			]),
			[
				[1, 2],
				[3, 5],
			],
		),
	).toThrow("m: at [1][1] expected 5, got 4");
	expect(() => check("m", [1, 2], [1])).toThrow("expected 1 elements, got 2");
	expect(() => check("m", 1, [1])).toThrow("expected [1], got 1");
	expect(() => check("t", "a", "b")).toThrow("t: expected b, got a");
});

test("a claim says its figures, also where it fails", () => {
	expect(lines(() => claim("faster", true, { momentum: 12, plain: 97.25 }))).toEqual([
		"✓ faster: momentum = 12, plain = 97.25",
	]);
	expect(() => claim("faster", false, { momentum: 12 })).toThrow("not so: faster; momentum = 12");
});

test("texts are escaped", () => {
	const recorder = new Recorder();
	withOutput(recorder, () => claim(hostile, true));
	expect(String(recorder.bundles[0]!["text/html"])).not.toContain("<img");
});
