// How the comparisons see that functions of ours and of cuDNN take arguments alike.
#pragma once
#include <cudnn.h>

/** That a function of ours and NVIDIA's take as many arguments. */
template <class A, class B>
struct Alike;
template <class... A, class... B>
struct Alike<int (*)(A...), cudnnStatus_t (*)(B...)> {
  static_assert(sizeof...(A) == sizeof...(B), "the number of arguments");
  static_assert(((sizeof(A) == sizeof(B)) && ...), "the size of an argument");
  static constexpr bool value = true;
};
#define TAKES_ALIKE(FIELD, NAME) static_assert(Alike<decltype(dnn::Functions::FIELD), decltype(&NAME)>::value, #NAME)
