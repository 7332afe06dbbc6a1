import { native } from "../core/native";
import { Tensor } from "../core/tensor";

/**
 * A tensor that a module learns: assigned to a property of a module it is found by `parameters()`, saved in
 * `stateDict()`, and requires a gradient. Shares the memory of `data`.
 */
export class Parameter extends Tensor {
	/** Tells it from a tensor in types: a module's parameter is not to be replaced by a plain tensor, which is none. */
	declare private readonly isParameter: true;

	/** Whether gradients flow here; `{requiresGrad: false}`, or `false`, for a frozen parameter. */
	constructor(data: Tensor, options: boolean | { requiresGrad?: boolean } = {}) {
		if (!(data instanceof Tensor)) throw new TypeError(`[Parameter] expected a tensor, got ${String(data)}`);
		super(native.alias(data.handle));
		this.requiresGrad_(typeof options === "boolean" ? options : (options.requiresGrad ?? true));
	}

	/** PyTorch's text: the tensor's under a line that says what it is. */
	override toString(): string {
		return `Parameter containing:\n${super.toString()}`;
	}
}

/**
 * A tensor that belongs to a module's state without being learned (running statistics, masks): assigned to a property it
 * is what `registerBuffer` makes of a plain tensor. Shares the memory of `data`.
 */
export class Buffer extends Tensor {
	/** Whether `stateDict()` holds it. */
	readonly persistent: boolean;

	constructor(data: Tensor, options: { persistent?: boolean } = {}) {
		if (!(data instanceof Tensor)) throw new TypeError(`[Buffer] expected a tensor, got ${String(data)}`);
		super(native.alias(data.handle));
		this.persistent = options.persistent ?? true;
	}
}
