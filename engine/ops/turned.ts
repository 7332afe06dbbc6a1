import { turnInPlace } from "../autograd/record";
import type { Dims } from "../core/arguments";
import type { Tensor } from "../core/tensor";
import { methods } from "./methods";
import { squeeze, t, transpose, unsqueeze } from "./view";

/* In-place forms of views: the tensor itself gets the other shape; its memory, and other views of it, stay as they are. */

declare module "../core/tensor" {
	interface Tensor {
		/** This tensor itself without its dimensions of size 1, or without those named. */
		squeeze_(dim?: Dims | { dim?: Dims }): this;
		/** This tensor itself with a dimension of size 1 before dimension `dim`. */
		unsqueeze_(dim: number | { dim: number }): this;
		/** This tensor itself with two dimensions swapped. */
		transpose_(dim0: number, dim1: number): this;
		swapaxes_(dim0: number, dim1: number): this;
		swapdims_(dim0: number, dim1: number): this;
		/** This matrix itself, transposed. */
		t_(): this;
	}
}

const swap = (op: string) =>
	function (this: Tensor, dim0: number, dim1: number) {
		const view = (x: Tensor) => transpose(x, dim0, dim1);
		return turnInPlace(op, this, view, view);
	};

methods({
	squeeze_(dim) {
		const { shape } = this;
		return turnInPlace(
			"squeeze_",
			this,
			(x) => squeeze(x, dim),
			(x) => x.reshape(shape),
		);
	},
	unsqueeze_(dim) {
		const { shape } = this;
		return turnInPlace(
			"unsqueeze_",
			this,
			(x) => unsqueeze(x, dim),
			(x) => x.reshape(shape),
		);
	},
	transpose_: swap("transpose_"),
	swapaxes_: swap("swapaxes_"),
	swapdims_: swap("swapdims_"),
	t_() {
		return turnInPlace("t_", this, t, t);
	},
});
