// What the comparisons with NVIDIA's headers share.
#pragma once
#include <dlfcn.h>

#include <cstdio>

#include "cuda/api/library.h"

using namespace gb::cuda;

inline void* Library::symbol(const char* name) const {
  void* found = dlsym(handle, name);
  if (!found) std::printf("no function %s\n", name);
  return found;
}

#define SAME(OURS, THEIRS) static_assert(int(OURS) == int(THEIRS), #THEIRS)
