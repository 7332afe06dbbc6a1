// From JavaScript values to C++ arguments: one Reader for each type that a row's function may take.
#pragma once
#include <node_api.h>

#include <optional>

#include "binding/handles.h"
#include "tensor/scalar_value.h"

namespace gb {

/** The tensor that an op writes into instead of making one; the row then returns the same handle. */
struct Out {
  MaybeTensor tensor;
};

/** Elements in a typed array. */
struct HostData {
  void* data;
  size_t length;
  napi_typedarray_type type;
};

/** A BigInt, or a number, taken modulo 2^64. */
struct Seed {
  uint64_t value;
};

/** A JavaScript value that a row looks at itself; null where it was not given. */
struct RawValue {
  napi_env env;
  napi_value value;
};

/** What a row cannot read. Becomes the text "argument 2: expected …, got a string" where nobody else can (binding/other.h). */
struct WrongArgument {
  napi_value value;
  int position;
  const char* expected;
};
[[noreturn]] void wrongArgument(napi_env env, napi_value value, int position, const char* expected);
[[noreturn]] void failBy(napi_env env, const WrongArgument& wrong);

double readNumber(napi_env env, napi_value value, int position);
int64_t readInteger(napi_env env, napi_value value, int position);
Scalar readScalar(napi_env env, napi_value value, int position);
void readDims(napi_env env, napi_value value, int position, Dims& out);
void readTensors(napi_env env, napi_value value, int position, bool nulls, TensorList& out);
bool isNone(napi_env env, napi_value value);

/** `value` is null for an argument that was not given. */
template <class T>
struct Reader;

#define GB_READER(TYPE, FIELD, READ, GET)                           \
  template <>                                                       \
  struct Reader<TYPE> {                                             \
    FIELD;                                                          \
    Reader(napi_env env, napi_value value, int position) { READ; }  \
    TYPE get() { return GET; }                                      \
  };

GB_READER(double, double field, field = readNumber(env, value, position), field)
GB_READER(int64_t, int64_t field, field = readInteger(env, value, position), field)
GB_READER(int, int64_t field, field = readInteger(env, value, position), int(field))
GB_READER(Scalar, Scalar field, field = readScalar(env, value, position), field)
GB_READER(const Dims&, Dims field, readDims(env, value, position, field), field)
GB_READER(const TensorList&, TensorList field, readTensors(env, value, position, false, field), field)
GB_READER(const MaybeTensorList&, MaybeTensorList field, readTensors(env, value, position, true, field), field)

template <>
struct Reader<bool> {
  bool field;
  Reader(napi_env env, napi_value value, int position) {
    if (napi_get_value_bool(env, value, &field) != napi_ok) wrongArgument(env, value, position, "a boolean");
  }
  bool get() { return field; }
};

template <>
struct Reader<const Tensor&> {
  const Tensor* field;
  Reader(napi_env env, napi_value value, int position) : field(tensorOf(env, value)) {
    if (!field) wrongArgument(env, value, position, "a tensor");
  }
  const Tensor& get() { return *field; }
};

/** A row that makes its argument another tensor. */
template <>
struct Reader<Tensor&> {
  Tensor* field;
  Reader(napi_env env, napi_value value, int position) : field(tensorOf(env, value)) {
    if (!field) wrongArgument(env, value, position, "a tensor");
  }
  Tensor& get() { return *field; }
};

template <>
struct Reader<MaybeTensor> {
  const Tensor* field;
  Reader(napi_env env, napi_value value, int position) : field(tensorOf(env, value)) {
    if (!field && !isNone(env, value)) wrongArgument(env, value, position, "a tensor or null");
  }
  MaybeTensor get() { return field; }
};

template <>
struct Reader<Out> : Reader<MaybeTensor> {
  using Reader<MaybeTensor>::Reader;
  Out get() { return {field}; }
};

template <>
struct Reader<const Operand&> {
  Operand field;
  Reader(napi_env env, napi_value value, int position) {
    if (const Tensor* tensor = tensorOf(env, value)) {
      field = Operand(*tensor);
    } else {
      field = Operand(readScalar(env, value, position));
    }
  }
  const Operand& get() { return field; }
};

/** MaybeDims: null, or a list. */
template <>
struct Reader<const Dims*> {
  Dims field;
  bool none;
  Reader(napi_env env, napi_value value, int position) : none(isNone(env, value)) {
    if (!none) readDims(env, value, position, field);
  }
  const Dims* get() { return none ? nullptr : &field; }
};

template <>
struct Reader<std::optional<int64_t>> {
  std::optional<int64_t> field;
  Reader(napi_env env, napi_value value, int position) {
    if (!isNone(env, value)) field = readInteger(env, value, position);
  }
  std::optional<int64_t> get() { return field; }
};

/** A dtype's code; -1 for none. */
template <>
struct Reader<std::optional<DType>> {
  std::optional<DType> field;
  Reader(napi_env env, napi_value value, int position) {
    const int64_t code = readInteger(env, value, position);
    if (code < -1 || code >= kDTypes) wrongArgument(env, value, position, "a dtype's code");
    if (code >= 0) field = DType(code);
  }
  std::optional<DType> get() { return field; }
};

template <>
struct Reader<DType> : Reader<std::optional<DType>> {
  Reader(napi_env env, napi_value value, int position) : Reader<std::optional<DType>>(env, value, position) {
    if (!field) wrongArgument(env, value, position, "a dtype's code");
  }
  DType get() { return *field; }
};

/** Where a new tensor goes: where another one is, a device's code, or the host where nothing is given. */
template <>
struct Reader<Device> {
  Device field;
  Reader(napi_env env, napi_value value, int position) : field(Device::CPU) {
    if (isNone(env, value)) return;
    if (const Tensor* like = tensorOf(env, value)) {
      field = like->device();
      return;
    }
    const int64_t code = readInteger(env, value, position);
    if (code < 0 || code > kMaxCudaDevices) wrongArgument(env, value, position, "a device's code");
    field = Device(code);
  }
  Device get() { return field; }
};

template <>
struct Reader<Generator&> {
  Generator* field;
  Reader(napi_env env, napi_value value, int position) : field(generatorOf(env, value)) {
    if (!field) wrongArgument(env, value, position, "a generator");
  }
  Generator& get() { return *field; }
};

template <>
struct Reader<const HostData&> {
  HostData field;
  Reader(napi_env env, napi_value value, int position) {
    bool typed = false;
    napi_is_typedarray(env, value, &typed);
    if (!typed || napi_get_typedarray_info(env, value, &field.type, &field.length, &field.data, nullptr, nullptr) != napi_ok) {
      wrongArgument(env, value, position, "a typed array");
    }
  }
  const HostData& get() { return field; }
};

template <>
struct Reader<Seed> {
  Seed field;
  Reader(napi_env env, napi_value value, int position);
  Seed get() { return field; }
};

template <>
struct Reader<RawValue> {
  RawValue field;
  Reader(napi_env env, napi_value value, int) : field{env, value} {}
  RawValue get() { return field; }
};

}  // namespace gb
