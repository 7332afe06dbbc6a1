import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastGet, broadcastShape, build, get, type Model, modelOf, positions, size } from "./model";
import { codes, type Handle, type Name, native, numbers, tensor } from "./support";

/* Chains of views, and what is done to them, against a plain-array model: strides, offsets, broadcasting, overlap. */

interface Pair {
	handle: Handle;
	model: Model;
}

/** One step from a tensor to a view of it; numbers below 1 choose. */
type Step = (x: Pair, choice: (n: number) => number) => Pair;

const without = <T>(list: T[], at: number) => list.filter((_, i) => i !== at);
const withAt = <T>(list: T[], at: number, value: T) => list.toSpliced(at, 0, value);

const steps: Step[] = [
	function transpose(x, choice) {
		const n = x.model.shape.length;
		if (n === 0) return x;
		const [a, b] = [choice(n), choice(n)];
		const swap = <T>(list: T[]) => list.map((v, i) => (i === a ? list[b]! : i === b ? list[a]! : v));
		return {
			handle: native.transpose(x.handle, a - n, b),
			model: build(swap(x.model.shape), (at) => get(x.model, swap(at))),
		};
	},
	function slice(x, choice) {
		const n = x.model.shape.length;
		if (n === 0) return x;
		const d = choice(n);
		const length = x.model.shape[d]!;
		const [start, step] = [choice(length + 1), 1 + choice(3)];
		const end = start + choice(length - start + 1);
		return {
			handle: native.slice(x.handle, d, start, end, step),
			model: build(x.model.shape.with(d, Math.ceil((end - start) / step)), (at) =>
				get(x.model, at.with(d, start + at[d]! * step)),
			),
		};
	},
	function select(x, choice) {
		const n = x.model.shape.length;
		const d = choice(Math.max(n, 1));
		if (n === 0 || x.model.shape[d] === 0) return x;
		const index = choice(x.model.shape[d]!);
		return {
			handle: native.select(x.handle, d, index - x.model.shape[d]!),
			model: build(without(x.model.shape, d), (at) => get(x.model, withAt(at, d, index))),
		};
	},
	function unsqueeze(x, choice) {
		const d = choice(x.model.shape.length + 1);
		if (x.model.shape.length > 5) return x;
		return {
			handle: native.unsqueeze(x.handle, d),
			model: build(withAt(x.model.shape, d, 1), (at) => get(x.model, without(at, d))),
		};
	},
	function squeeze(x) {
		const kept = x.model.shape.map((n, d) => [n, d] as const).filter(([n]) => n !== 1);
		return {
			handle: native.squeeze(x.handle, null),
			model: { shape: kept.map(([n]) => n), values: x.model.values },
		};
	},
	function expand(x, choice) {
		const shape = x.model.shape.map((n) => (n === 1 ? 1 + choice(3) : n));
		if (shape.length < 5) shape.unshift(1 + choice(2));
		return { handle: native.expand(x.handle, shape), model: build(shape, (at) => broadcastGet(x.model, at)) };
	},
	function flatten(x) {
		return {
			handle: native.reshape(
				x.handle,
				[-1].slice(x.model.values.length === 0 ? 1 : 0).concat(x.model.values.length === 0 ? [0] : []),
			),
			model: { shape: [x.model.values.length], values: x.model.values },
		};
	},
	function diagonal(x, choice) {
		const n = x.model.shape.length;
		if (n < 2) return x;
		const offset = choice(3) - 1;
		const [rows, columns] = [x.model.shape[n - 2]!, x.model.shape[n - 1]!];
		const length = Math.max(0, offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns));
		return {
			handle: native.diagonal(x.handle, offset, -2, -1),
			model: build([...x.model.shape.slice(0, -2), length], (at) => {
				const i = at.at(-1)!;
				return get(x.model, [...at.slice(0, -1), i + Math.max(0, -offset), i + Math.max(0, offset)]);
			}),
		};
	},
	function unfold(x, choice) {
		const n = x.model.shape.length;
		const d = choice(Math.max(n, 1));
		if (n === 0 || n > 5 || x.model.shape[d]! < 2) return x;
		const step = 1 + choice(2);
		return {
			handle: native.unfold(x.handle, d, 2, step),
			model: build([...x.model.shape.with(d, Math.floor((x.model.shape[d]! - 2) / step) + 1), 2], (at) =>
				get(x.model, without(at.with(d, at[d]! * step + at.at(-1)!), n)),
			),
		};
	},
];

const fractions = fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 40, maxLength: 40 });
const chains = fc.record({
	shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
	dtype: fc.constantFrom<Name>("float32", "float64", "int64", "uint8", "int16", "float16"),
	steps: fc.array(fc.integer({ min: 0, max: steps.length - 1 }), { maxLength: 6 }),
	fractions,
});
type Chain = typeof chains extends fc.Arbitrary<infer T> ? T : never;

/** A tensor with whole numbers that all types hold, and a view of it. */
function follow(chain: Chain, shift = 1): Pair {
	const values = Array.from({ length: size(chain.shape) }, (_, i) => ((i * 7) % 100) + shift);
	let x: Pair = { handle: tensor(values, chain.shape, chain.dtype), model: { shape: chain.shape, values } };
	let next = 0;
	const choice = (n: number) => Math.floor(chain.fractions[next++ % chain.fractions.length]! * n);
	for (const step of chain.steps) {
		x = steps[step]!(x, choice);
		if (x.model.values.length > 2000) break;
	}
	return x;
}

test("views read what the model reads, by every way of reading", () => {
	fc.assert(
		fc.property(chains, (chain) => {
			const { handle, model } = follow(chain);
			expect(modelOf(handle)).toEqual(model);
			expect(modelOf(native.clone(handle))).toEqual(model);
			expect(modelOf(native.contiguous(handle))).toEqual(model);
			expect(native.isContiguous(native.contiguous(handle))).toBe(true);
			expect(Array.from(native.toData(handle) as ArrayLike<number | bigint>, Number)).toEqual(
				chain.dtype === "float16" ? numbers16(handle) : model.values,
			);
			for (const to of ["float32", "int32", "bool", "bfloat16", "float64"] as Name[]) {
				const expected = to === "bool" ? model.values.map((v) => Number(v !== 0)) : model.values;
				expect(numbers(native.to(handle, codes[to]))).toEqual(expected);
			}
		}),
		{ numRuns: 300 },
	);
});
const numbers16 = (x: Handle) => Array.from(native.toData(native.contiguous(x)) as Uint16Array);

test("pointwise ops on two views broadcast as the model does, whatever their strides", () => {
	fc.assert(
		fc.property(chains, fractions, (chain, more) => {
			const a = follow(chain);
			const shape = a.model.shape.slice(more[0]! < 0.3 && a.model.shape.length > 0 ? 1 : 0);
			const narrowed = shape.map((n, i) => (more[i + 1]! < 0.3 ? 1 : n));
			const values = Array.from({ length: size(narrowed) }, (_, i) => (i % 5) + 1);
			const straight = tensor(values, narrowed, "float32");
			const b: Pair = { handle: straight, model: { shape: narrowed, values } };
			const out = broadcastShape(a.model.shape, b.model.shape);
			const expected = build(out, (at) => broadcastGet(a.model, at) + broadcastGet(b.model, at));
			expect(modelOf(native.add(a.handle, b.handle, 1))).toEqual(expected);
			expect(modelOf(native.add(b.handle, a.handle, 1))).toEqual(expected);
			const less = build(out, (at) => Number(broadcastGet(a.model, at) < broadcastGet(b.model, at) * 20));
			expect(modelOf(native.lt(a.handle, native.mul(b.handle, 20)))).toEqual(less);
			const chosen = native.where(native.lt(a.handle, 50), a.handle, b.handle);
			expect(modelOf(chosen)).toEqual(
				build(out, (at) => (broadcastGet(a.model, at) < 50 ? broadcastGet(a.model, at) : broadcastGet(b.model, at))),
			);
		}),
		{ numRuns: 300 },
	);
});

test("writing through a view changes the elements it shows, and no others", () => {
	fc.assert(
		fc.property(chains, (chain) => {
			const base = tensor(
				Array.from({ length: size(chain.shape) }, (_, i) => i % 90),
				chain.shape,
				chain.dtype,
			);
			// Views that show an element twice are refused; the chains here only drop and reorder.
			let view: Pair = { handle: base, model: build(chain.shape, () => 0) };
			let places: Pair = {
				handle: tensor(
					Array.from({ length: size(chain.shape) }, (_, i) => i),
					chain.shape,
					"int64",
				),
				model: view.model,
			};
			let next = 0;
			for (const step of chain.steps.filter((s) =>
				["transpose", "slice", "select", "unsqueeze", "squeeze", "diagonal"].includes(steps[s]!.name),
			)) {
				const start = next;
				const choice = (n: number) => Math.floor(chain.fractions[next++ % chain.fractions.length]! * n);
				view = steps[step]!(view, choice);
				next = start;
				places = steps[step]!(places, choice);
			}
			const expected = numbers(base);
			for (const place of numbers(places.handle)) expected[place]! += 7;
			native.add(view.handle, 7, 1, view.handle);
			expect(numbers(base)).toEqual(expected);
			for (const place of numbers(places.handle)) expected[place] = 3;
			native.fill_(view.handle, 3);
			expect(numbers(base)).toEqual(expected);
			const source = tensor(
				Array.from({ length: view.model.values.length }, (_, i) => i % 50),
				view.model.shape,
				"float32",
			);
			numbers(places.handle).forEach((place, i) => {
				expected[place] = i % 50;
			});
			native.copy_(view.handle, source);
			expect(numbers(base)).toEqual(expected);
		}),
		{ numRuns: 300 },
	);
});

test("reductions of views, over any dimensions", () => {
	fc.assert(
		fc.property(chains, fractions, (chain, more) => {
			const x = follow(chain, 0);
			const rank = x.model.shape.length;
			const dims = Array.from({ length: rank }, (_, d) => d).filter((d) => more[d]! < 0.5);
			const kept = x.model.shape.map((n, d) => (dims.length === 0 || dims.includes(d) ? 1 : n));
			const groups = new Map<number, number[]>();
			const key = (at: number[]) => at.reduce((sum, i, d) => sum * kept[d]! + (kept[d] === 1 ? 0 : i), 0);
			for (const at of positions(kept)) groups.set(key(at), []);
			for (const at of positions(x.model.shape)) groups.get(key(at))!.push(get(x.model, at));
			const lists = [...groups.values()];
			const wide = native.to(x.handle, codes.float64);
			const check = (got: Handle, each: (list: number[]) => number) => {
				expect(native.shape(got)).toEqual(kept);
				const values = numbers(got);
				lists.forEach((list, i) => {
					expect(values[i]).toBeCloseTo(each(list), 9);
				});
			};
			const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
			check(native.sum(wide, dims, true, -1), sum);
			check(native.sum(x.handle, dims, true, codes.int64), sum);
			if (x.model.values.length > 0) {
				check(native.mean(wide, dims, true, -1), (list) => sum(list) / list.length);
				check(native.amax(x.handle, dims, true), (list) => Math.max(...list));
				check(native.amin(x.handle, dims, true), (list) => Math.min(...list));
				check(native.norm(wide, 2, dims, true), (list) => Math.hypot(...list));
				check(native.var(wide, dims, 0, true), (list) => {
					const mean = sum(list) / list.length;
					return sum(list.map((v) => (v - mean) ** 2)) / list.length;
				});
			}
			check(native.any(x.handle, dims, true), (list) => Number(list.some((v) => v !== 0)));
			check(native.all(x.handle, dims, true), (list) => Number(list.every((v) => v !== 0)));
			expect(numbers(native.sumTo(wide, kept, -1))).toEqual(numbers(native.sum(wide, dims, true, -1)));
			if (rank > 0 && x.model.values.length > 0) {
				const d = Math.floor(more[9]! * rank);
				const rest = x.model.shape.toSpliced(d, 1);
				const along = (at: number[]) =>
					Array.from({ length: x.model.shape[d]! }, (_, i) => get(x.model, withAt(at, d, i)));
				expect(modelOf(native.argmax(x.handle, d, false))).toEqual(
					build(rest, (at) => along(at).indexOf(Math.max(...along(at)))),
				);
				expect(modelOf(native.cumsum(wide, d, -1))).toEqual(
					build(x.model.shape, (at) => sum(along(without(at, d)).slice(0, at[d]! + 1))),
				);
			}
		}),
		{ numRuns: 300 },
	);
});

test("cat, flip, roll, repeat, tril and triu", () => {
	fc.assert(
		fc.property(chains, fractions, (chain, more) => {
			const { handle, model } = follow(chain);
			const rank = model.shape.length;
			const all = model.shape.map((_, d) => d);
			const dims = all.filter((d) => more[d]! < 0.5);
			expect(modelOf(native.flip(handle, dims))).toEqual(
				build(model.shape, (at) =>
					get(
						model,
						at.map((i, d) => (dims.includes(d) ? model.shape[d]! - 1 - i : i)),
					),
				),
			);
			const repeats = [2, ...all.map((d) => 1 + Math.floor(more[d + 10]! * 2))];
			expect(modelOf(native.repeat(handle, repeats))).toEqual(
				build([2, ...all.map((d) => model.shape[d]! * repeats[d + 1]!)], (at) =>
					get(
						model,
						at.slice(1).map((i, d) => i % model.shape[d]!),
					),
				),
			);
			if (rank === 0) return;
			const d = Math.floor(more[20]! * rank);
			const twice = native.cat([handle, native.contiguous(handle)], d);
			expect(modelOf(twice)).toEqual(
				build(model.shape.with(d, 2 * model.shape[d]!), (at) => get(model, at.with(d, at[d]! % model.shape[d]!))),
			);
			expect(modelOf(native.roll(handle, [1], [d]))).toEqual(
				build(model.shape, (at) => get(model, at.with(d, (at[d]! - 1 + model.shape[d]!) % model.shape[d]!))),
			);
			if (rank < 2) return;
			const below = (at: number[]) => at[rank - 1]! <= at[rank - 2]! + 1;
			expect(modelOf(native.tril(handle, 1))).toEqual(build(model.shape, (at) => (below(at) ? get(model, at) : 0)));
			expect(modelOf(native.triu(handle, 2))).toEqual(build(model.shape, (at) => (below(at) ? 0 : get(model, at))));
		}),
		{ numRuns: 200 },
	);
});

test("a transpose of whole tiles and of parts of one is copied element by element", () => {
	for (const name of ["bool", "int16", "float32", "float64"] as const) {
		for (const [rows, columns] of [
			[16, 16],
			[33, 50],
			[64, 15],
		] as const) {
			const values = Array.from({ length: rows * columns }, (_, i) => (name === "bool" ? (i * i) % 2 : i));
			const x = native.transpose(tensor(values, [rows, columns], name), 0, 1);
			const expected = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
			expect(numbers(native.contiguous(x)).map(Number)).toEqual(expected);
		}
	}
});

test("a view that cannot be made says why; bounds are checked", () => {
	const x = native.transpose(tensor([1, 2, 3, 4, 5, 6], [2, 3]), 0, 1);
	expect(() => native.view(x, [6])).toThrow("[view] view size is not compatible with input tensor's size and stride");
	expect(() => native.reshape(x, [4])).toThrow("[reshape] shape [4] is invalid for input of size 6");
	expect(() => native.select(x, 0, 3)).toThrow("[select] index 3 is out of bounds for dimension 0 with size 3");
	expect(() => native.transpose(x, 0, 2)).toThrow(
		"[transpose] Dimension out of range (expected to be in range of [-2, 1], but got 2)",
	);
	expect(() => native.asStrided(x, [3, 3], [3, 1], 0)).toThrow("[asStrided] shape [3, 3]");
	expect(() => native.asStrided(x, [2, 2 ** 40], [2 ** 40, 2 ** 40], 0)).toThrow("overflow");
	expect(() => native.empty([2 ** 31, 2 ** 31, 2 ** 31], codes.float32)).toThrow("overflows");
	expect(() => native.add(x, tensor([1, 2]), 1)).not.toThrow();
	expect(() => native.add(x, tensor([1, 2, 3]), 1)).toThrow(
		"[add] The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1",
	);
	expect(native.shape(native.reshape(native.empty([0, 3], codes.float32), [3, 0, 2]))).toEqual([3, 0, 2]);
	const deep = native.empty(Array(64).fill(1), codes.float32);
	expect(native.dim(native.add(deep, 1, 1))).toBe(64);
});
