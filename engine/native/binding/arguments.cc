#include "binding/arguments.h"

#include <cmath>
#include <cstdio>
#include <string>

namespace gb {
namespace {

std::string describe(napi_env env, napi_value value) {
  if (!value) return "undefined";
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok) return "a value";
  switch (type) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "a boolean";
    case napi_number: {
      double number = 0;
      napi_get_value_double(env, value, &number);
      char text[40];
      std::snprintf(text, sizeof text, "%.17g", number);
      return text;
    }
    case napi_string: return "a string";
    case napi_symbol: return "a symbol";
    case napi_function: return "a function";
    case napi_external: return generatorOf(env, value) ? "a generator" : tensorOf(env, value) ? "a tensor" : "a foreign or an emptied handle";
    case napi_bigint: return "a bigint";
    default: return "an object";
  }
}

}  // namespace

void wrongArgument(napi_env, napi_value value, int position, const char* expected) {
  throw WrongArgument{value, position, expected};
}

void failBy(napi_env env, const WrongArgument& wrong) {
  fail("argument ", wrong.position + 1, ": expected ", wrong.expected, ", got ", describe(env, wrong.value));
}

bool isNone(napi_env env, napi_value value) {
  if (!value) return true;
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && (type == napi_undefined || type == napi_null);
}

double readNumber(napi_env env, napi_value value, int position) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) wrongArgument(env, value, position, "a number");
  return number;
}

int64_t readInteger(napi_env env, napi_value value, int position) {
  const double number = readNumber(env, value, position);
  // Infinity stands for "to the end" in slices.
  if (std::isinf(number)) return number > 0 ? INT64_MAX : INT64_MIN;
  if (!(number >= -0x1p63 && number < 0x1p63) || number != std::trunc(number)) {
    wrongArgument(env, value, position, "a whole number");
  }
  return int64_t(number);
}

Scalar readScalar(napi_env env, napi_value value, int position) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) return Scalar::number(number);
  bool truth;
  if (napi_get_value_bool(env, value, &truth) == napi_ok) return Scalar::of(truth);
  int64_t integer;
  bool lossless;
  if (napi_get_value_bigint_int64(env, value, &integer, &lossless) == napi_ok) {
    if (!lossless) wrongArgument(env, value, position, "a bigint that fits into 64 bits");
    return Scalar::of(integer);
  }
  wrongArgument(env, value, position, "a tensor or a number");
}

void readDims(napi_env env, napi_value value, int position, Dims& out) {
  uint32_t length;
  if (napi_get_array_length(env, value, &length) != napi_ok) wrongArgument(env, value, position, "an array of whole numbers");
  GB_CHECK(length <= uint32_t(kMaxDims), "argument ", position + 1, ": at most ", kMaxDims, " dimensions are possible, got ",
           length);
  out.resize(int(length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    double number;
    if (napi_get_element(env, value, i, &element) != napi_ok || napi_get_value_double(env, element, &number) != napi_ok ||
        !(number >= -0x1p63 && number < 0x1p63) || number != std::trunc(number)) {
      wrongArgument(env, element, position, "an array of whole numbers");
    }
    out[int(i)] = int64_t(number);
  }
}

void readTensors(napi_env env, napi_value value, int position, bool nulls, TensorList& out) {
  uint32_t length;
  if (napi_get_array_length(env, value, &length) != napi_ok) wrongArgument(env, value, position, "an array of tensors");
  out.resize(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    if (napi_get_element(env, value, i, &element) != napi_ok) wrongArgument(env, value, position, "an array of tensors");
    out[i] = tensorOf(env, element);
    if (!out[i] && !(nulls && isNone(env, element))) {
      wrongArgument(env, element, position, nulls ? "an array of tensors and nulls" : "an array of tensors");
    }
  }
}

Reader<Seed>::Reader(napi_env env, napi_value value, int position) {
  bool lossless;
  if (napi_get_value_bigint_uint64(env, value, &field.value, &lossless) == napi_ok) return;
  field.value = uint64_t(readInteger(env, value, position));
}

}  // namespace gb
