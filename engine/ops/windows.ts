import { bind, describe, integer } from "../core/arguments";
import { getDefaultDtype } from "../core/defaults";
import { placeOf } from "../core/device";
import { float64 } from "../core/dtype";
import { native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { finish, newDtype, type TensorOptions } from "./create";

/* Window functions of signal processing: weights that fall to the ends. */

export interface WindowOptions extends TensorOptions {
	/** Of a length whose next value would be the first again; false: symmetric. Default true. */
	periodic?: boolean;
}

type Arguments<O = WindowOptions> =
	| [windowLength: number, options?: O]
	| [windowLength: number, periodic: boolean, options?: Omit<O, "periodic">];

interface Given extends WindowOptions {
	windowLength: number;
	alpha?: number;
	beta?: number;
}

/** `formula` gives the weight of place n of the places 0 … last. */
function made(
	op: string,
	args: readonly unknown[],
	more: readonly ("alpha" | "beta")[],
	formula: (n: number, last: number, given: Partial<Given>) => number,
): Tensor {
	const given = bind<Given>(op, args, ["windowLength", "periodic", ...more], ["dtype", "device", "requiresGrad"]);
	const length = integer(op, "windowLength", given.windowLength);
	if (length < 0) throw new RangeError(`[${op}] windowLength must not be negative, got ${describe(length)}`);
	const dtype = newDtype(op, { dtype: given.dtype }, getDefaultDtype);
	if (!dtype.isFloatingPoint) throw new TypeError(`[${op}] expects a floating point dtype, got ${dtype}`);
	const last = (given.periodic ?? true) ? length : length - 1;
	const values = Float64Array.from({ length }, (_, n) => (length === 1 ? 1 : formula(n, last, given)));
	const whole = native.fromNumbers(values, [length], float64.code, placeOf(op, given.device));
	return finish(wrap(native.to(whole, dtype.code)), { requiresGrad: given.requiresGrad });
}

const turn = (n: number, last: number, times = 1) => Math.cos((2 * Math.PI * times * n) / last);

/** ½ − ½·cos(2πn/N) */
export function hannWindow(...args: Arguments): Tensor {
	return made("hannWindow", args, [], (n, last) => 0.5 - 0.5 * turn(n, last));
}

/** alpha − beta·cos(2πn/N), 0.54 and 0.46 by default */
export function hammingWindow(...args: Arguments<WindowOptions & { alpha?: number; beta?: number }>): Tensor {
	return made(
		"hammingWindow",
		args,
		["alpha", "beta"],
		(n, last, { alpha = 0.54, beta = 0.46 }) => alpha - beta * turn(n, last),
	);
}

/** 0.42 − ½·cos(2πn/N) + 0.08·cos(4πn/N) */
export function blackmanWindow(...args: Arguments): Tensor {
	return made("blackmanWindow", args, [], (n, last) => 0.42 - 0.5 * turn(n, last) + 0.08 * turn(n, last, 2));
}

/** A triangle. */
export function bartlettWindow(...args: Arguments): Tensor {
	return made("bartlettWindow", args, [], (n, last) => 1 - Math.abs((2 * n) / last - 1));
}

/** I₀(beta·√(1 − (2n/N − 1)²)) / I₀(beta), beta 12 by default */
export function kaiserWindow(...args: Arguments<WindowOptions & { beta?: number }>): Tensor {
	return made("kaiserWindow", args, ["beta"], (n, last, { beta = 12 }) => {
		const place = (2 * n) / last - 1;
		return besselI0(beta * Math.sqrt(Math.max(0, 1 - place * place))) / besselI0(beta);
	});
}

/** Σ (x/2)²ᵏ / k!², the modified Bessel function of order 0; all terms are positive, so that the series is exact. */
function besselI0(x: number): number {
	let term = 1;
	let sum = 1;
	for (let k = 1; term > sum * 1e-17; k++) {
		term *= (x / (2 * k)) ** 2;
		sum += term;
	}
	return sum;
}
