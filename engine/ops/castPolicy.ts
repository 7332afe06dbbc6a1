import { isOptions } from "../core/arguments";
import { autocastState, suspendAutocast } from "../core/autocast";
import { isCapturing } from "../core/capture";
import { type DType, float32, float64 } from "../core/dtype";
import { gradMode } from "../core/gradMode";
import { Tensor } from "../core/tensor";
import "./copy";

/*
 * What an op does in an autocast block. An op on one of PyTorch's lists begins with
 *
 *   if (autocastState.active) return lowered(linear, input, weight, bias);
 *
 * and is called again with its tensors cast and autocast off.
 */

/** In autocast's half type: ops that are faster so. */
export function lowered<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	return run(op, args, (type) => autocastState.dtype[type]);
}

/** In float32: ops that need its range. */
export function raised<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	return run(op, args, () => float32);
}

/** Lowered on cards, as it is on the CPU: PyTorch's two lists differ. */
export function loweredOnCards<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	return run(op, args, (type) => (type === "cuda" ? autocastState.dtype.cuda : null));
}

/** In float32 on cards, as it is on the CPU. */
export function raisedOnCards<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	return run(op, args, (type) => (type === "cuda" ? float32 : null));
}

/** In float32 on the CPU, as it is on cards. */
export function raisedOnHost<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	return run(op, args, (type) => (type === "cpu" ? float32 : null));
}

/** On cards in the widest type of its tensors: for ops that would refuse several. */
export function promotedOnCards<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	const wide = args.some((arg) => arg instanceof Tensor && arg.dtype === float32);
	return run(op, args, (type) => (type === "cuda" && wide ? float32 : null));
}

/** As they are: for an op that is not on the lists and consists of ops that are. */
export function unchanged<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	using _ = suspendAutocast();
	return op(...args);
}

type DeviceType = keyof typeof autocastState.dtype;

function run<A extends readonly unknown[], R>(
	op: (...args: A) => R,
	args: A,
	typeFor: (type: DeviceType) => DType | null,
): R {
	const value = (arg: unknown): unknown => {
		if (arg instanceof Tensor) {
			const { type } = arg.device;
			const dtype = autocastState.enabled[type] ? typeFor(type) : null;
			return dtype === null ? arg : castTo(arg, dtype);
		}
		if (Array.isArray(arg)) return arg.map(value);
		if (isOptions(arg)) return Object.fromEntries(Object.entries(arg).map(([key, item]) => [key, value(item)]));
		return arg;
	};
	const cast = args.map(value) as unknown as A;
	using _ = suspendAutocast();
	return op(...cast);
}

/** float64 and integers stay as they are. */
function castTo(tensor: Tensor, dtype: DType): Tensor {
	const own = tensor.dtype;
	if (!own.isFloatingPoint || own === float64 || own === dtype) return tensor;
	// A parameter that several ops use is cast once; what is cast while nothing is recorded would lose its gradient. Replays of
	// a captured step must cast anew.
	const cached =
		autocastState.cacheEnabled && own === float32 && gradMode.enabled && isPlainLeaf(tensor) && !isCapturing();
	if (!cached) return tensor.to(dtype);
	const { cache } = autocastState;
	const version = tensor._version.count;
	const found = cache.get(tensor);
	if (found?.version === version && found.cast.dtype === dtype) return found.cast;
	const cast = tensor.to(dtype);
	cache.set(tensor, { version, cast });
	return cast;
}

function isPlainLeaf(tensor: Tensor): boolean {
	return tensor._requiresGrad && tensor.isLeaf && tensor._view === null;
}
