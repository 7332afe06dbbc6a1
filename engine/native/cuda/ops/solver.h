// Factorisations by cuSOLVER, which works on matrices in their own dtype and by columns. Nothing where the library is missing, off,
// does not take the case, where our own kernels are better, or where a step is captured: its routines may wait for the card.
#pragma once
#include <optional>
#include <vector>

#include "cuda/api/cusolver.h"
#include "cuda/ops/limits.h"
#include "cuda/runtime/fault.h"
#include "cuda/runtime/launch.h"
#include "ops/copy.h"
#include "ops/linalg.h"

namespace gb::cuda {

/**
 * What goes to the library, by what was measured on an H100 with CUDA 13.0 (microseconds; ours, the library's by way of PyTorch):
 *
 *   eigenvalues      128: 46,413, 1,960    1024: 201,113, 10,749        256 of 32: 1,068, 305
 *   singular values  128: 23,288, 2,542    1024: 231,752, 56,127        256 of 32: 940, 349
 *   LU               512: 2,946, 958       4096: 84,054, 12,682         determinants, 1024 of 16: 62, 87
 *   Cholesky         512: 1,028, 178       4096: 10,915, 1,882
 *   QR               512: 3,628, 1,901     2048 (double): 33,149, 11,792    256 of 64 x 32: 181, 13,083
 *   LU and solving   inverse of 1024: 9,237, 2,595    2048 (double): 27,738, 7,643
 *
 * Matrices of at most kSmall rows one block of threads rotates, and of kSmallFactor rows it factors, while the library still starts.
 * Where the library has no call for a batch, it takes one matrix after the other, and ours side by side: then more than kFew are for
 * ours, as long as they are not so large (kFull elements) that each fills the card.
 */
constexpr int64_t kSmall = 16, kSmallFactor = 32, kFew = 4, kFull = 512 * 512;
inline bool oneByOne(int64_t batch, int64_t elements) { return batch <= kFew || elements >= kFull; }

/** The library for matrices [..., m, n] on a card, on its current stream; null where it does not do them. */
const solver::Session* solverFor(const Tensor& a);

/** The same for factors of them, where it is the better one. */
const solver::Session* solverForFactors(const Tensor& a);

/** Matrices of a batch behind each other, as the library's calls see them. */
struct Matrices {
  Tensor memory;
  int64_t batch, each;

  explicit Matrices(const Tensor& x);
  int type() const { return memory.dtype() == DType::Float64 ? solver::kDouble : solver::kFloat; }
  void* at(int64_t i) const { return static_cast<char*>(memory.data()) + size_t(i * each) * memory.itemSize(); }
  template <class T>
  T* as(int64_t i) const {
    return static_cast<T*>(at(i));
  }
};

/** A copy of a [..., m, n] behind each other by rows; by columns it is [..., n, m]. */
Tensor byRows(const Tensor& a);
Tensor byColumns(const Tensor& a);
/** The last two dimensions exchanged: what the library wrote by columns. */
Tensor turned(const Tensor& x);
/** New memory with a's batch dimensions before `last`. */
Tensor madeLike(const Tensor& a, std::initializer_list<int64_t> last, DType dtype);

/** Memory that a call works in, on the card and on the host. */
struct Workspace {
  Scratch card;
  std::vector<char> host;
  size_t bytes;

  Workspace(size_t bytes, size_t hostBytes, Device device) : card(bytes, device), host(hostBytes), bytes(bytes) {}
  void* onHost() { return host.empty() ? nullptr : host.data(); }
};

/**
 * Before a decomposition: what is not finite is noted and becomes 0, which the library would choke on; numbers whose squares leave the
 * range are multiplied by a power of two. `triangle`: what is above the diagonal of the rows does not count.
 */
class Scaled {
 public:
  Scaled(const Tensor& matrices, bool triangle);
  /** Divides values [batch, n] again, and notes whose info (may be none) is not 0. */
  void finish(const Tensor& values, MaybeTensor info) const;

 private:
  Tensor scales_;
};

}  // namespace gb::cuda
