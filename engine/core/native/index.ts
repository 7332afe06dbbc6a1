import { loadAddon } from "../addon";
import type { ConvOps, LossOps, NetworkOps, NormOps, PoolOps } from "./layers";
import type { LinalgOps, MatrixOps } from "./matrix";
import type { OptimOps } from "./optim";
import type { BinaryOps, TernaryOps, UnaryGradOps, UnaryOps } from "./pointwise";
import type { RandomOps } from "./random";
import type { ReduceOps, SortOps } from "./reduce";
import type { CudaOps, SystemOps } from "./system";
import type { CreateOps, IndexOps, MetaOps, ShapeOps } from "./tensors";

/*
 * The one typed door to the addon. One row per op; one crossing per op. Rows take handles and plain numbers, allocate
 * their result, and throw errors that begin with the op's name. A test compares these names with the addon's own table.
 *
 * What a row does *not* do: autograd, version counting, public argument checking beyond shapes and dtypes.
 */

export type { OptimStep } from "./optim";
export { otherHandles } from "./other";
export type { ProfilerRecord } from "./system";
export type { GeneratorHandle, Handle, NativeData, Operand, Place } from "./types";

export interface Native
	extends UnaryOps,
		UnaryGradOps,
		BinaryOps,
		TernaryOps,
		ReduceOps,
		SortOps,
		ShapeOps,
		IndexOps,
		MatrixOps,
		LinalgOps,
		NormOps,
		ConvOps,
		PoolOps,
		LossOps,
		NetworkOps,
		RandomOps,
		CreateOps,
		MetaOps,
		OptimOps,
		SystemOps,
		CudaOps {}

/**
 * V8 keeps an object of so many functions as a hash table, in which every call has to look; not so the prototype of another object,
 * once something was read from it.
 */
function asPrototype(rows: Native): Native {
	Object.create(rows);
	return rows;
}

export const native: Native = asPrototype(loadAddon() as Native);

/** What `run` gives; an error of the rows that it calls names the op that the user has called. */
export function under<T>(op: string, run: () => T): T {
	try {
		return run();
	} catch (error) {
		if (error instanceof Error) {
			const own = error.message.replace(/^\[\w+\] /, `[${op}] `);
			// The stack begins with the message as it was.
			error.stack = error.stack?.replace(error.message, () => own);
			error.message = own;
		}
		throw error;
	}
}
