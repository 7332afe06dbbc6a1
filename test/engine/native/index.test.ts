import fc from "fast-check";
import { expect, test } from "vitest";
import { build, get, type Model, modelOf, size } from "./model";
import { codes, type Handle, type Name, native, numbers, tensor } from "./support";

/* Indexing against the plain-array model. */

const long = (values: number[], shape?: number[]) => tensor(values, shape, "int64");

const cases = fc.record({
	shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
	turned: fc.boolean(),
	kinds: fc.array(fc.constantFrom("all", "index", "mask"), { minLength: 4, maxLength: 4 }),
	picks: fc.array(fc.nat(1000), { minLength: 60, maxLength: 60 }),
	count: fc.integer({ min: 0, max: 3 }),
	dtype: fc.constantFrom<Name>("float32", "int64", "bool", "float16"),
});

/** A tensor of a case, plain or transposed, with its model. */
function subject(c: { shape: number[]; turned: boolean; dtype: Name }): { handle: Handle; model: Model } {
	const plain = tensor(
		Array.from({ length: size(c.shape) }, (_, i) => (c.dtype === "bool" ? i % 2 : i)),
		c.shape,
		c.dtype,
	);
	const handle = c.turned ? native.transpose(plain, 0, -1) : plain;
	return { handle, model: modelOf(handle) };
}

test("index tensors, masks and whole dimensions, in any combination, read and written", () => {
	fc.assert(
		fc.property(cases, (c) => {
			const { handle, model } = subject(c);
			let next = 0;
			const pick = (n: number) => c.picks[next++ % c.picks.length]! % n;
			// What each dimension is indexed with: a list of places, or nothing. Masks choose as many places.
			const places = model.shape.map((n, d) => {
				if (c.kinds[d] === "all") return null;
				const list = Array.from({ length: c.count }, () => pick(n));
				return c.kinds[d] === "mask" && c.count <= n ? Array.from({ length: c.count }, (_, i) => i) : list;
			});
			if (places.every((list) => list === null)) return;
			const indices = places.map((list, d) => {
				if (!list) return null;
				if (c.kinds[d] === "mask" && c.count <= model.shape[d]!) {
					return tensor(
						model.shape[d] === 0 ? [] : Array.from({ length: model.shape[d]! }, (_, i) => Number(i < c.count)),
						undefined,
						"bool",
					);
				}
				return long(list.map((i) => (i % 2 ? i - model.shape[d]! : i)));
			});
			const indexed = places.map((list, d) => (list ? d : -1)).filter((d) => d >= 0);
			const adjacent = indexed.at(-1)! - indexed[0]! === indexed.length - 1;
			const at = adjacent ? indexed[0]! : 0;
			const rest = model.shape.map((_, d) => d).filter((d) => !places[d]);
			const shape = rest.map((d) => model.shape[d]!).toSpliced(at, 0, c.count);
			const source = (position: number[]) => {
				const others = position.toSpliced(at, 1);
				return model.shape.map((_, d) => (places[d] ? places[d]![position[at]!]! : others[rest.indexOf(d)]!));
			};
			expect(modelOf(native.index(handle, indices))).toEqual(build(shape, (p) => get(model, source(p))));
			if (c.dtype === "bool") return;

			const values = build(shape, (p) => p.reduce((a, b) => a * 3 + b, 5));
			const expected = build(model.shape, (p) => get(model, p));
			const flat = (p: number[]) => p.reduce((sum, i, d) => sum * model.shape[d]! + i, 0);
			const positions = build(shape, () => 0);
			positions.values = Array.from(
				(function* () {
					for (let i = 0; i < size(shape); i++) {
						const p: number[] = [];
						for (let d = shape.length - 1, left = i; d >= 0; d--) {
							p.unshift(left % shape[d]!);
							left = Math.floor(left / shape[d]!);
						}
						yield flat(source(p));
					}
				})(),
			);
			const target = native.clone(handle);
			native.indexPut_(target, indices, tensor(values.values, shape, c.dtype), true);
			positions.values.forEach((place, i) => {
				expected.values[place]! += values.values[i]!;
			});
			expect(modelOf(target)).toEqual(expected);
			native.indexPut_(target, indices, tensor([9], [], c.dtype), false);
			for (const place of positions.values) expected.values[place] = 9;
			expect(modelOf(target)).toEqual(expected);
		}),
		{ numRuns: 300 },
	);
});

test("along one dimension: indexSelect, indexAdd_, gather, scatter_, scatterAdd_", () => {
	fc.assert(
		fc.property(cases, (c) => {
			if (c.dtype === "bool") return;
			const { handle, model } = subject(c);
			const d = c.picks[59]! % model.shape.length;
			const n = model.shape[d]!;
			const list = Array.from({ length: c.count + 1 }, (_, i) => c.picks[i]! % n);
			expect(modelOf(native.indexSelect(handle, d, long(list)))).toEqual(
				build(model.shape.with(d, list.length), (p) => get(model, p.with(d, list[p[d]!]!))),
			);
			const added = native.clone(handle);
			native.indexAdd_(added, d, long(list), native.full(model.shape.with(d, list.length), 2, codes[c.dtype]), 3);
			expect(modelOf(added)).toEqual(
				build(model.shape, (p) => get(model, p) + 6 * list.filter((i) => i === p[d]).length),
			);
			const wide = model.shape.with(d, list.length);
			const chosen = build(wide, (p) => c.picks[p.reduce((a, b) => a + b, 0) % 60]! % n);
			const index = long(chosen.values, wide);
			const gathered = build(wide, (p) => get(model, p.with(d, get(chosen, p))));
			expect(modelOf(native.gather(handle, d, index))).toEqual(gathered);
			// Written back where it was read, nothing changes.
			const same = native.clone(handle);
			native.scatter_(same, d, index, native.gather(handle, d, index));
			expect(modelOf(same)).toEqual(model);
			const counts = native.full(model.shape, 0, codes[c.dtype]);
			native.scatterAdd_(counts, d, index, native.full(wide, 1, codes[c.dtype]));
			expect(modelOf(counts)).toEqual(
				build(model.shape, (p) => {
					let hits = 0;
					for (let i = 0; i < list.length; i++) hits += Number(get(chosen, p.with(d, i)) === p[d]);
					return hits;
				}),
			);
		}),
		{ numRuns: 200 },
	);
});

test("masks of several dimensions, and of none", () => {
	const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
	const mask = tensor([0, 1, 0, 1, 0, 1], [2, 3], "bool");
	expect(numbers(native.index(x, [mask]))).toEqual([2, 4, 6]);
	expect(numbers(native.maskedSelect(x, tensor([1, 0, 1], undefined, "bool")))).toEqual([1, 3, 4, 6]);
	expect(native.shape(native.nonzero(mask))).toEqual([3, 2]);
	expect(numbers(native.nonzero(mask))).toEqual([0, 1, 1, 0, 1, 2]);
	expect(native.shape(native.index(x, [tensor([1], [], "bool")]))).toEqual([1, 2, 3]);
	expect(native.shape(native.index(x, [tensor([0], [], "bool")]))).toEqual([0, 2, 3]);
	expect(native.shape(native.nonzero(tensor([5], [])))).toEqual([1, 0]);
	native.maskedFill_(x, mask, 0.5);
	expect(numbers(x)).toEqual([1, 0.5, 3, 0.5, 5, 0.5]);
	native.maskedFill_(native.transpose(x, 0, 1), tensor([1, 0], undefined, "bool"), tensor([7], []));
	expect(numbers(x)).toEqual([7, 7, 7, 0.5, 5, 0.5]);
});

test("embeddings and one-hot rows", () => {
	const weight = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
	const index = long([2, 0, 2, 1], [2, 2]);
	const looked = native.embedding(weight, index);
	expect([native.shape(looked), numbers(looked)]).toEqual([
		[2, 2, 2],
		[5, 6, 1, 2, 5, 6, 3, 4],
	]);
	const grad = native.full([2, 2, 2], 1, codes.float32);
	expect(numbers(native.embeddingBackward(grad, index, 4, 1))).toEqual([1, 1, 0, 0, 2, 2, 0, 0]);
	expect(numbers(native.oneHot(long([1, 0]), 3))).toEqual([0, 1, 0, 1, 0, 0]);
	expect(() => native.oneHot(long([3]), 3)).toThrow("[oneHot] class values must be");
});

test("places that are not there, and types that do not fit, are errors", () => {
	const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
	expect(() => native.index(x, [long([2])])).toThrow("[index] index 2 is out of bounds for dimension 0 with size 2");
	expect(() => native.index(x, [null, long([-4])])).toThrow("index -4 is out of bounds");
	expect(() => native.index(x, [tensor([0.5])])).toThrow("tensors used as indices must be of an integer type or bool");
	expect(() => native.index(x, [tensor([1, 0, 1], undefined, "bool")])).toThrow("The shape of the mask [3] at index 0");
	expect(() => native.index(x, [long([0]), long([0]), long([0])])).toThrow(
		"too many indices for tensor of dimension 2",
	);
	expect(() => native.index(x, [long([0, 1]), long([0, 1, 2])])).toThrow("[index] The size of tensor a (2)");
	expect(() => native.gather(x, 1, long([3, 0], [2, 1]))).toThrow(
		"[gather] index 3 is out of bounds for dimension 1 with size 3",
	);
	expect(() => native.scatter_(x, 1, long([-1], [1, 1]), 1)).toThrow("[scatter_] index -1 is out of bounds");
	expect(() => native.indexPut_(x, [long([0])], tensor([1, 2], undefined, "float64"), false)).toThrow("dtypes match");
	const wide = native.expand(tensor([1]), [3]);
	expect(() => native.indexPut_(wide, [long([0])], tensor([1]), false)).toThrow("more than one element");
	expect(numbers(x)).toEqual([1, 2, 3, 4, 5, 6]);
});
