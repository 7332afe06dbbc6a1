import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* Triangles, choices by a condition and dropout in whole vectors and in single elements: a card and the host agree. */

const { functional: F } = torch.nn;
type Tensor = torch.Tensor;
const types = [torch.uint8, torch.float16, torch.float32, torch.float64];

describe("triangles", () => {
	test.each([
		[3, 16],
		[5, 32],
		[7, 5],
		[1, 48],
		[33, 1],
	])("of matrices of %i by %i", (rows, columns) => {
		for (const dtype of types) {
			const x = torch
				.arange(1, 2 * rows * columns + 1, { device: "cpu" })
				.remainder(100)
				.add(1)
				.view(2, rows, columns)
				.to(dtype);
			const shifted = torch
				.arange(0, 2 * rows * columns + 1, { device: "cpu" })
				.to(dtype)
				.narrow(0, 1, 2 * rows * columns);
			for (const t of [x, shifted.view(2, rows, columns), x.mT]) {
				for (const name of ["triu", "tril"] as const) {
					for (const diagonal of [-100, -rows, -2, 0, 3, columns, 100]) {
						const [card, host] = [t.to("cuda"), t].map((own) => own[name](diagonal).cpu());
						expect(torch.equal(card!, host!), `${name}(${diagonal}) of ${dtype}:\n${card}\n${host}`).toBe(true);
					}
				}
			}
		}
	});
});

describe("where", () => {
	const shapes = [[4, 8], [3, 7], [5, 1], [2, 3, 9], [1031]];
	test.each(shapes.map((shape) => [shape]))("of shape %j, whatever the strides", (shape) => {
		torch.manualSeed(shape.length);
		for (const dtype of types) {
			const [x, y] = [0, 1].map(() => torch.rand(shape, { device: "cpu" }).mul(100).to(dtype));
			const condition = torch.rand(shape, { device: "cpu" }).gt(0.5);
			const row = torch.rand(shape.at(-1)!, { device: "cpu" }).mul(100).to(dtype);
			const cases: Record<string, (on: (t: Tensor) => Tensor) => Tensor> = {
				plain: (on) => torch.where(on(condition), on(x!), on(y!)),
				turned: (on) => torch.where(on(condition).t_(), on(x!).t_(), on(y!).t_().contiguous()),
				row: (on) => torch.where(on(condition), on(row), on(y!)),
				number: (on) => torch.where(on(condition), on(x!), 3),
				filled: (on) => on(x!).clone().maskedFill_(on(condition), 7),
				column: (on) => torch.where(on(condition).narrow(-1, 0, 1), on(x!), on(y!)),
			};
			for (const [name, f] of Object.entries(cases)) {
				if (name === "turned" && shape.length !== 2) continue;
				const [card, host] = [f((t) => t.to("cuda")), f((t) => t.clone())].map((t) => t.cpu());
				expect(torch.equal(card!, host!), `${name} of ${dtype}`).toBe(true);
			}
		}
	});
});

test.each([torch.float16, torch.bfloat16, torch.float32, torch.float64])(
	"dropout of %s keeps what it keeps",
	(dtype) => {
		for (const n of [64, 4096 * 3, 4098, 4099]) {
			const x = torch.rand(n, { device: "cpu" }).add(1).to(dtype);
			const aligned = x.to("cuda");
			// The same numbers whatever the alignment, which decides how they are read and written.
			const moved = torch
				.cat([torch.zeros(1, { device: "cpu", dtype }), x])
				.to("cuda")
				.narrow(0, 1, n);
			const [y, z] = [aligned, moved].map((own) => {
				torch.manualSeed(n);
				return F.dropout(own, { p: 0.25 }).cpu();
			});
			expect(torch.equal(y!, z!)).toBe(true);
			const kept = y!.ne(0);
			expect(Math.abs(kept.double().mean().item() - 0.75)).toBeLessThan(0.15);
			const expected = x.double().div(0.75).mul(kept.double());
			expect(
				torch.allclose(y!.double(), expected, {
					rtol: dtype === torch.bfloat16 ? 1e-2 : dtype === torch.float16 ? 2e-3 : 1e-6,
				}),
			).toBe(true);
		}
	},
);
