// The addon: a plain object with one function for each row of the tables.
#include <node_api.h>

#include "binding/tables.h"

namespace gb {

void throwCurrent(napi_env env) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr, "out of memory: the system has no more for the engine's own structures");
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
}

}  // namespace gb

NAPI_MODULE_INIT() {
  for (const gb::RowList& list : gb::allRows()) {
    for (size_t i = 0; i < list.count; i++) {
      const gb::Row& row = list.rows[i];
      napi_value fn;
      if (napi_create_function(env, row.name, NAPI_AUTO_LENGTH, row.callback, const_cast<char*>(row.name), &fn) != napi_ok ||
          napi_set_named_property(env, exports, row.name, fn) != napi_ok) {
        napi_throw_error(env, nullptr, "the addon's table could not be set up");
        return nullptr;
      }
    }
  }
  return exports;
}
