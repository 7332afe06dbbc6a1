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

/** As they are: for an op that is not on the lists and consists of ops that are. */
export function unchanged<A extends readonly unknown[], R>(op: (...args: A) => R, ...args: A): R {
	using _ = suspendAutocast();
	return op(...args);
}

type DeviceType = keyof typeof autocastState.dtype;

function run<A extends readonly unknown[], R>(op: (...args: A) => R, args: A, typeFor: (type: DeviceType) => DType): R {
	const value = (arg: unknown): unknown => {
		if (arg instanceof Tensor) {
			const { type } = arg.device;
			return autocastState.enabled[type] ? castTo(arg, typeFor(type)) : arg;
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
