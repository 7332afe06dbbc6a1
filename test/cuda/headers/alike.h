// How the comparisons see that functions of ours (`Ours`) and of NVIDIA's libraries take arguments alike.
#pragma once

/** That a function of ours and NVIDIA's take as many arguments, of the same sizes. */
template <class A, class B>
struct Alike;
template <class Status, class... A, class... B>
struct Alike<int (*)(A...), Status (*)(B...)> {
  static_assert(sizeof...(A) == sizeof...(B), "the number of arguments");
  static_assert(((sizeof(A) == sizeof(B)) && ...), "the size of an argument");
  static constexpr bool value = true;
};
#define TAKES_ALIKE(FIELD, NAME) static_assert(Alike<decltype(Ours::FIELD), decltype(&NAME)>::value, #NAME)
