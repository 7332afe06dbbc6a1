import { enableGrad, noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { number } from "../core/pythonText";
import { Tensor, wrap } from "../core/tensor";
import { cat } from "../ops";
import { strongWolfe } from "./lineSearch";
import { Optimizer, type ParamGroup, type Params } from "./optimizer";
import { atLeast, choice, flag, integer, type OptionSpec, type OptionsOf } from "./options";
import { withLr } from "./sgd";

const maxEval: OptionSpec<number | null> = {
	default: null,
	expected: "an integer of at least 1",
	accepts: (value) => value === null || (Number.isInteger(value) && value >= 1),
	text: number,
};

const specs = {
	lr: atLeast(0, 1, number),
	maxIter: integer(1, 20),
	maxEval,
	toleranceGrad: atLeast(0, 1e-7),
	toleranceChange: atLeast(0, 1e-9),
	historySize: integer(1, 100),
	lineSearchFn: choice<"strong_wolfe" | null>(null, [null, "strong_wolfe"]),
	maximize: flag(false),
};

type Group = OptionsOf<typeof specs>;

export interface LBFGSOptions {
	/** Factor of every step. Default 1. */
	lr?: number;
	/** Iterations within one `step`. Default 20. */
	maxIter?: number;
	/** Evaluations of the closure within one `step`. Default maxIter · 5/4. */
	maxEval?: number | null;
	/** Stop where no gradient is larger. Default 1e-7. */
	toleranceGrad?: number;
	/** Stop where the loss or all parameters change by less. Default 1e-9. */
	toleranceChange?: number;
	/** Steps that are remembered. Default 100. */
	historySize?: number;
	/** "strong_wolfe": search along each direction for a good step; null (default): take a fixed one. */
	lineSearchFn?: "strong_wolfe" | null;
	/** Go up instead of down. Default false. */
	maximize?: boolean;
}

interface State {
	funcEvals: number;
	nIter: number;
	d: Tensor;
	t: number;
	oldDirs: Tensor[];
	oldStps: Tensor[];
	ro: number[];
	HDiag: number;
	prevFlatGrad: Tensor;
	prevLoss: number;
}

/**
 * A quasi-Newton method that remembers the last steps (Liu and Nocedal, 1989). Every `step` needs a closure that clears the
 * gradients, computes the loss and its gradients, and returns the loss; it is called several times. One parameter group.
 */
export class LBFGS extends Optimizer<typeof specs> {
	constructor(params: Params<LBFGSOptions>, options?: LBFGSOptions);
	constructor(params: Params<LBFGSOptions>, lr: number, options?: Omit<LBFGSOptions, "lr">);
	constructor(params: Params<LBFGSOptions>, ...rest: [LBFGSOptions?] | [number, LBFGSOptions?]) {
		super(specs, params as Params<Group>, withLr(rest));
		const group = this.#group;
		group.maxEval ??= Math.floor((group.maxIter * 5) / 4);
	}

	get #group(): ParamGroup<Group> {
		const [group, ...others] = this.paramGroups;
		if (others.length > 0) {
			throw new RangeError("[LBFGS] doesn't support per-parameter options (parameter groups)");
		}
		return group!;
	}

	update(): void {
		throw new Error("[LBFGS] the groups of LBFGS are not updated one by one");
	}

	override step(): undefined;
	override step<T>(closure: () => T): T;
	override step<T>(closure?: () => T): T | undefined {
		if (typeof closure !== "function") {
			throw new TypeError("[LBFGS] step needs a closure that computes the loss and its gradients, and returns it");
		}
		this._stepped = true;
		return this._profiled("step", () => noGrad(() => this.#minimize(this.#group, () => enableGrad(closure))));
	}

	#minimize<T>(group: ParamGroup<Group>, closure: () => T): T {
		const { lr, maxIter, toleranceGrad, toleranceChange, historySize, lineSearchFn } = group;
		const maxEval = group.maxEval!;
		const state = this._stateOf<State>(group.params[0]!);
		state.funcEvals ??= 0;
		state.nIter ??= 0;
		const original = closure();
		let loss = this.#value(group, original);
		let evaluations = 1;
		state.funcEvals++;
		let flatGrad = this.#flatGrad(group);
		const optimal = () => flatGrad.abs().max().item() <= toleranceGrad;
		if (optimal()) return original;
		// Numbers are rounded as the tensors of no dimensions that PyTorch has in their place.
		const round = flatGrad.dtype.name === "float64" ? (x: number) => x : Math.fround;

		for (let iteration = 1; iteration <= maxIter; iteration++) {
			state.nIter++;
			const direction = this.#direction(state as State, flatGrad, historySize, round);
			state.d = direction;
			state.prevFlatGrad = flatGrad;
			state.prevLoss = loss;
			let t = state.nIter === 1 ? round(Math.min(1, 1 / flatGrad.abs().sum().item()) * lr) : lr;
			state.t = t;
			const slope = flatGrad.dot(direction).item();
			if (slope > -toleranceChange) break;
			let used = 0;
			let done = false;
			if (lineSearchFn === "strong_wolfe") {
				const start = group.params.map((param) => param.clone());
				const evaluate = (step: number) => {
					this.#move(group, step, direction);
					const value = this.#value(group, closure());
					const grad = this.#flatGrad(group);
					group.params.forEach((param, i) => {
						param.copy_(start[i]!);
					});
					return { value, grad };
				};
				const from = { value: loss, grad: flatGrad, slope };
				const found = strongWolfe(evaluate, t, direction, from, toleranceChange, maxEval - evaluations);
				loss = found.value;
				flatGrad = found.grad;
				t = found.t;
				used = found.evaluations;
				this.#move(group, t, direction);
				done = optimal();
			} else {
				this.#move(group, t, direction);
				// After the last iteration nobody would look at the new value.
				if (iteration !== maxIter) {
					loss = this.#value(group, closure());
					flatGrad = this.#flatGrad(group);
					done = optimal();
					used = 1;
				}
			}
			state.t = t;
			evaluations += used;
			state.funcEvals += used;
			if (iteration === maxIter || evaluations >= maxEval || done) break;
			if (direction.mul(t).abs().max().item() <= toleranceChange) break;
			if (Math.abs(loss - state.prevLoss) < toleranceChange) break;
		}
		return original;
	}

	/** The loss as a number, to be made small. */
	#value(group: Group, loss: unknown): number {
		const value = loss instanceof Tensor ? loss.item() : Number(loss);
		return group.maximize ? -value : value;
	}

	#flatGrad(group: ParamGroup<Group>): Tensor {
		const parts = group.params.map((param) => {
			const grad = param.grad;
			return grad === null
				? wrap(native.full([param.numel()], 0, param.dtype.code, param.handle))
				: grad.detach().reshape(-1);
		});
		const flat = cat(parts, 0);
		return group.maximize ? flat.neg() : flat;
	}

	#move(group: ParamGroup<Group>, step: number, direction: Tensor): void {
		let at = 0;
		for (const param of group.params) {
			const count = param.numel();
			param.add_(direction.narrow(0, at, count).reshape(param.shape), { alpha: step });
			at += count;
		}
	}

	/** The gradient times the approximate inverse Hessian, downward: the two-loop recursion. */
	#direction(state: State, flatGrad: Tensor, historySize: number, round: (x: number) => number): Tensor {
		if (state.nIter === 1) {
			state.oldDirs = [];
			state.oldStps = [];
			state.ro = [];
			state.HDiag = 1;
			return flatGrad.neg();
		}
		const y = flatGrad.sub(state.prevFlatGrad);
		const s = state.d.mul(state.t);
		const ys = y.dot(s).item();
		const { oldDirs, oldStps, ro } = state;
		if (ys > 1e-10) {
			if (oldDirs.length === historySize) for (const list of [oldDirs, oldStps, ro]) list.shift();
			oldDirs.push(y);
			oldStps.push(s);
			ro.push(round(1 / ys));
			state.HDiag = round(ys / y.dot(y).item());
		}
		const q = flatGrad.neg();
		const alphas: number[] = [];
		for (let i = oldDirs.length - 1; i >= 0; i--) {
			const alpha = round(oldStps[i]!.dot(q).item() * ro[i]!);
			alphas[i] = alpha;
			q.add_(oldDirs[i]!, { alpha: -alpha });
		}
		const r = q.mul(state.HDiag);
		for (let i = 0; i < oldDirs.length; i++) {
			const beta = round(oldDirs[i]!.dot(r).item() * ro[i]!);
			r.add_(oldStps[i]!, { alpha: round(alphas[i]! - beta) });
		}
		return r;
	}
}
