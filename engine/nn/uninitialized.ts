import { getDefaultDtype } from "../core/defaults";
import { type DeviceLike, placeOf } from "../core/device";
import type { DType } from "../core/dtype";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { Buffer, Parameter } from "./parameter";

/*
 * Parameters and buffers whose shape is not known yet: those of lazy layers before their first input. They have a dtype, a
 * device and a place in `parameters()`, and no elements. Once they have a shape the same objects are plain ones, so that an
 * optimiser that was made before goes on with them.
 */

const kinds = { UninitializedParameter: Parameter, UninitializedBuffer: Buffer };

function refuse(what: string): never {
	throw new Error(
		`Attempted to use an uninitialized parameter. This error happens when you are using a \`LazyModule\` or explicitly manipulating \`${what}\` objects. When using LazyModules call \`forward\` with a dummy batch to initialize the parameters before using them`,
	);
}

/** @internal */
export function refuseShape(): never {
	throw new Error(
		"Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `loadStateDict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing their attributes.",
	);
}

/** Without elements: it says which dtype and device are wanted. */
const placeholders = new WeakMap<Tensor, Tensor>();

/** Takes the elements away: whatever asks for them is an error. */
function hide(tensor: Tensor, what: keyof typeof kinds): void {
	placeholders.set(tensor, wrap(tensor.handle));
	Object.defineProperty(tensor, "handle", { configurable: true, get: () => refuse(what) });
}

/** @internal */
export function isUninitialized(value: unknown): value is UninitializedParameter | UninitializedBuffer {
	return value instanceof UninitializedParameter || value instanceof UninitializedBuffer;
}

interface Place {
	device?: DeviceLike;
	dtype?: DType;
}

const memory = (op: string, shape: readonly number[], { device, dtype }: Place) =>
	wrap(native.empty([...shape], (dtype ?? getDefaultDtype()).code, placeOf(op, device)));

/** Becomes a plain one, with the memory of `data`. */
function show(tensor: Tensor, what: keyof typeof kinds, data: Tensor): void {
	placeholders.delete(tensor);
	Object.defineProperty(tensor, "handle", {
		value: native.alias(data.handle),
		writable: true,
		enumerable: true,
		configurable: true,
	});
	Object.setPrototypeOf(tensor, kinds[what].prototype);
	tensor._forgetMeta();
}

/** A parameter without a shape: a lazy layer's before its first input. */
export class UninitializedParameter extends Parameter {
	constructor(options: Place & { requiresGrad?: boolean } = {}) {
		super(memory("UninitializedParameter", [0], options), { requiresGrad: options.requiresGrad });
		hide(this, "UninitializedParameter");
	}

	/** Makes it a plain parameter of this shape, whose elements have any values. */
	materialize(shape: readonly number[], options: Place = {}): void {
		const { dtype, device } = placeholders.get(this)!;
		this._become(memory("materialize", shape, { dtype, device, ...options }));
	}

	/** @internal */
	_become(data: Tensor): void {
		show(this, "UninitializedParameter", data);
	}

	override get shape(): number[] {
		return refuseShape();
	}

	override toString(): string {
		return "<UninitializedParameter>";
	}
}

/** A buffer without a shape: a lazy layer's before its first input. */
export class UninitializedBuffer extends Buffer {
	constructor(options: Place & { persistent?: boolean } = {}) {
		super(memory("UninitializedBuffer", [0], options), { persistent: options.persistent });
		hide(this, "UninitializedBuffer");
	}

	/** Makes it a plain buffer of this shape, whose elements have any values. */
	materialize(shape: readonly number[], options: Place = {}): void {
		const { dtype, device } = placeholders.get(this)!;
		this._become(memory("materialize", shape, { dtype, device, ...options }));
	}

	/** @internal */
	_become(data: Tensor): void {
		show(this, "UninitializedBuffer", data);
	}

	override get shape(): number[] {
		return refuseShape();
	}

	override toString(): string {
		return "<UninitializedBuffer>";
	}
}

for (const { prototype } of [UninitializedParameter, UninitializedBuffer]) {
	// What a module casts and moves.
	Object.defineProperty(prototype, "data", {
		get(this: Tensor) {
			return placeholders.get(this);
		},
		set(this: Tensor, data: Tensor) {
			placeholders.set(this, data);
		},
	});
	for (const name of ["dtype", "device"] as const) {
		Object.defineProperty(prototype, name, {
			get(this: Tensor) {
				return (placeholders.get(this) ?? wrap(this.handle))[name];
			},
		});
	}
}
