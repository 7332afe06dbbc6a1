// Handles that are no tensors of the engine: a part written in TypeScript makes them, and does what a row would do with them.
#pragma once
#include <node_api.h>

#include "binding/arguments.h"

namespace gb {

/**
 * What `setOtherHandles` was given is called with the row's name and arguments; it returns an array with the row's result, or
 * null where no argument is its own: then the error is thrown that the row's reader has found.
 */
napi_value callOther(napi_env env, const WrongArgument& wrong, const char* name, const napi_value* arguments, size_t count);

void setOtherHandles(RawValue handler);

}  // namespace gb
