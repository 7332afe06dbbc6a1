import { shapeText } from "../../core/arguments";
import { noGrad } from "../../core/gradMode";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import type { Module } from "../modules";
import { ModuleList } from "../modules";
import { Parameter } from "../parameter";

/** What a parametrization may define beside `forward`: the tensor, or tensors, from which forward makes `value`. */
export interface RightInverse {
	rightInverse(value: Tensor): Tensor | readonly Tensor[];
}

/** @internal */
export function hasRightInverse(module: Module): module is Module & RightInverse {
	return typeof (module as Partial<RightInverse>).rightInverse === "function";
}

/** @internal Thrown by a `rightInverse` that cannot be had with the options at hand; registering goes on without it. */
export class NoRightInverse extends Error {}

/**
 * The parametrizations of one tensor, applied one after the other, and what they are computed from: `original`, or
 * `original0`, `original1`, … where the first takes several tensors.
 */
export class ParametrizationList extends ModuleList {
	declare original?: Tensor;
	/** Whether shape and dtype of the tensor may change. */
	unsafe: boolean;
	/** How many tensors the first parametrization takes in an array of their own; null: it takes one. @internal */
	readonly _count: number | null;

	constructor(modules: readonly Module[], original: Tensor, options: { unsafe?: boolean } = {}) {
		super(modules);
		this.unsafe = options.unsafe ?? false;
		const start = noGrad(() => started(modules, original));
		if (start instanceof Tensor) {
			if (start.dtype !== original.dtype) {
				throw new TypeError(
					`[ParametrizationList] rightInverse must give the dtype of the original, ${original.dtype}, got ${start.dtype}`,
				);
			}
			this._count = null;
			if (start !== original) noGrad(() => setData(original, start));
			this.#put("original", original);
		} else {
			this._count = start.length;
			start.forEach((tensor, i) => {
				const own = original instanceof Parameter ? new Parameter(tensor) : tensor;
				this.#put(`original${i}`, own.requiresGrad_(original.requiresGrad));
			});
		}
		if (!this.unsafe) checkResult(this, this.forward(), original, "registering a parametrization");
	}

	/** A parameter, or a buffer. */
	#put(name: string, tensor: Tensor): void {
		if (tensor instanceof Parameter) this.registerParameter(name, tensor);
		else this.registerBuffer(name, tensor);
	}

	/** @internal */
	override _propertyOf(key: string): string | undefined {
		return super._propertyOf(key) ?? (key.startsWith("original") && Object.hasOwn(this, key) ? key : undefined);
	}

	/** @internal */
	_originals(): Tensor[] {
		const own = this as unknown as Record<string, Tensor>;
		if (this._count === null) return [own.original!];
		return Array.from({ length: this._count }, (_, i) => own[`original${i}`]!);
	}

	/** The parametrized tensor. */
	override forward(): Tensor {
		let value: unknown[] = this._originals();
		for (const module of this) value = [module(...value)];
		return value[0] as Tensor;
	}

	/** Sets the originals so that the parametrized tensor becomes `value`: each module's `rightInverse`, last one first. */
	rightInverse(value: Tensor): void {
		noGrad(() => {
			let start: unknown = value;
			for (const module of [...this].reverse()) {
				if (!hasRightInverse(module)) {
					throw new Error(`[rightInverse] parametrization ${module.constructor.name} does not implement rightInverse`);
				}
				start = module.rightInverse(start as Tensor);
			}
			const tensors = this._count === null ? [start] : (start as unknown[]);
			const originals = this._originals();
			if (!Array.isArray(tensors) || tensors.length !== originals.length) {
				throw new TypeError(`[rightInverse] expected ${originals.length} tensors, got ${quoted(tensors)}`);
			}
			originals.forEach((original, i) => {
				const tensor = tensors[i];
				if (!(tensor instanceof Tensor) || tensor.dtype !== original.dtype) {
					throw new TypeError(`[rightInverse] expected a tensor of ${original.dtype}, got ${quoted(tensor)}`);
				}
				setData(original, tensor);
			});
		});
	}
}

/** What the parametrizations are to be computed from. */
function started(modules: readonly Module[], original: Tensor): Tensor | readonly Tensor[] {
	let start: unknown = original;
	for (const module of [...modules].reverse()) {
		if (!hasRightInverse(module)) continue;
		try {
			start = module.rightInverse(start as Tensor);
		} catch (error) {
			if (!(error instanceof NoRightInverse)) throw error;
		}
	}
	const several = Array.isArray(start) && start.length > 0 && start.every((tensor) => tensor instanceof Tensor);
	if (start instanceof Tensor || several) return start as Tensor | readonly Tensor[];
	throw new TypeError(
		`[ParametrizationList] rightInverse must return a tensor or a list of tensors, got ${quoted(start)}`,
	);
}

/** The same leaf with other memory. @internal */
export function setData(target: Tensor, source: Tensor): void {
	const grad = target.grad;
	target.grad = null;
	target.data = source.detach();
	if (grad !== null && `${grad.shape}` === `${target.shape}`) target.grad = grad;
}

/** @internal */
export function checkResult(of: Module, found: unknown, expected: Tensor, what: string): void {
	const name = of.constructor.name;
	if (!(found instanceof Tensor))
		throw new TypeError(`[${name}] a parametrization must return a tensor, got ${quoted(found)}`);
	if (found.dtype !== expected.dtype || `${found.shape}` !== `${expected.shape}`) {
		throw new RangeError(
			`[${name}] ${what} may not change the dtype or shape of the tensor unless the unsafe option is set: ` +
				`expected ${expected.dtype} ${shapeText(expected.shape)}, got ${found.dtype} ${shapeText(found.shape)}`,
		);
	}
}
