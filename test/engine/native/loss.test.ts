import { describe, expect, test } from "vitest";
import { codes, firstDifference, type Handle, native, numbers, repeatable, tensor } from "./support";

/* Cross entropy and its derivative against its definition, written out in plain numbers. */

const [none, mean] = [0, 1];

interface Setting {
	rows: number;
	classes: number;
	weighted: boolean;
	smoothing: number;
	ignore: number;
	reduction: number;
	probabilities: boolean;
	/** Positions behind the classes: [N, C, positions]. */
	positions: number;
}

function settings(): Setting[] {
	const list: Setting[] = [];
	for (const reduction of [0, 1, 2]) {
		for (const weighted of [false, true]) {
			for (const smoothing of [0, 0.1]) {
				for (const probabilities of [false, true]) {
					for (const positions of [1, 3]) {
						const ignore = probabilities ? -100 : 1;
						list.push({ rows: 5, classes: 4, weighted, smoothing, ignore, reduction, probabilities, positions });
					}
				}
			}
		}
	}
	return list;
}

function definition(s: Setting, logits: number[], target: number[], weight: number[]) {
	const { rows, classes: C, positions: P } = s;
	const at = (n: number, c: number, p: number) => (n * C + c) * P + p;
	const losses: number[] = [];
	const pulls: number[] = [];
	const logProbs = logits.slice();
	let total = 0;
	for (let n = 0; n < rows; n++) {
		for (let p = 0; p < P; p++) {
			const row = Array.from({ length: C }, (_, c) => logits[at(n, c, p)]!);
			const log = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
			row.forEach((v, c) => {
				logProbs[at(n, c, p)] = v - log;
			});
			const chosen = target[n * P + p]!;
			const ignored = !s.probabilities && chosen === s.ignore;
			total += s.probabilities ? 1 : ignored ? 0 : weight[chosen]!;
			let loss = 0;
			for (let c = 0; c < C; c++) {
				const share = s.probabilities ? target[at(n, c, p)]! : Number(c === chosen);
				const pull = ignored ? 0 : weight[c]! * ((1 - s.smoothing) * share + s.smoothing / C);
				loss -= pull * logProbs[at(n, c, p)]!;
				pulls[at(n, c, p)] = pull;
			}
			losses.push(loss);
		}
	}
	const scale = s.reduction === mean ? 1 / total : 1;
	const grad = logits.map((_, i) => {
		const [n, p] = [Math.floor(i / (C * P)), i % P];
		let sum = 0;
		for (let c = 0; c < C; c++) sum += pulls[at(n, c, p)]!;
		return scale * (Math.exp(logProbs[i]!) * sum - pulls[i]!);
	});
	return { losses, loss: losses.reduce((a, b) => a + b, 0) * scale, grad, total };
}

describe("cross entropy", () => {
	test.each(settings())("%o", (s) => {
		const next = repeatable(11);
		const { rows, classes: C, positions: P } = s;
		const logits = Array.from({ length: rows * C * P }, () => (next() - 0.5) * 6);
		const weight = Array.from({ length: C }, () => (s.weighted ? 0.5 + next() : 1));
		const target = Array.from({ length: s.probabilities ? rows * C * P : rows * P }, () =>
			s.probabilities ? next() : Math.floor(next() * C),
		);
		const shape = P === 1 ? [rows, C] : [rows, C, P];
		const x = tensor(logits, shape, "float64");
		const y = s.probabilities
			? tensor(target, shape, "float64")
			: tensor(target, P === 1 ? [rows] : [rows, P], "int64");
		const w = s.weighted ? tensor(weight, [C], "float64") : null;
		const expected = definition(s, logits, target, weight);
		const [loss, logProbs, sum] = native.crossEntropy(x, y, w, s.reduction, s.ignore, s.smoothing);
		const wanted = s.reduction === none ? expected.losses : [expected.loss];
		expect(firstDifference(numbers(loss), wanted, 1e-12, 1e-14)).toBeUndefined();
		const ones = native.full(native.shape(loss), 1, codes.float64);
		const backward = (g: Handle) =>
			native.crossEntropyBackward(g, logProbs, y, w, s.reduction, s.ignore, s.smoothing, sum);
		expect(firstDifference(numbers(backward(ones)), expected.grad, 1e-11, 1e-13)).toBeUndefined();
		if (s.probabilities || s.smoothing > 0) return;
		const [nll, total] = native.nllLoss(logProbs, y, w, s.reduction, s.ignore);
		expect(firstDifference(numbers(nll), wanted, 1e-12, 1e-14)).toBeUndefined();
		if (s.reduction === mean) expect(native.item(total)).toBeCloseTo(expected.total, 12);
		// The derivative of the logits is that of the log-probabilities through the softmax.
		const dLogProbs = native.nllLossBackward(ones, logProbs, y, w, s.reduction, s.ignore, total);
		const through = native.logSoftmaxBackward(dLogProbs, logProbs, 1);
		expect(firstDifference(numbers(through), expected.grad, 1e-11, 1e-13)).toBeUndefined();
	});
});

test("in float32, for logits of any size", () => {
	const x = tensor([1000, 0, -1000, 5, 5, 5], [2, 3]);
	const y = tensor([2, 0], undefined, "int64");
	const [loss] = native.crossEntropy(x, y, null, none, -100, 0);
	expect(firstDifference(numbers(loss), [2000, Math.log(3)], 1e-7)).toBeUndefined();
	expect(numbers(native.crossEntropy(x, tensor([1, 1], undefined, "int64"), null, mean, 1, 0)[0])).toEqual([
		Number.NaN,
	]);
	expect(
		native.shape(native.crossEntropy(tensor([1, 2, 3]), tensor([1], [], "int64"), null, mean, -100, 0)[0]),
	).toEqual([]);
});

test("targets that do not fit are errors", () => {
	const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
	const loss = (y: Handle, weight: Handle | null = null) => native.crossEntropy(x, y, weight, mean, -100, 0);
	expect(() => loss(tensor([0, 3], undefined, "int64"))).toThrow("[crossEntropy] Target 3 is out of bounds");
	expect(() => loss(tensor([0, -1], undefined, "int64"))).toThrow("[crossEntropy] Target -1 is out of bounds");
	expect(() => loss(tensor([0, 1, 2], undefined, "int64"))).toThrow(/^\[crossEntropy\] .*\[3\]/);
	expect(() => loss(tensor([0, 1], undefined, "int64"), tensor([1, 2]))).toThrow(/^\[crossEntropy\] .*weight/);
	expect(() => loss(tensor([0, 1], undefined, "int32"))).toThrow(/^\[crossEntropy\] /);
});
