import { enableGrad, noGrad } from "../core/gradMode";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { grad } from "./grad";

export interface GradcheckOptions {
	/** Step of the finite differences. Default 1e-6. */
	eps?: number;
	/** Absolute tolerance. Default 1e-5. */
	atol?: number;
	/** Relative tolerance. Default 1e-3. */
	rtol?: number;
	/** Return false instead of throwing. Default true: throw. */
	raiseException?: boolean;
}

type Fn = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/**
 * Compares the gradients of `fn` with central finite differences, element by element. Inputs that require grad must be
 * float64: float32 has too few digits for the comparison.
 */
export function gradcheck(fn: Fn, inputs: Tensor | readonly Tensor[], options: GradcheckOptions = {}): boolean {
	const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raiseException = true } = options;
	const list = (Array.isArray(inputs) ? inputs : [inputs]) as readonly Tensor[];
	const checked = list.filter((input) => input.requiresGrad);
	if (checked.length === 0) throw new Error("[gradcheck] no input requires grad");
	for (const input of checked) {
		if (input.dtype.name !== "float64") {
			throw new TypeError(`[gradcheck] inputs that require grad must be float64, got ${input.dtype}`);
		}
	}
	const outputsOf = () => {
		const result = fn(...list);
		return (Array.isArray(result) ? result : [result]) as Tensor[];
	};
	const values = () => noGrad(() => outputsOf().map((out) => native.toNumbers(out.handle)));
	const outputs = enableGrad(outputsOf);
	const fail = (message: string): false => {
		if (raiseException) throw new Error(`[gradcheck] ${message}`);
		return false;
	};

	const analytic = outputs.map((output) => (output.requiresGrad ? jacobian(output, checked) : undefined));
	if (analytic.every((rows) => rows === undefined)) return true;
	const numeric = checked.map((input) => differences(values, input, eps));
	for (const [o, rows] of analytic.entries()) {
		for (const [k, columns] of (rows ? numeric : []).entries()) {
			for (const [j, column] of columns.entries()) {
				for (const [i, expected] of column[o]!.entries()) {
					const found = rows![k]![i]![j]!;
					if (
						Math.abs(expected - found) > atol + rtol * Math.abs(expected) ||
						Number.isNaN(found) !== Number.isNaN(expected)
					) {
						return fail(
							`gradient of output ${o}, element ${i}, with respect to input ${k}, element ${j}: numerical ${expected}, analytical ${found}`,
						);
					}
				}
			}
		}
	}
	return true;
}

/** For each element of `input`, of each output the central differences of its elements: all outputs come from two runs. */
function differences(values: () => Float64Array[], input: Tensor, eps: number): Float64Array[][] {
	const elements = input.detach().reshape([-1]);
	return Array.from({ length: input.numel() }, (_, j) => {
		const at = native.select(elements.handle, 0, j);
		const original = native.item(at);
		native.fill_(at, original + eps);
		const above = values();
		native.fill_(at, original - eps);
		const below = values();
		native.fill_(at, original);
		return above.map((out, o) => out.map((x, i) => (x - below[o]![i]!) / (2 * eps)));
	});
}

/** Rows: elements of the output; columns: elements of each input. */
function jacobian(output: Tensor, inputs: readonly Tensor[]): Float64Array[][] {
	const rows = inputs.map(() => [] as Float64Array[]);
	for (let i = 0; i < output.numel(); i++) {
		const pick = native.full(output.shape, 0, output.dtype.code, output.handle);
		native.fill_(native.select(native.view(pick, [-1]), 0, i), 1);
		const grads = grad(output, inputs, { gradOutputs: wrap(pick), retainGraph: true, allowUnused: true });
		grads.forEach((g, k) => {
			rows[k]!.push(g ? native.toNumbers(g.handle) : new Float64Array(inputs[k]!.numel()));
		});
	}
	return rows;
}

/** `gradcheck` of the gradient itself: second derivatives. */
export function gradgradcheck(fn: Fn, inputs: Tensor | readonly Tensor[], options: GradcheckOptions = {}): boolean {
	const list = (Array.isArray(inputs) ? inputs : [inputs]) as readonly Tensor[];
	const first = (...xs: Tensor[]): Tensor[] => {
		const result = enableGrad(() => fn(...xs));
		const outputs = (Array.isArray(result) ? result : [result]) as Tensor[];
		const wanted = xs.filter((x) => x.requiresGrad);
		const differentiable = outputs.filter((out) => out.requiresGrad);
		const grads = enableGrad(() =>
			grad(differentiable, wanted, {
				gradOutputs: differentiable.map(weights),
				createGraph: true,
				allowUnused: true,
			}),
		);
		return grads.filter((g): g is Tensor => g?.requiresGrad ?? false);
	};
	return gradcheck(first, list, options);
}

/** Fixed weights that differ between elements, so that no two errors cancel. */
function weights(output: Tensor): Tensor {
	const values = Float64Array.from({ length: output.numel() }, (_, i) => 0.5 + ((i * 37) % 11) / 7);
	return wrap(native.fromNumbers(values, output.shape, output.dtype.code, output.handle));
}
