#include "ops/index.h"

#include <algorithm>

#include "ops/copy.h"
#include "ops/create.h"
#include "ops/gather.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "ops/transfer.h"
#include "tensor/promote.h"
#include "tensor/strided_loop.h"

namespace gb {

Kernel<void(const Indexed&, const Tensor&)> gatherBlocksKernel("gatherBlocks");
Kernel<void(const Indexed&, const Tensor&, WriteMode, double)> scatterBlocksKernel("scatterBlocks");
Kernel<Tensor(const Tensor&)> nonzeroKernel("nonzero");

namespace {

Tensor asIndex(const Tensor& index) {
  GB_CHECK(isInteger(index.dtype()), "tensors used as indices must be of an integer type or bool, got ",
           titleOf(index.dtype()));
  return asType(index, DType::Int64);
}

/** An index list worked out: masks became index tensors, all were broadcast to one shape. */
struct Plan {
  Indexed indexed;
  Dims shape;       // of x[…]
  int at = 0;       // where the index's dimensions stand in it
  int indexDims = 0;

  /** x[…]-shaped memory seen as [count, rest…]. */
  Tensor blocks(const Tensor& result) const {
    Dims sizes, strides;
    sizes.push(indexed.count);
    strides.push(0);
    for (int i = 0; i < result.ndim(); i++) {
      if (i >= at && i < at + indexDims) continue;
      sizes.push(result.size(i));
      strides.push(result.stride(i));
    }
    // The index's dimensions are row-major next to each other in a contiguous result.
    strides[0] = 1;
    for (int i = at + indexDims; i < result.ndim(); i++) strides[0] *= result.size(i);
    return result.viewed(std::move(sizes), std::move(strides));
  }
};

/** Masks as one index tensor for each of their dimensions. */
std::vector<std::optional<Tensor>> expandMasks(const Tensor& x, const MaybeTensorList& indices) {
  std::vector<std::optional<Tensor>> result;
  for (const Tensor* index : indices) {
    if (!index) {
      result.emplace_back();
      continue;
    }
    if (index->dtype() != DType::Bool) {
      result.emplace_back(asIndex(*index));
      continue;
    }
    const int first = int(result.size());
    for (int i = 0; i < index->ndim(); i++) {
      GB_CHECK(first + i < x.ndim() && index->size(i) == x.size(first + i), "The shape of the mask ", index->sizes(),
               " at index ", i, " does not match the shape of the indexed tensor ", x.sizes(), " at index ", first + i);
    }
    if (index->ndim() == 0) {
      // A mask without dimensions: all or nothing of a new dimension; see unsqueezed().
      result.emplace_back(*onHost(*index).as<bool>()
                              ? full({1}, Scalar::of(int64_t(0)), DType::Int64, x.device())
                              : emptyTensor({0}, DType::Int64, x.device()));
      continue;
    }
    const Tensor positions = nonzeroKernel(index->device(), *index);
    for (int i = 0; i < index->ndim(); i++) result.emplace_back(select(positions, 1, i));
  }
  GB_CHECK(int(result.size()) <= x.ndim(), "too many indices for tensor of dimension ", x.ndim(), " (got ", result.size(),
           ")");
  return result;
}

/** Masks without dimensions index a dimension of size 1 that is put in front of them. */
Tensor unsqueezed(const Tensor& x, const MaybeTensorList& indices) {
  Tensor result = x;
  int at = 0;
  for (const Tensor* index : indices) {
    if (index && index->dtype() == DType::Bool) {
      if (index->ndim() == 0) result = unsqueeze(result, at);
      at += std::max(1, index->ndim());
    } else {
      at++;
    }
  }
  return result;
}

Plan planOf(const Tensor& x, const MaybeTensorList& list) {
  auto indices = expandMasks(x, list);
  Plan plan;
  Dims indexShape, restSizes, restStrides;
  bool any = false, adjacent = true;
  int last = -2;
  for (size_t i = 0; i < indices.size(); i++) {
    if (!indices[i]) continue;
    if (any && last != int(i) - 1) adjacent = false;
    if (!any) plan.at = int(i);
    indexShape = any ? broadcastShapes(indexShape, indices[i]->sizes()) : indices[i]->sizes();
    any = true;
    last = int(i);
  }
  GB_CHECK(any, "expected at least one index tensor");
  if (!adjacent) plan.at = 0;
  plan.indexDims = indexShape.size();
  plan.indexed.count = product(indexShape);
  for (int i = 0; i < x.ndim(); i++) {
    if (i < int(indices.size()) && indices[size_t(i)]) {
      plan.indexed.indices.push_back(contiguous(expandTo(toDevice(*indices[size_t(i)], x.device(), false), indexShape)));
      plan.indexed.sizes.push(x.size(i));
      plan.indexed.strides.push(x.stride(i));
    } else {
      restSizes.push(x.size(i));
      restStrides.push(x.stride(i));
    }
  }
  for (int i = 0; i <= restSizes.size(); i++) {
    if (i == plan.at) {
      for (int64_t d : indexShape) plan.shape.push(d);
    }
    if (i < restSizes.size()) plan.shape.push(restSizes[i]);
  }
  plan.indexed.base = x.viewed(restSizes, restStrides);
  return plan;
}

/** One index tensor of one dimension for one dimension of x. */
Plan planAlong(const Tensor& x, int dim, const Tensor& index) {
  GB_CHECK(index.ndim() <= 1, "Index is supposed to be a vector, got shape ", index.sizes());
  Plan plan;
  plan.at = dim;
  plan.indexDims = 1;
  plan.indexed.count = index.numel();
  plan.indexed.fromEnd = false;
  checkTogether(x, index);
  plan.indexed.indices.push_back(contiguous(asIndex(index)));
  Dims rest = x.sizes(), strides = x.strides();
  plan.shape = x.sizes();
  if (x.ndim() == 0) {
    plan.shape = Dims{index.numel()};
    plan.indexed.sizes.push(1);
    plan.indexed.strides.push(0);
  } else {
    plan.shape[dim] = index.numel();
    plan.indexed.sizes.push(x.size(dim));
    plan.indexed.strides.push(x.stride(dim));
    rest.erase(dim);
    strides.erase(dim);
  }
  plan.indexed.base = x.viewed(rest, strides);
  return plan;
}

Tensor read(const Tensor& x, const Plan& plan) {
  Tensor out = emptyTensor(plan.shape, x.dtype(), x.device());
  // An index may be out of bounds even where nothing is read.
  gatherBlocksKernel(x.device(), plan.indexed, plan.blocks(out));
  return out;
}

void write(const Tensor& x, const Plan& plan, const Tensor& values, WriteMode mode, double factor) {
  GB_CHECK(!overlapsItself(x),
           "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
           "Please clone() the tensor before performing the operation.");
  Tensor from = values.sizes() == plan.shape ? values : expandTo(values, plan.shape);
  from = contiguous(from.storage().get() == x.storage().get() ? clone(from) : from);
  scatterBlocksKernel(x.device(), plan.indexed, plan.blocks(from), mode, factor);
}

}  // namespace

Tensor index(const Tensor& x, const MaybeTensorList& indices) {
  const Tensor from = unsqueezed(x, indices);
  return read(from, planOf(from, indices));
}

void indexPut_(const Tensor& x, const MaybeTensorList& indices, const Tensor& values, bool accumulate) {
  GB_CHECK(values.dtype() == x.dtype() || values.ndim() == 0, "Index put requires the source and destination dtypes match, got ",
           titleOf(x.dtype()), " for the destination and ", titleOf(values.dtype()), " for the source.");
  const Tensor to = unsqueezed(x, indices);
  write(to, planOf(to, indices), asType(values, x.dtype()), accumulate ? WriteMode::Add : WriteMode::Set, 1);
}

Tensor indexSelect(const Tensor& x, int64_t dim, const Tensor& index) {
  return read(x, planAlong(x, wrapDim(dim, x.ndim()), index));
}

namespace {
/** Entry i of `source` along a dimension to entry index[i] of x. */
void writeAlong(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source, WriteMode mode, double factor) {
  const Plan plan = planAlong(x, wrapDim(dim, x.ndim()), index);
  GB_CHECK(source.dtype() == x.dtype(), "self (", titleOf(x.dtype()), ") and source (", titleOf(source.dtype()),
           ") must have the same scalar type");
  GB_CHECK(source.numel() == product(plan.shape) && (source.ndim() == 0 || source.sizes() == plan.shape),
           "expected a source of shape ", plan.shape, ", got ", source.sizes());
  write(x, plan, reshape(source, plan.shape), mode, factor);
}
}  // namespace

void indexAdd_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source, double alpha) {
  writeAlong(x, dim, index, source, WriteMode::Add, alpha);
}

void indexCopy_(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
  writeAlong(x, dim, index, source, WriteMode::Set, 1);
}

Tensor maskedSelect(const Tensor& x, const Tensor& mask) {
  GB_CHECK(mask.dtype() == DType::Bool, "expected BoolTensor for mask, got ", titleOf(mask.dtype()));
  const Dims shape = broadcastShapes(x.sizes(), mask.sizes());
  const Tensor flat = reshape(expandTo(mask, shape), {product(shape)});
  return index(reshape(expandTo(x, shape), {product(shape)}), {&flat});
}

Tensor nonzero(const Tensor& x) { return nonzeroKernel(x.device(), x); }

Tensor embedding(const Tensor& weight, const Tensor& index) {
  GB_CHECK(weight.ndim() == 2, "'weight' must be 2-D, got shape ", weight.sizes());
  const Tensor rows = indexSelect(weight, 0, reshape(index, {index.numel()}));
  Dims shape = index.sizes();
  shape.push(weight.size(1));
  return rows.viewed(shape, contiguousStrides(shape));
}

Tensor embeddingBackward(const Tensor& grad, const Tensor& index, int64_t rows, int64_t paddingIdx) {
  GB_CHECK(grad.ndim() >= 1, "expected a gradient of at least one dimension");
  const int64_t width = grad.size(grad.ndim() - 1);
  // Sums run in float for half types, and are rounded once.
  const DType type = computeType(grad.dtype());
  Tensor result = full({rows, width}, Scalar::of(false), type, grad.device());
  indexAdd_(result, 0, reshape(index, {index.numel()}), reshape(asType(grad, type), {index.numel(), width}), 1);
  if (paddingIdx >= 0 && paddingIdx < rows) fillWith(select(result, 0, paddingIdx), Scalar::of(false));
  return asType(result, grad.dtype());
}

Tensor oneHot(const Tensor& index, int64_t classes) {
  GB_CHECK(index.dtype() == DType::Int64, "one_hot is only applicable to index tensor of type LongTensor, got ",
           titleOf(index.dtype()));
  GB_CHECK(classes > 0, "num_classes should be positive, got ", classes);
  if (index.device() == Device::CPU) {
    // A card refuses them by itself, when something waits.
    const Tensor outside = binary(Binary::logicalOr, binary(Binary::lt, index, Scalar::of(int64_t(0))),
                                  binary(Binary::ge, index, Scalar::of(classes)));
    GB_CHECK(nonzero(outside).size(0) == 0, "class values must be non-negative and smaller than num_classes (", classes, ")");
  }
  Dims shape = index.sizes();
  shape.push(1);
  const Tensor wide = reshape(index, shape);
  shape[shape.size() - 1] = classes;
  const Tensor result = full(shape, Scalar::of(int64_t(0)), DType::Int64, index.device());
  scatter_(result, -1, wide, Scalar::of(int64_t(1)));
  return result;
}

}  // namespace gb
