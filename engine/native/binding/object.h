// A JavaScript object as a row's result.
#pragma once
#include <string>
#include <vector>

#include "binding/results.h"

namespace gb {

inline napi_value writeText(napi_env env, const std::string& text) {
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

class Object {
 public:
  explicit Object(napi_env env) : env_(env) { napi_create_object(env, &value_); }
  Object& set(const char* name, double number) {
    napi_set_named_property(env_, value_, name, write(env_, number));
    return *this;
  }
  /** Null for an empty text. */
  Object& set(const char* name, const std::string& text) {
    napi_set_named_property(env_, value_, name, text.empty() ? writeNull(env_) : writeText(env_, text));
    return *this;
  }
  Object& set(const char* name, const std::vector<napi_value>& values) {
    napi_value list;
    napi_create_array_with_length(env_, values.size(), &list);
    for (size_t i = 0; i < values.size(); i++) napi_set_element(env_, list, uint32_t(i), values[i]);
    napi_set_named_property(env_, value_, name, list);
    return *this;
  }
  Object& set(const char* name, napi_value value) {
    napi_set_named_property(env_, value_, name, value);
    return *this;
  }
  RawResult result() const { return {value_}; }

 private:
  napi_env env_;
  napi_value value_;
};

}  // namespace gb
