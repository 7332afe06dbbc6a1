import fc from "fast-check";
import * as torch from "gradbook";
import { expect, test } from "vitest";
import { numbersOf } from "../../reference/inputs";

/* Indexing, views and broadcasting against plain arrays: random shapes and indices, fixed seeds. */

const runs = { numRuns: 150, seed: 7 };
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });

/** All positions of a shape, in row-major order. */
function positions(shape: readonly number[]): number[][] {
	return shape.reduce<number[][]>(
		(all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
		[[]],
	);
}

const offset = (shape: readonly number[], at: readonly number[]) =>
	at.reduce((sum, i, dim) => sum * shape[dim]! + i, 0);
const counted = (shape: readonly number[]) => torch.arange(shape.reduce((a, b) => a * b, 1)).view([...shape]);

const slices = fc.record({
	start: fc.option(fc.integer({ min: -5, max: 5 })),
	end: fc.option(fc.integer({ min: -5, max: 5 })),
	step: fc.integer({ min: 1, max: 3 }),
});

function picked(
	size: number,
	{ start, end, step }: { start: number | null; end: number | null; step: number },
): number[] {
	const bound = (value: number | null, open: number) =>
		value === null ? open : Math.min(size, Math.max(0, value < 0 ? value + size : value));
	const found: number[] = [];
	for (let i = bound(start, 0); i < bound(end, size); i += step) found.push(i);
	return found;
}

test("slices pick what Python's slices pick, and writing through them stays inside", () => {
	fc.assert(
		fc.property(shapes, fc.array(slices, { minLength: 3, maxLength: 3 }), (shape, wanted) => {
			const x = counted(shape);
			const kept = shape.map((size, dim) => picked(size, wanted[dim]!));
			const indices = shape.map((_, dim) => torch.slice(wanted[dim]!.start, wanted[dim]!.end, wanted[dim]!.step));
			const found = x.at(...indices);
			expect(found.shape).toEqual(kept.map((list) => list.length));
			const at = positions(found.shape).map((place) => place.map((i, dim) => kept[dim]![i]!));
			expect(numbersOf(found)).toEqual(at.map((place) => offset(shape, place)));
			x.setAt(indices, -1);
			const written = new Set(at.map((place) => offset(shape, place)));
			expect(numbersOf(x)).toEqual(Array.from({ length: x.numel() }, (_, i) => (written.has(i) ? -1 : i)));
		}),
		runs,
	);
});

test("index tensors pick one element for each of their own", () => {
	fc.assert(
		fc.property(shapes, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (shape, numbers) => {
			const x = counted(shape);
			const indices = shape.map((size, dim) => numbers.map((n) => ((n >> dim) % (2 * size)) - size));
			const expected = numbers.map((_, i) =>
				offset(
					shape,
					indices.map((list, dim) => (list[i]! < 0 ? list[i]! + shape[dim]! : list[i]!)),
				),
			);
			expect(numbersOf(x.at(...indices))).toEqual(expected);
		}),
		runs,
	);
});

test("a mask picks its elements in order", () => {
	fc.assert(
		fc.property(shapes, fc.integer({ min: 2, max: 5 }), (shape, every) => {
			const x = counted(shape);
			const mask = x.remainder(every).eq(0);
			const all = Array.from({ length: x.numel() }, (_, i) => i);
			expect(numbersOf(x.at(mask))).toEqual(all.filter((i) => i % every === 0));
			expect(numbersOf(x.clone().setAt(mask, 100))).toEqual(all.map((i) => (i % every === 0 ? 100 : i)));
		}),
		runs,
	);
});

test("operands broadcast as nested loops say", () => {
	fc.assert(
		fc.property(shapes, fc.nat(7), fc.nat(3), (shape, ones, cut) => {
			const left = shape.map((size, dim) => ((ones >> dim) & 1 ? 1 : size));
			const right = shape.slice(Math.min(cut, shape.length));
			const [a, b] = [counted(left), counted(right).mul(1000)];
			const full = torch.broadcastShapes(left, right);
			const expected = positions(full).map((place) => {
				const own = (shape: readonly number[]) =>
					offset(
						shape,
						shape.map((size, dim) => (size === 1 ? 0 : place[place.length - shape.length + dim]!)),
					);
				return own(left) + 1000 * own(right);
			});
			expect(a.add(b).shape).toEqual(full);
			expect(numbersOf(a.add(b))).toEqual(expected);
		}),
		runs,
	);
});

test("views share memory with what they are views of", () => {
	fc.assert(
		fc.property(shapes, (shape) => {
			const x = counted(shape);
			const reversed = shape.map((_, dim) => shape.length - 1 - dim);
			x.permute(reversed).fill_(3);
			x.reshape(-1).at("::2").fill_(4);
			expect(numbersOf(x)).toEqual(Array.from({ length: x.numel() }, (_, i) => (i % 2 === 0 ? 4 : 3)));
		}),
		runs,
	);
});

test("the many-to-one line: the last step of each sequence", () => {
	const x = torch.arange(24).view(2, 3, 4);
	const lengths = torch.tensor([1n, 3n]);
	expect(x.at(torch.arange(2), lengths.sub(1)).tolist()).toEqual([
		[0, 1, 2, 3],
		[20, 21, 22, 23],
	]);
	expect(x.at(0, 0, ":-1").tolist()).toEqual([0, 1, 2]);
});

test("what is no index is refused, with what was given", () => {
	const x = torch.zeros(2, 3);
	expect(() => x.at("1")).toThrow(/"1" is no index/);
	expect(() => x.at(1.5)).toThrow(/\[at\] only integers.*got number 1.5/);
	expect(() => x.at("::-1")).toThrow(/step must be greater than zero/);
	expect(() => x.at(0, 0, 0)).toThrow(/too many indices for tensor of dimension 2/);
	expect(() => x.at(2)).toThrow(/index 2 is out of bounds for dimension 0 with size 2/);
	expect(() => x.at(":", 7)).toThrow(/index 7 is out of bounds for dimension 1 with size 3/);
	expect(() => x.setAt([0], torch.zeros(4))).toThrow(/^\[/);
});

test("ragged data is refused with its position", () => {
	expect(() => torch.tensor([[1, 2], [3]])).toThrow(
		"[tensor] expected sequence of length 2 at dim 1 (got 1), at position [1]",
	);
	expect(() => torch.tensor([[1, 2], 3] as never)).toThrow(
		/expected sequence of length 2 at dim 1, got number 3, at position \[1\]/,
	);
	expect(() => torch.tensor([1, "2"] as never)).toThrow(/got string "2", at position \[1\]/);
	expect(() => torch.tensor(new Uint16Array(2) as never)).toThrow(/Uint16Array has no dtype/);
});

test("data decides the dtype", () => {
	expect(torch.tensor([1, 2]).dtype).toBe(torch.float32);
	expect(torch.tensor([1n, 2n]).dtype).toBe(torch.int64);
	expect(torch.tensor([true, false]).dtype).toBe(torch.bool);
	expect(torch.tensor([true, 2]).dtype).toBe(torch.float32);
	expect(torch.tensor(new Float64Array(2)).dtype).toBe(torch.float64);
	expect(torch.tensor([1, 2], { dtype: torch.int32 }).dtype).toBe(torch.int32);
	expect(torch.tensor([9007199254740993n]).toTypedArray()).toEqual(BigInt64Array.of(9007199254740993n));
	expect(torch.tensor([]).shape).toEqual([0]);
});

test("a value may have more dimensions than the picked elements, of size 1", () => {
	const x = torch.zeros(3, 4, 2).setAt([[-2], [-4, 3], "::"], torch.ones(1, 2, 2));
	expect(x.sum().item()).toBe(4);
	expect(
		torch
			.zeros(3, 4, 2)
			.setAt([[0], [1, 2], 1], torch.ones(1, 2))
			.sum()
			.item(),
	).toBe(2);
});

test.each<[string, (index: torch.Tensor) => torch.Tensor]>([
	["indexSelect", (index) => torch.ones(3, 2).indexSelect(0, index)],
	["indexAdd", (index) => torch.zeros(3).indexAdd(0, index, torch.ones(1))],
	["indexCopy", (index) => torch.zeros(3).indexCopy(0, index, torch.ones(1))],
	["embedding", (index) => torch.nn.functional.embedding(index, torch.ones(3, 2))],
	["embeddingBag", (index) => torch.nn.functional.embeddingBag(index, torch.ones(3, 2), torch.tensor([0n]))],
])("%s takes no index from the end, as PyTorch's", (_, run) => {
	expect(() => run(torch.tensor([-1n]))).toThrow("index -1 is out of bounds for dimension 0 with size 3");
	expect(torch.ones(3, 2).at(torch.tensor([-1n])).shape).toEqual([1, 2]);
});
