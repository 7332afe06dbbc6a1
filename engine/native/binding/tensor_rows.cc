// Rows that make tensors, look at them and rearrange them.
#include <cstring>

#include "binding/row.h"
#include "binding/tables.h"
#include "ops/copy.h"
#include "ops/create.h"
#include "ops/shape.h"
#include "ops/transfer.h"
#include "tensor/promote.h"
#include "tensor/deferred.h"

namespace gb {
namespace {

napi_typedarray_type arrayType(DType dtype) {
  constexpr napi_typedarray_type types[kDTypes] = {napi_uint8_array,   napi_int8_array,     napi_int16_array,
                                                   napi_int32_array,   napi_bigint64_array, napi_uint16_array,
                                                   napi_float32_array, napi_float64_array,  napi_uint8_array,
                                                   napi_uint16_array};
  return types[int(dtype)];
}

Tensor fromData(const HostData& data, const Dims& shape, DType dtype, Device device) {
  const bool fits = data.type == arrayType(dtype) || (itemSize(dtype) == 1 && data.type == napi_uint8_clamped_array);
  GB_CHECK(fits, "the typed array's elements are not those of ", nameOf(dtype));
  // Any byte but 0 is true, but a bool is 0 or 1.
  const DType from = dtype == DType::Bool ? DType::UInt8 : dtype;
  return fromHost(data.data, int64_t(data.length), from, shape, dtype, device);
}

Tensor fromNumbers(const HostData& data, const Dims& shape, DType dtype, Device device) {
  GB_CHECK(data.type == napi_float64_array, "expected a Float64Array");
  return fromHost(data.data, int64_t(data.length), DType::Float64, shape, dtype, device);
}

Tensor fromBigInts(const HostData& data, const Dims& shape, DType dtype, Device device) {
  GB_CHECK(data.type == napi_bigint64_array, "expected a BigInt64Array");
  return fromHost(data.data, int64_t(data.length), DType::Int64, shape, dtype, device);
}

napi_value typedArray(napi_env env, const Tensor& from, napi_typedarray_type type) {
  const Tensor x = onHost(from);
  napi_value buffer, result;
  void* bytes = nullptr;
  GB_CHECK(napi_create_arraybuffer(env, x.bytes(), &bytes, &buffer) == napi_ok,
           "out of memory: no room for an array of ", x.bytes(), " bytes");
  if (x.numel() > 0) std::memcpy(bytes, x.data(), x.bytes());
  GB_CHECK(napi_create_typedarray(env, type, size_t(x.numel()), buffer, 0, &result) == napi_ok,
           "no typed array could be made");
  return result;
}

/** `nonBlocking`: 1, or nothing. */
void copyRow(const Tensor& dst, const Tensor& src, std::optional<int64_t> nonBlocking) {
  copyInto(dst, src, nonBlocking.value_or(0) != 0);
}

RawResult toData(const Tensor& x) { return {typedArray(currentEnv, contiguous(x), arrayType(x.dtype()))}; }

RawResult toNumbers(const Tensor& x) {
  return {typedArray(currentEnv, contiguous(asType(x, DType::Float64)), napi_float64_array)};
}

double item(const Tensor& x) {
  GB_CHECK(x.numel() == 1, "a Tensor with ", x.numel(), " elements cannot be converted to Scalar");
  if (x.device() != Device::CPU) return item(onHost(x));
  if (x.dtype() == DType::Float32) return double(*x.as<float>());
  return *asType(x, DType::Float64).as<double>();
}

Tensor empty(const Dims& shape, DType dtype, Device device) { return emptyTensor(shape, dtype, device); }
Dims shape(const Tensor& x) { return x.sizes(); }
Dims strides(const Tensor& x) { return x.strides(); }
int64_t offset(const Tensor& x) { return x.offset(); }
int dim(const Tensor& x) { return x.ndim(); }
int64_t numel(const Tensor& x) { return x.numel(); }
int dtype(const Tensor& x) { return int(x.dtype()); }
int device(const Tensor& x) { return int(x.device()); }
bool isContiguous(const Tensor& x) { return x.contiguous(); }
bool alike(const Tensor& a, const Tensor& b) { return a.dtype() == b.dtype() && a.sizes() == b.sizes(); }
int storageUses(const Tensor& x) { return x.storage()->references - deferredUses(x.storage().get()); }
void giveBack(Tensor& x) {
  if (storageUses(x) == 1) emptyHandle(x);
}
int64_t storageId(const Tensor& x) { return int64_t(x.storage()->id); }
int64_t storageBytes(const Tensor& x) { return int64_t(x.storage()->bytes); }
void setDefault(DType dtype) { setDefaultDType(dtype); }
void setData(Tensor& x, const Tensor& source) { x = Tensor(source); }
void fill(const Tensor& x, Scalar value) { fillWith(x, value); }
int resultTypeCode(const Operand& a, const Operand& b) { return int(resultType(a, b)); }

const Row rows[] = {
    // New ones
    GB_ROW(empty),
    GB_ROW(emptyLikeOn),
    GB_ROW(full),
    GB_ROW(arange),
    GB_ROW(linspace),
    GB_ROW(eye),
    GB_ROW(fromData),
    GB_ROW(fromNumbers),
    GB_ROW(fromBigInts),
    GB_ROW(toData),
    GB_ROW(toNumbers),
    GB_ROW(item),
    // Views
    GB_ROW(asStrided),
    GB_ROW(view),
    GB_ROW(reshape),
    GB_ROW(transpose),
    GB_ROW(permute),
    GB_ROW(expand),
    GB_ROW(squeeze),
    GB_ROW(unsqueeze),
    GB_ROW(slice),
    GB_ROW(select),
    GB_ROW(diagonal),
    GB_ROW(unfold),
    GB_ROW(alias),
    // Copies
    GB_ROW(contiguous),
    GB_ROW(clone),
    GB_ROW(cat),
    GB_ROW(flip),
    GB_ROW(roll),
    GB_ROW(repeat),
    GB_ROW(tril),
    GB_ROW(triu),
    GB_ROW_AS(copy_, &copyRow),
    GB_ROW_AS(fill_, &fill),
    GB_ROW_AS(setData_, &setData),
    GB_ROW_AS(to, &toType),
    GB_ROW(toDevice),
    GB_ROW(pinMemory),
};

// What they are
const Row meta[] = {
    GB_ROW(shape),
    GB_ROW(strides),
    GB_ROW(offset),
    GB_ROW(dim),
    GB_ROW(numel),
    GB_ROW(dtype),
    GB_ROW(device),
    GB_ROW(isContiguous),
    GB_ROW(alike),
    GB_ROW(storageUses),
    GB_ROW(giveBack),
    GB_ROW(storageId),
    GB_ROW(storageBytes),
    GB_ROW_AS(setDefaultDtype, &setDefault),
    GB_ROW(isPinned),
    GB_ROW_AS(resultType, &resultTypeCode),
};

}  // namespace

GB_TABLE(tensorRows, rows)
GB_UNRECORDED_TABLE(metaRows, meta)

}  // namespace gb
