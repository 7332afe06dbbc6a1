// From C++ results to JavaScript values.
#pragma once
#include <node_api.h>

#include <tuple>
#include <utility>
#include <vector>

#include "binding/handles.h"

namespace gb {

/** Results that become a BigInt. */
struct SignedBig {
  int64_t value;
};
struct UnsignedBig {
  uint64_t value;
};

/** A result that is a JavaScript value already. */
struct RawResult {
  napi_value value;
};

inline napi_value writeNull(napi_env env) {
  napi_value result;
  napi_get_null(env, &result);
  return result;
}

inline napi_value write(napi_env env, Tensor&& x) { return handleOf(env, std::move(x)); }
inline napi_value write(napi_env env, Generator&& x) { return handleOf(env, std::move(x)); }
inline napi_value write(napi_env, RawResult x) { return x.value; }
inline napi_value write(napi_env env, bool x) {
  napi_value result;
  napi_get_boolean(env, x, &result);
  return result;
}
inline napi_value write(napi_env env, double x) {
  napi_value result;
  napi_create_double(env, x, &result);
  return result;
}
inline napi_value write(napi_env env, int64_t x) {
  napi_value result;
  napi_create_int64(env, x, &result);
  return result;
}
inline napi_value write(napi_env env, int x) {
  napi_value result;
  napi_create_int32(env, x, &result);
  return result;
}
inline napi_value write(napi_env env, SignedBig x) {
  napi_value result;
  napi_create_bigint_int64(env, x.value, &result);
  return result;
}
inline napi_value write(napi_env env, UnsignedBig x) {
  napi_value result;
  napi_create_bigint_uint64(env, x.value, &result);
  return result;
}

template <class T>
napi_value write(napi_env env, std::optional<T>&& x) {
  return x ? write(env, std::move(*x)) : writeNull(env);
}

template <class... T>
napi_value writeAll(napi_env env, T&&... elements) {
  napi_value result;
  napi_create_array_with_length(env, sizeof...(T), &result);
  uint32_t i = 0;
  (napi_set_element(env, result, i++, write(env, std::move(elements))), ...);
  return result;
}

inline napi_value write(napi_env env, std::pair<Tensor, Tensor>&& x) {
  return writeAll(env, std::move(x.first), std::move(x.second));
}
template <class... T>
napi_value write(napi_env env, std::tuple<T...>&& x) {
  return std::apply([env](auto&... each) { return writeAll(env, std::move(each)...); }, x);
}

inline napi_value write(napi_env env, const Dims& x) {
  napi_value result;
  napi_create_array_with_length(env, size_t(x.size()), &result);
  for (int i = 0; i < x.size(); i++) napi_set_element(env, result, uint32_t(i), write(env, x[i]));
  return result;
}
inline napi_value write(napi_env env, std::vector<Tensor>&& x) {
  napi_value result;
  napi_create_array_with_length(env, x.size(), &result);
  for (size_t i = 0; i < x.size(); i++) napi_set_element(env, result, uint32_t(i), write(env, std::move(x[i])));
  return result;
}

}  // namespace gb
