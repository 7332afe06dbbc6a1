/**
 * Kernels that the CPU has and CUDA does not have yet. The list only shrinks: test/cuda/kernels.test.ts compares it with what
 * the addon registers.
 */
export const withoutCuda: readonly string[] = [];
