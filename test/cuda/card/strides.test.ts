import * as torch from "gradbook";
import { expect, test } from "vitest";

/*
 * Pointwise ops, copies and fills over tensors whose elements do not all lie behind each other: a card takes several at a time,
 * squares by way of shared memory, and single ones where rows are short. It and the host agree.
 */

const { bfloat16, bool, float16, float32, float64, int16, int64, uint8 } = torch;
const cpu = { device: "cpu" } as const;

/** Pairs of shapes that broadcast: rows, columns, channels, short rows, odd lengths. */
const broadcasts = [
	[[9, 64], [64]],
	[
		[9, 64],
		[9, 1],
	],
	[[7, 33], [33]],
	[
		[7, 33],
		[7, 1],
	],
	[
		[2, 5, 7, 7],
		[1, 5, 1, 1],
	],
	[
		[2, 5, 8, 8],
		[5, 1, 1],
	],
	[[50, 3], [3]],
	[
		[50, 2],
		[50, 1],
	],
	[
		[6, 1, 10],
		[1, 4, 10],
	],
	[
		[1, 130],
		[3, 1],
	],
] as const;
const pairs = [
	[float32, float32],
	[float32, bool],
	[float32, float16],
	[bfloat16, float32],
	[float64, float32],
	[int64, int64],
	[uint8, int16],
	[bool, bool],
] as const;

const draw = (shape: readonly number[], dtype: torch.DType) => torch.randint(-3, 4, [...shape], cpu).to(dtype);

test.each(pairs.map(([a, b]) => [a.name, b.name, a, b] as const))(
	"%s and %s are joined over any strides",
	(_, __, a, b) => {
		torch.manualSeed(5);
		for (const [first, second] of broadcasts) {
			const [x, y] = [draw(first, a), draw(second, b)];
			const [p, q] = [x.cuda(), y.cuda()];
			const same = (f: (x: torch.Tensor, y: torch.Tensor) => torch.Tensor) => {
				const [card, host] = [f(p, q), f(x, y)];
				expect([card.dtype.name, card.cpu().equal(host)], `${first} and ${second}`).toEqual([host.dtype.name, true]);
			};
			same((x, y) => x.add(y));
			same((x, y) => y.mul(x));
			same((x, y) => x.lt(y));
			same((x, y) => torch.where(x.gt(0), x, y));
			if (first.length === second.length) same((x, y) => x.transpose(0, -1).add(y.transpose(0, -1)));
			same((x) => x.add(x.flip(0)));
			if (first[0] > 2) same((x) => x.narrow(0, 1, 2).add(x.narrow(0, 0, 2).contiguous()));
			same((x) => x.narrow(-1, 1, x.shape.at(-1)! - 1).mul(3));
			same((x) => {
				const inner = x.clone().narrow(-1, 1, x.shape.at(-1)! - 1);
				return inner.add_(inner);
			});
		}
	},
);

const shapes = [[40, 70], [3, 90], [90, 3], [33, 8], [2, 35, 20], [2, 3, 9, 11], [64, 4], [5]];
const kinds = [float32, float64, bfloat16, int64, bool];

test.each(kinds.flatMap((from) => kinds.map((to) => [from.name, to.name, from, to] as const)))(
	"%s is copied as %s over any strides",
	(_, __, from, to) => {
		torch.manualSeed(6);
		for (const shape of shapes) {
			const x = torch.randint(0, 90, shape, cpu).to(from);
			const y = x.cuda();
			const same = (f: (x: torch.Tensor) => torch.Tensor) => expect(f(y).cpu().equal(f(x)), `${shape}`).toBe(true);
			same((x) => x.to(to));
			same((x) => x.transpose(0, -1).contiguous().to(to));
			same((x) => torch.zeros(x.transpose(0, -1).shape, { dtype: to, device: x.device }).copy_(x.transpose(0, -1)));
			same((x) => torch.zeros(x.shape, { dtype: to, device: x.device }).transpose(0, -1).copy_(x.transpose(0, -1)));
			same((x) =>
				x
					.expand(3, ...x.shape)
					.to(to)
					.contiguous(),
			);
			same((x) => x.narrow(0, 1, x.shape[0]! - 1).to(to));
			if (shape.length > 2) same((x) => torch.zeros(x.mT.shape, { dtype: to, device: x.device }).copy_(x.mT));
			same((x) => torch.full(x.shape, 2, { dtype: to, device: x.device }));
			const [t, u] = [x.to(to), y.to(to)];
			t.select(0, 1).fill_(1);
			u.select(0, 1).fill_(1);
			expect(u.cpu().equal(t)).toBe(true);
		}
	},
);

test("random numbers are the same wherever they go", () => {
	const fill = (x: torch.Tensor, f: (x: torch.Tensor) => torch.Tensor) => {
		torch.cuda.manualSeed(9);
		return f(x).cpu();
	};
	const [n, m] = [37, 50];
	const cuda = { device: "cuda" } as const;
	for (const f of [
		(x: torch.Tensor) => x.normal_(1, 2),
		(x: torch.Tensor) => x.uniform_(-1, 3),
		(x: torch.Tensor) => x.exponential_(2),
		(x: torch.Tensor) => x.bernoulli_(0.3),
	]) {
		const apart = torch.zeros(n, 2 * m, cuda).at(torch.slice(0, n), torch.slice(0, 2 * m, 2));
		expect(fill(apart, f).equal(fill(torch.zeros(n, m, cuda), f))).toBe(true);
	}
});
