// One row of the addon's table: a name and a C++ function, from whose signature the marshalling follows.
//
//   const Row matrixRows[] = {GB_ROW(matmul), …};
#pragma once
#include <node_api.h>

#include <exception>
#include <new>
#include <tuple>
#include <utility>

#include "binding/arguments.h"
#include "binding/other.h"
#include "binding/profile.h"
#include "binding/results.h"

namespace gb {

struct Row {
  const char* name;
  napi_callback callback;
};

struct RowList {
  const Row* rows;
  size_t count;
  /** Whether a profile records calls of them. */
  bool recorded;
};

/** The environment whose call runs on this thread: the collector is called through it. */
extern thread_local napi_env currentEnv;

/** Turns the C++ exception that is in flight into a JavaScript Error. */
void throwCurrent(napi_env env);

namespace detail {

template <class T>
constexpr bool isOut = std::is_same_v<T, Out>;

/** Where `T` stands among the parameters; -1 where it does not. */
template <class T, class... A>
constexpr int placeOf() {
  int place = -1, i = 0;
  ((place = std::is_same_v<A, T> ? i : place, i++), ...);
  return place;
}

template <auto F, class R, class... A, size_t... I>
napi_value invoke(napi_env env, napi_callback_info info, std::index_sequence<I...>) {
  constexpr size_t count = sizeof...(A);
  napi_value arguments[count + 1];
  size_t given = count;
  void* name;
  if (napi_get_cb_info(env, info, &given, arguments, nullptr, &name) != napi_ok) return nullptr;
  // What was not given need not be asked what it is.
  for (size_t i = given; i < count; i++) arguments[i] = nullptr;
  try {
    const OpName op(static_cast<const char*>(name));
    currentEnv = env;
    std::tuple<Reader<A>...> readers{Reader<A>(env, arguments[I], int(I))...};
    if constexpr (std::is_void_v<R>) {
      F(std::get<I>(readers).get()...);
      return nullptr;
    } else {
      R result = F(std::get<I>(readers).get()...);
      if constexpr ((isOut<A> || ...)) {
        // An op that wrote into `out` returns that very handle.
        napi_value out = nullptr;
        const auto look = [&](auto& reader, napi_value argument) {
          if constexpr (std::is_same_v<std::decay_t<decltype(reader)>, Reader<Out>>) {
            if (reader.field) out = argument;
          }
        };
        (look(std::get<I>(readers), arguments[I]), ...);
        if (out) return out;
      }
      return write(env, std::move(result));
    }
  } catch (const WrongArgument& wrong) {
    return callOther(env, wrong, static_cast<const char*>(name), arguments, given < count ? given : count);
  } catch (...) {
    throwCurrent(env);
    return nullptr;
  }
}

template <auto F>
struct Callback;
template <class R, class... A, R (*F)(A...)>
struct Callback<F> {
  static napi_value call(napi_env env, napi_callback_info info) {
    if (__builtin_expect(profile::recording.load(std::memory_order_relaxed), 0)) {
      return profile::around(run, env, info, {sizeof...(A), placeOf<Out, A...>(), placeOf<Device, A...>()});
    }
    return run(env, info);
  }
  static napi_value run(napi_env env, napi_callback_info info) {
    return invoke<F, R, A...>(env, info, std::index_sequence_for<A...>());
  }
};

}  // namespace detail

#define GB_ROW(NAME) ::gb::Row{#NAME, ::gb::detail::Callback<&NAME>::call}
#define GB_ROW_AS(NAME, ...) ::gb::Row{#NAME, ::gb::detail::Callback<__VA_ARGS__>::call}

}  // namespace gb
