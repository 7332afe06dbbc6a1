import * as torch from "gradbook";
import { expect, test } from "vitest";

/*
 * Attention of half types by tensor cores (engine/native/cuda/kernels/flash.cuh), of float32 in tiles (attention_tile.cuh) and of wide
 * heads: a card and the host agree; of half types, which the host computes in float32, as far as weights rounded to them let them.
 * Lengths on both sides of tiles, widths of every kernel.
 */

const { scaledDotProductAttention: attend } = torch.nn.functional;
const [host, card] = [{ device: "cpu" }, { device: "cuda" }] as const;

interface Case {
	/** Queries, keys, columns of query and key, columns of value; heads where they are not one. */
	sizes: [L: number, S: number, E: number, V: number, heads?: number];
	causal?: true;
	scale?: number;
	mask?: "bool" | "added" | "blind";
	/** How q, k and v lie in memory: heads within positions, as projections make them, or a column too far. */
	layout?: "projected" | "odd";
}

const cases: Case[] = [
	{ sizes: [1, 1, 8, 8] },
	{ sizes: [17, 65, 64, 64, 2] },
	{ sizes: [130, 130, 64, 64], causal: true },
	{ sizes: [130, 70, 64, 40], causal: true },
	{ sizes: [40, 130, 24, 32], causal: true },
	{ sizes: [65, 130, 40, 64], layout: "projected" },
	{ sizes: [129, 33, 32, 32, 2], layout: "odd" },
	{ sizes: [20, 50, 7, 5] },
	{ sizes: [70, 40, 96, 96] },
	{ sizes: [65, 65, 128, 96], causal: true },
	{ sizes: [33, 70, 128, 128], mask: "added" },
	{ sizes: [20, 70, 64, 64, 2], mask: "bool" },
	{ sizes: [70, 20, 32, 32], mask: "blind" },
	{ sizes: [130, 40, 64, 32], scale: -0.3 },
	{ sizes: [20, 20, 16, 16], causal: true, scale: 0 },
	{ sizes: [20, 20, 160, 32] },
];

/** The norm of the difference by that of what is expected, or by 1 where it all but vanishes. */
function far(found: torch.Tensor, expected: torch.Tensor): number {
	return found.cpu().double().sub(expected.double()).norm().item() / Math.max(expected.double().norm().item(), 1);
}

test.each(cases)("%j", { timeout: 120_000 }, ({ sizes: [L, S, E, V, heads = 1], causal, scale, mask, layout }) => {
	torch.manualSeed(L + S);
	for (const dtype of [torch.bfloat16, torch.float16, torch.float32]) {
		const most = dtype === torch.bfloat16 ? 8e-3 : dtype === torch.float16 ? 1e-3 : 2e-6;
		const made = (rows: number, columns: number) => {
			if (layout === "projected") return torch.randn(2, rows, heads, columns, host).transpose(1, 2).to(dtype);
			if (layout === "odd")
				return torch
					.randn(2, heads, rows, columns + 1, host)
					.to(dtype)
					.narrow(3, 1, columns);
			return torch.randn(2, heads, rows, columns, host).to(dtype);
		};
		const own = [made(L, E), made(S, E), made(S, V)] as const;
		const added =
			mask === "added"
				? torch.randn(2, 1, L, S, host).to(dtype)
				: mask &&
					torch
						.rand(L, S, host)
						.gt(0.5)
						.logicalAnd(mask === "blind" ? torch.rand(L, 1, host).gt(0.5) : torch.ones(1, host).bool());
		const weight = torch.randn(2, heads, L, V, host).to(dtype);
		const on = ({ device }: typeof host | typeof card) => {
			const inputs = own.map((x) => x.to(device).detach().requiresGrad_()) as [
				torch.Tensor,
				torch.Tensor,
				torch.Tensor,
			];
			const out = attend(...inputs, { attnMask: added ? added.to(device) : null, isCausal: causal ?? false, scale });
			return [out.detach(), ...torch.autograd.grad(out, inputs, weight.to(device))] as torch.Tensor[];
		};
		const [found, expected] = [on(card), on(host)];
		const parts = ["out", "dq", "dk", "dv"];
		const errors = parts.map((_, i) => far(found[i]!, expected[i]!));
		parts.forEach((part, i) => {
			expect(errors[i], `${dtype}, ${part} of ${errors}`).toBeLessThan(most);
		});
	}
});
