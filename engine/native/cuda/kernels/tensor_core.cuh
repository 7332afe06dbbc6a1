// A warp's products of matrices of half types on tensor cores (compute capability 8.0 and later): PTX's mma.m16n8k16 and ldmatrix.
// Two numbers of a half type lie in a word, the first in its lower half. With g = lane / 4 and t = lane % 4 a lane holds of
//   A (16 × 16)  word 0: row g, columns 2t and 2t + 1;  1: row g + 8;  2: row g, columns 2t + 8 and 2t + 9;  3: both
//   B (16 × 8)   word 0: rows 2t and 2t + 1 of column g;  1: rows 2t + 8 and 2t + 9
//   C (16 × 8)   0, 1: row g, columns 2t and 2t + 1;  2, 3: row g + 8
// so what a product made is, rounded, the A of the next one: the C of columns 0 … 7 gives words 0 and 1, of 8 … 15 words 2 and 3.
// (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type".)
#pragma once
#include "cuda/kernels/shared.cuh"
#include "cuda/kernels/block.cuh"

namespace gb {
namespace cuda {

using MatrixA = u32[4];
using MatrixC = float[4];

#if !defined(__CUDA_ARCH__)

// The tests' stand-in for a card (test/cuda/standin/tensor_core.h), which has no such instructions.
template <class H>
GB_DEVICE u32 packed(float low, float high) {
  return u32(cast<H>(low).bits) | u32(cast<H>(high).bits) << 16;
}
template <class H>
GB_DEVICE void multiplyAdd(MatrixC& c, const MatrixA& a, u32 b0, u32 b1) {
  gbMultiplyAdd(c, a, b0, b1, [](u16 bits) { return widen(H{bits}); });
}
GB_DEVICE void loadMatrices(u32 (&to)[4], const void* row) { gbLoadMatrices(to, row, false); }
GB_DEVICE void loadTransposed(u32 (&to)[4], const void* row) { gbLoadMatrices(to, row, true); }

#elif __CUDA_ARCH__ >= 800

/** Two floats rounded to a half type. */
template <class H>
GB_DEVICE u32 packed(float low, float high);
template <>
GB_DEVICE u32 packed<Half>(float low, float high) {
  u32 both;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}
template <>
GB_DEVICE u32 packed<BFloat16>(float low, float high) {
  u32 both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

/** c += a·b. */
template <class H>
GB_DEVICE void multiplyAdd(MatrixC& c, const MatrixA& a, u32 b0, u32 b1);
#define GB_MULTIPLY_ADD(TYPE, NAME)                                                                                \
  template <>                                                                                                      \
  GB_DEVICE void multiplyAdd<TYPE>(MatrixC & c, const MatrixA& a, u32 b0, u32 b1) {                                \
    asm("mma.sync.aligned.m16n8k16.row.col.f32." NAME "." NAME ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, " \
        "{%0, %1, %2, %3};"                                                                                        \
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                           \
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                                           \
  }
GB_MULTIPLY_ADD(Half, "f16")
GB_MULTIPLY_ADD(BFloat16, "bf16")
#undef GB_MULTIPLY_ADD

/**
 * Four 8 × 8 matrices from shared memory: lanes 8i … 8i + 7 say where the rows of matrix i lie (16 bytes each, aligned), and word i
 * of every lane is columns 2t and 2t + 1 of row g of it.
 */
GB_DEVICE void loadMatrices(u32 (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(sharedAddress(row)));
}
/** The same of their transposes: word i is rows 2t and 2t + 1 of column g. */
GB_DEVICE void loadTransposed(u32 (&to)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(sharedAddress(row)));
}

#endif

/**
 * Where a lane points for loadMatrices: the word order of A, from a matrix that lies in shared memory row by row; by loadTransposed
 * from one that lies with B's rows: words 0 and 1 are a B of columns 0 … 7, 2 and 3 one of 8 … 15.
 */
template <class Row>
GB_DEVICE const void* quartersByRow(const Row* rows, int row, int column) {
  const int lane = int(threadIdx.x) % kWarp;
  return &rows[row + lane % 16][column + lane / 16 * 8];
}
/** By loadMatrices two B of columns row … row + 7 and row + 8 … row + 15, from a matrix that lies with B's columns as rows. */
template <class Row>
GB_DEVICE const void* quartersByColumn(const Row* rows, int row, int column) {
  const int lane = int(threadIdx.x) % kWarp;
  return &rows[row + lane % 8 + lane / 16 * 8][column + lane / 8 % 2 * 8];
}

}  // namespace cuda
}  // namespace gb
