import { shapeText } from "../core/arguments";
import { gradMode, noGrad } from "../core/gradMode";
import { Tensor } from "../core/tensor";
import { type Derivative, type Gradient, Node } from "./node";
import { anyTracked } from "./record";

/** What a custom function's forward hands to its backward. */
export class FunctionContext {
	/** Which inputs want a gradient. */
	needsInputGrad: readonly boolean[] = [];
	/** @internal */
	_toSave: readonly Tensor[] = [];
	/** @internal */
	_dirty: readonly Tensor[] = [];
	/** @internal */
	_nonDifferentiable: readonly Tensor[] = [];
	/** @internal */
	_materializes = true;
	/** @internal */
	_node: Node | null = null;
	/** Anything else that backward needs: `ctx.scale = 2`. */
	[name: string]: unknown;

	/** Keeps inputs or outputs for backward; in-place changes to them in between are noticed. */
	saveForBackward(...tensors: Tensor[]): void {
		this._toSave = tensors;
	}

	/** The tensors given to `saveForBackward`. */
	get savedTensors(): Tensor[] {
		const node = this._node;
		return node === null ? [...this._toSave] : this._toSave.map((_, i) => node.saved(i));
	}

	/** Says that forward wrote to these inputs in place. */
	markDirty(...tensors: Tensor[]): void {
		this._dirty = tensors;
	}

	/** Says that these outputs have no gradient. */
	markNonDifferentiable(...tensors: Tensor[]): void {
		this._nonDifferentiable = tensors;
	}

	/** Whether backward gets zeros (default) or null as the gradient of an output that nothing used. */
	setMaterializeGrads(value: boolean): void {
		this._materializes = value;
	}
}

interface FunctionClass {
	readonly name: string;
	forward(...args: any[]): Tensor | readonly Tensor[];
	setupContext?(ctx: FunctionContext, inputs: any, output: any): void;
	backward(ctx: FunctionContext, ...grads: any[]): Gradient | readonly (Gradient | undefined)[];
}

type Inputs<F extends FunctionClass> = F extends { setupContext(...args: any[]): void }
	? Parameters<F["forward"]>
	: F["forward"] extends (ctx: any, ...inputs: infer I) => any
		? I
		: never;

/**
 * An operation with a derivative of one's own: a class with static `forward(ctx, …inputs)` and
 * `backward(ctx, …gradOutputs)`, called through `apply`.
 *
 * ```ts
 * class Exp extends autograd.Function {
 *   static forward(ctx: FunctionContext, x: Tensor) { const y = x.exp(); ctx.saveForBackward(y); return y; }
 *   static backward(ctx: FunctionContext, grad: Tensor) { return grad.mul(ctx.savedTensors[0]); }
 * }
 * Exp.apply(x)
 * ```
 *
 * With a static `setupContext(ctx, inputs, output)` forward takes the inputs alone.
 */
abstract class CustomFunction {
	static forward(..._args: any[]): any {
		throw new Error("[autograd.Function] a function needs a static forward(ctx, …inputs)");
	}

	static backward(_ctx: FunctionContext, ..._grads: any[]): any {
		throw new Error("[autograd.Function] a function needs a static backward(ctx, …gradOutputs)");
	}

	static apply<F extends FunctionClass>(this: F, ...inputs: Inputs<F>): ReturnType<F["forward"]> {
		const tensors = (inputs as unknown[]).map((input) => (input instanceof Tensor ? input : null));
		const recorded = anyTracked(tensors);
		const ctx = new FunctionContext();
		ctx.needsInputGrad = tensors.map((input) => input?.requiresGrad ?? false);
		const result = noGrad(() => {
			const given = inputs as unknown[];
			if (this.setupContext === undefined) return this.forward(ctx, ...given);
			const output = this.forward(...given);
			this.setupContext(ctx, given, output);
			return output;
		});
		for (const tensor of ctx._dirty) tensor._version.count++;
		if (!recorded) return result as ReturnType<F["forward"]>;
		const outputs = Array.isArray(result) ? (result as Tensor[]) : [result as Tensor];
		// An input that comes back unchanged must not get a history of its own.
		const fresh = outputs.map((out) => (tensors.includes(out) && !ctx._dirty.includes(out) ? out.detach() : out));
		const derivative: Derivative = {
			name: `${this.name}Backward`,
			callsUser: true,
			backward: (_node, _grad, grads) => runBackwardOf(this, ctx, grads, fresh, tensors),
		};
		ctx._node = new Node(derivative, tensors, ctx._toSave, undefined, fresh.length);
		fresh.forEach((out, i) => {
			if (!out.isFloatingPoint() || ctx._nonDifferentiable.includes(out)) return;
			out._gradFn = ctx._node;
			out._requiresGrad = false;
			out._outputIndex = i;
		});
		return (Array.isArray(result) ? fresh : fresh[0]) as ReturnType<F["forward"]>;
	}
}

function runBackwardOf(
	fn: FunctionClass,
	ctx: FunctionContext,
	grads: readonly Gradient[],
	outputs: readonly Tensor[],
	inputs: readonly Gradient[],
): readonly Gradient[] {
	const zeros = (i: number) => (ctx._materializes ? noGrad(() => outputs[i]!.detach().mul(0)) : null);
	const returned = fn.backward(ctx, ...grads.map((grad, i) => grad ?? zeros(i)));
	const list = Array.isArray(returned) ? (returned as readonly (Gradient | undefined)[]) : [returned as Gradient];
	if (list.length < inputs.length && inputs.slice(list.length).some((input) => input?.requiresGrad)) {
		throw new Error(
			`[${fn.name}] backward returned ${list.length} gradients for ${inputs.length} inputs: return one per input, null where none flows`,
		);
	}
	return inputs.map((input, i) => {
		const grad = list[i] ?? null;
		if (grad === null || input === null) return null;
		if (`${grad.shape}` !== `${input.shape}`) {
			throw new Error(
				`[${fn.name}] backward returned a gradient of shape ${shapeText(grad.shape)} for input ${i} of shape ${shapeText(input.shape)}`,
			);
		}
		// The user's tensor may live on elsewhere: leaves must not take its memory over.
		return gradMode.enabled ? grad : grad.clone();
	});
}

export { CustomFunction as Function };
