import { gradMode } from "../core/gradMode";
import { native } from "../core/native";
import { Tensor, wrap } from "../core/tensor";
import { type AccumulateGrad, addTo, gradientEdge, type TensorHook } from "./node";

/* What a tensor is to the graph: cut off from it, watched in it. */

declare module "../core/tensor" {
	interface Tensor {
		/** The same memory outside the graph; in-place writes are seen (and counted) by both. */
		detach(): Tensor;
		/** Takes this tensor out of the graph. */
		detach_(): this;
		/**
		 * The same memory outside the graph, with writes that autograd does not count. Assigning another tensor makes this
		 * one that: storage, shape and dtype.
		 */
		data: Tensor;
		/** Keeps the gradient of a tensor that is no leaf in `grad`. */
		retainGrad(): void;
		/** Whether `retainGrad()` was called: a result that keeps its gradient. */
		readonly retainsGrad: boolean;
		/** Calls `hook` with the gradient whenever it is computed; a returned tensor replaces the gradient. */
		registerHook(hook: TensorHook): { remove(): void };
		/**
		 * Calls `hook` with this leaf when a backward pass has added to its `grad`: an optimiser may step there and let the gradient
		 * go, long before the pass is over.
		 */
		registerPostAccumulateGradHook(hook: (leaf: Tensor) => void): { remove(): void };
	}
}

Tensor.prototype.detach = function () {
	const out = new Tensor(native.alias(this.handle), this._version);
	return out;
};

Tensor.prototype.detach_ = function () {
	if (this._view !== null && this.gradFn !== null) {
		throw new Error("[detach_] can't detach views in-place: use detach() instead");
	}
	this._gradFn = null;
	this._requiresGrad = false;
	this._outputIndex = 0;
	return this;
};

Object.defineProperty(Tensor.prototype, "data", {
	get(this: Tensor) {
		return wrap(native.alias(this.handle));
	},
	set(this: Tensor, value: Tensor) {
		if (value.dtype !== this.dtype && this.requiresGrad && !value.isFloatingPoint()) {
			throw new TypeError(`[data] a tensor that requires grad cannot become ${value.dtype}`);
		}
		this.handle = native.alias(value.handle);
		this._forgetMeta();
	},
});

Tensor.prototype.retainGrad = function () {
	if (!this.requiresGrad) throw new Error("[retainGrad] can't retain grad on a tensor that has requiresGrad = false");
	if (this.isLeaf) return;
	const node = gradientEdge(this)!;
	node.retained ??= new Map();
	node.retained.set(this._outputIndex, (grad) => {
		this.grad = gradMode.enabled ? grad : grad.detach();
	});
};

Object.defineProperty(Tensor.prototype, "retainsGrad", {
	get(this: Tensor) {
		return !this.isLeaf && (gradientEdge(this)?.retained?.has(this._outputIndex) ?? false);
	},
});

Tensor.prototype.registerHook = function (hook) {
	const node = gradientEdge(this);
	if (node === null) throw new Error("[registerHook] cannot register a hook on a tensor that doesn't require gradient");
	node.tensorHooks ??= new Map();
	let hooks = node.tensorHooks.get(this._outputIndex);
	if (hooks === undefined) {
		hooks = [];
		node.tensorHooks.set(this._outputIndex, hooks);
	}
	return addTo(hooks, hook);
};

Tensor.prototype.registerPostAccumulateGradHook = function (hook) {
	if (!this.isLeaf) {
		throw new Error(
			"[registerPostAccumulateGradHook] post accumulate grad hooks cannot be registered on non-leaf tensors",
		);
	}
	const node = gradientEdge(this) as AccumulateGrad | null;
	if (node === null) {
		throw new Error(
			"[registerPostAccumulateGradHook] cannot register a hook on a tensor that doesn't require gradient",
		);
	}
	node.accumulated ??= [];
	return addTo(node.accumulated, hook);
};
