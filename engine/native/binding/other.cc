#include "binding/other.h"

#include "binding/row.h"
#include "tensor/error.h"

namespace gb {
namespace {

/** Of this thread's environment. */
thread_local napi_ref other = nullptr;

/** The row's result by the handler; null, perhaps with an error that is on its way, where there is none. */
napi_value answerOf(napi_env env, const char* name, const napi_value* arguments, size_t count) {
  napi_value handler, list, text, none, answer, result;
  if (!other || napi_get_reference_value(env, other, &handler) != napi_ok || !handler) return nullptr;
  if (napi_create_array_with_length(env, count, &list) != napi_ok) return nullptr;
  for (size_t i = 0; i < count; i++) {
    if (napi_set_element(env, list, uint32_t(i), arguments[i]) != napi_ok) return nullptr;
  }
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text) != napi_ok || napi_get_undefined(env, &none) != napi_ok) return nullptr;
  const napi_value call[] = {text, list};
  if (napi_call_function(env, none, handler, 2, call, &answer) != napi_ok) return nullptr;
  bool found = false;
  if (napi_is_array(env, answer, &found) != napi_ok || !found) return nullptr;
  return napi_get_element(env, answer, 0, &result) == napi_ok ? result : nullptr;
}

}  // namespace

napi_value callOther(napi_env env, const WrongArgument& wrong, const char* name, const napi_value* arguments, size_t count) {
  if (const napi_value result = answerOf(env, name, arguments, count)) return result;
  bool thrown = false;
  if (napi_is_exception_pending(env, &thrown) == napi_ok && thrown) return nullptr;
  try {
    const OpName op(name);
    failBy(env, wrong);
  } catch (...) {
    throwCurrent(env);
    return nullptr;
  }
}

void setOtherHandles(RawValue handler) {
  if (other) napi_delete_reference(handler.env, other);
  other = nullptr;
  GB_CHECK(napi_create_reference(handler.env, handler.value, 1, &other) == napi_ok, "expected a function");
}

}  // namespace gb
