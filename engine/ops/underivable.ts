import type { Derivative } from "../autograd/node";

/** What a result whose derivative is not there does when one is asked for; PyTorch's text. */
export function underivable(op: string): Derivative {
	return {
		name: "NotImplemented",
		backward: () => {
			throw new Error(`[${op}] the derivative for '${op}' is not implemented`);
		},
	};
}
