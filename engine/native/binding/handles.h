// What JavaScript holds: Externals that point to boxes. All boxes of a kind lie in one reserved range of addresses, so
// that any External, ours or not, can be told apart without looking where it points.
#pragma once
#include <node_api.h>

#include "ops/random.h"
#include "tensor/tensor.h"

namespace gb {

/** A new handle that holds `tensor`. */
napi_value handleOf(napi_env env, Tensor&& tensor);
/** The tensor behind a handle, or null if the value is none (or null itself). */
Tensor* tensorOf(napi_env env, napi_value value);
/** Lets go of a tensor that tensorOf gave, before its handle is collected: the handle holds none from then on. */
void emptyHandle(Tensor& tensor);

napi_value handleOf(napi_env env, Generator generator);
Generator* generatorOf(napi_env env, napi_value value);

}  // namespace gb
