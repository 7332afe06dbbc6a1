/* The numbers and the index that PyTorch has by name. */

export const pi: number = Math.PI;
export const e: number = Math.E;
export const inf: number = Number.POSITIVE_INFINITY;
export const nan: number = Number.NaN;
/** A new dimension in an index: `x.at(newaxis)`. */
export const newaxis: null = null;
/** This package's version. */
export const __version__ = "0.1.0";
