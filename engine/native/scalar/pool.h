// The windows of a pooling: which elements of one dimension window i sees.
#pragma once
#include "scalar/math.h"

namespace gb {
namespace scalar {

/** `count` elements, a dilation apart, from `first` on, all inside. */
struct PoolWindow {
  i64 first, count;
};

/** Window i begins at i·stride − padding and is clipped to `size` elements. */
GB_FN PoolWindow slidingWindow(i64 i, i64 size, i64 kernel, i64 stride, i64 padding, i64 dilation) {
  i64 first = i * stride - padding;
  const i64 reach = first + dilation * (kernel - 1) + 1, end = reach < size ? reach : size;
  if (first < 0) first += (-first + dilation - 1) / dilation * dilation;
  const i64 room = end - first + dilation - 1;
  return {first, room > 0 ? room / dilation : 0};
}

/** Window i of `windows` that cover `size` elements between them, as evenly as may be. */
GB_FN PoolWindow adaptiveWindow(i64 i, i64 size, i64 windows) {
  const i64 first = i * size / windows;
  return {first, ((i + 1) * size + windows - 1) / windows - first};
}

}  // namespace scalar
}  // namespace gb
