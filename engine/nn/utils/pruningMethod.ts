import { shapeText } from "../../core/arguments";
import { noGrad } from "../../core/gradMode";
import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { onesLike } from "../../ops";
import type { Module } from "../modules";
import { Parameter } from "../parameter";
import { tensorNamed } from "./parametrize";
import {
	getTensor,
	type Recomputed,
	recompute,
	recomputedIn,
	removeTensors,
	setTensor,
	stopRecomputing,
} from "./recomputed";

/* What pruning methods share. The weight is `weightOrig` (learned) times `weightMask` (a buffer). */

export type PruningType = "unstructured" | "structured" | "global";

type MethodClass<A extends unknown[]> = new (...args: A) => BasePruningMethod;

/** Base of all pruning methods: a subclass says which elements stay. */
export abstract class BasePruningMethod implements Recomputed {
	/** @internal */
	readonly kind = "pruning";
	/** What is pruned again of a tensor that was: single elements, whole channels, or the mask as given. */
	abstract readonly pruningType: PruningType;
	/** The tensor's property; set by `apply`. @internal */
	property = "";

	/** The mask (1: stays) of `t`, whose elements say how important they are, on top of `defaultMask`. */
	abstract computeMask(t: Tensor, defaultMask: Tensor): Tensor;

	/** The pruned tensor of a module. */
	applyMask(module: Module): Tensor {
		const original = getTensor(module, `${this.property}Orig`);
		return getTensor(module, `${this.property}Mask`).to(original.dtype).mul(original);
	}

	/** @internal */
	compute(module: Module): Tensor {
		return this.applyMask(module);
	}

	/** `t` pruned, outside any module. */
	prune(t: Tensor, options: { defaultMask?: Tensor; importanceScores?: Tensor } = {}): Tensor {
		const scores = checkedScores("prune", t, options.importanceScores);
		return t.mul(noGrad(() => this.computeMask(scores, options.defaultMask ?? onesLike(t))));
	}

	/** Makes the pruned tensor the parameter again: what was cut off stays zero until it is trained. */
	remove(module: Module): void {
		const { property } = this;
		const original = getTensor(module, `${property}Orig`);
		noGrad(() => {
			original.data = this.applyMask(module).detach();
		});
		removeTensors(module, property, `${property}Orig`, `${property}Mask`);
		setTensor(module, property, original);
	}

	/** Prunes a tensor of a module by a new method of this class; one that is pruned already, further. */
	static apply<A extends unknown[]>(this: MethodClass<A>, module: Module, name: string, ...args: A): BasePruningMethod {
		return prune(module, name, new this(...args));
	}
}

function checkedScores(op: string, t: Tensor, scores: Tensor | null | undefined): Tensor {
	if (scores === null || scores === undefined) return t;
	if (!(scores instanceof Tensor) || `${scores.shape}` !== `${t.shape}`) {
		throw new RangeError(
			`[${op}] importanceScores should have the same shape as the parameter, ${shapeText(t.shape)}, got ${quoted(scores)}`,
		);
	}
	return scores;
}

/** @internal */
export function pruningOf(module: Module, property: string): BasePruningMethod | undefined {
	return recomputedIn<BasePruningMethod>(module, "pruning").find((other) => other.property === property);
}

/** @internal Puts a method to work. */
export function prune(
	module: Module,
	name: string,
	added: BasePruningMethod,
	importanceScores: Tensor | null = null,
): BasePruningMethod {
	const { property, tensor } = tensorNamed(module, name);
	const before = pruningOf(module, property);
	if (!(tensor instanceof Parameter || (before && tensor instanceof Tensor))) {
		throw new Error(`[prune] module '${module}' has no parameter with name '${name}'`);
	}
	const scores = checkedScores("prune", tensor, importanceScores);
	added.property = property;
	const method = before ? contained(before, added) : added;
	noGrad(() => {
		const mask = before ? getTensor(module, `${property}Mask`).clone() : onesLike(tensor);
		const made = method.computeMask(scores.detach(), mask);
		if (before) stopRecomputing(module, before);
		else {
			removeTensors(module, property);
			setTensor(module, `${property}Orig`, tensor);
		}
		module.registerBuffer(`${property}Mask`, made);
	});
	recompute(module, method);
	return method;
}

function contained(before: BasePruningMethod, added: BasePruningMethod): PruningContainer {
	const methods = before instanceof PruningContainer ? [...before] : [before];
	return new PruningContainer(...methods, added);
}

/** Several methods on one tensor, one after the other: what pruning a tensor again makes. */
export class PruningContainer extends BasePruningMethod {
	readonly pruningType = "global";
	readonly #methods: readonly BasePruningMethod[];

	constructor(...methods: BasePruningMethod[]) {
		super();
		this.property = methods[0]?.property ?? "";
		for (const method of methods) {
			if (!(method instanceof BasePruningMethod)) {
				throw new TypeError(`[PruningContainer] ${quoted(method)} is not a BasePruningMethod`);
			}
			if (method.property !== this.property) {
				throw new RangeError(
					`[PruningContainer] can only hold methods acting on the parameter '${this.property}', found '${method.property}'`,
				);
			}
		}
		this.#methods = methods;
	}

	get length(): number {
		return this.#methods.length;
	}

	at(index: number): BasePruningMethod | undefined {
		return this.#methods.at(index);
	}

	[Symbol.iterator](): Iterator<BasePruningMethod> {
		return this.#methods[Symbol.iterator]();
	}

	/** The last method on what the ones before it have left. */
	computeMask(t: Tensor, defaultMask: Tensor): Tensor {
		return remaining(this.#methods.at(-1)!, t, defaultMask);
	}
}

/** @internal The mask of a method that sees only what `mask` has left. */
export function remaining(method: BasePruningMethod, t: Tensor, mask: Tensor): Tensor {
	const made = mask.to(t.dtype).clone();
	if (method.pruningType === "global") return method.computeMask(t, mask).to(t.dtype);
	if (method.pruningType === "unstructured") {
		const left = mask.eq(1);
		made.setAt([left], method.computeMask(t.maskedSelect(left), mask.maskedSelect(left)).to(t.dtype));
		return made;
	}
	const { dim } = method as BasePruningMethod & { dim: number };
	const at = dim < 0 ? dim + t.ndim : dim;
	if (!(at >= 0 && at < t.ndim)) {
		throw new RangeError(`[prune] dim ${dim} is out of range for a tensor of shape ${shapeText(t.shape)}`);
	}
	const others = t.shape.flatMap((_, i) => (i === at ? [] : [i]));
	const left = mask.sum(others).ne(0).nonzero().reshape(-1);
	const partial = method.computeMask(t.indexSelect(at, left), mask.indexSelect(at, left));
	return made.indexCopy(at, left, partial.to(t.dtype));
}
