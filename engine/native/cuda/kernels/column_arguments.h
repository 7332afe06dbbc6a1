// What the host hands to the kernels of columns.cu: beside arguments.h, and under its rules.
#pragma once

namespace gb {
namespace cuda {

/** Columns that a block takes, and threads for each. */
constexpr int kColumnsBeside = 32, kColumnLanes = 8, kColumnThreads = kColumnsBeside * kColumnLanes;

/** `columns` of n elements that lie `inner` apart, in parts of `perPart`, of which `parts` keeps what they have found: [part][column]. */
struct ColumnArguments {
  long long n, inner, columns, perPart;
  void* parts;
  bool log;
};

}  // namespace cuda
}  // namespace gb
