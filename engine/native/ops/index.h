// Reading and writing through index tensors.
#pragma once
#include <vector>

#include "ops/kernel.h"
#include "tensor/scalar_value.h"

namespace gb {

/** An indexed view of a tensor: for each position of the index, a block of the dimensions that are not indexed. */
struct Indexed {
  Tensor base;                  // the dimensions that are not indexed, at index 0 of all others
  std::vector<Tensor> indices;  // int64, contiguous, all of `count` elements
  Dims sizes, strides;          // of the indexed dimensions, in elements
  int64_t count;
  bool fromEnd = true;  // whether negative indices count from the end; else they are out of bounds
};

/** How a block is written: set, or added times a factor. */
enum class WriteMode : uint8_t { Set, Add };

/** out: [count, base's shape…] with any strides. */
extern Kernel<void(const Indexed& from, const Tensor& out)> gatherBlocksKernel;
/** In order of the index, on one thread: later writes win. */
extern Kernel<void(const Indexed& to, const Tensor& values, WriteMode mode, double factor)> scatterBlocksKernel;
/** The positions of the elements that are not zero: [n, ndim], row-major. */
extern Kernel<Tensor(const Tensor& x)> nonzeroKernel;

Tensor index(const Tensor& x, const MaybeTensorList& indices);
void indexPut_(const Tensor& x, const MaybeTensorList& indices, const Tensor& values, bool accumulate);
Tensor indexSelect(const Tensor& x, int64_t dim, const Tensor& index);
void indexAdd_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source, double alpha);
void indexCopy_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source);
Tensor maskedSelect(const Tensor& x, const Tensor& mask);
Tensor maskedFill(const Tensor& x, const Tensor& mask, const Operand& value);
void maskedFill_(const Tensor& x, const Tensor& mask, const Operand& value);
Tensor nonzero(const Tensor& x);
Tensor embedding(const Tensor& weight, const Tensor& index);
Tensor embeddingBackward(const Tensor& grad, const Tensor& index, int64_t rows, int64_t paddingIdx);
Tensor oneHot(const Tensor& index, int64_t classes);

}  // namespace gb
