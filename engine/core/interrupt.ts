import { native } from "./native";

/*
 * The stop button and long kernels. A kernel for notebooks leaves a flag here, in shared memory, which is not zero while
 * a stop waits to be obeyed; native loops look at it between blocks of work and end with an error.
 */
const flag: unknown = (globalThis as Record<symbol, unknown>)[Symbol.for("gradbook.interruptFlag")];
if (flag instanceof Int32Array) native.setInterruptFlag(flag);
