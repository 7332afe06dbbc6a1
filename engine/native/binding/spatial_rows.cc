// Rows of what works on the last one to three dimensions: convolutions and pooling.
#include "binding/row.h"
#include "binding/tables.h"
#include "ops/conv.h"
#include "ops/mix.h"
#include "ops/pool.h"

namespace gb {
namespace {

/** A matrix: Int32Arrays of row starts and columns, a Float64Array of weights. */
SparseMatrix matrixOf(const HostData& starts, const HostData& columns, const HostData& weights) {
  GB_CHECK(starts.type == napi_int32_array && columns.type == napi_int32_array && weights.type == napi_float64_array,
           "expected starts and columns as Int32Arrays and weights as a Float64Array");
  GB_CHECK(starts.length > 0 && columns.length == weights.length, "expected as many weights as columns and one start more ",
           "than rows, got ", weights.length, ", ", columns.length, " and ", starts.length);
  return {static_cast<const int32_t*>(starts.data), static_cast<const int32_t*>(columns.data), static_cast<const double*>(weights.data),
          int64_t(starts.length) - 1};
}

Tensor mixRow(const Tensor& x, int64_t dim, const HostData& starts, const HostData& columns, const HostData& weights) {
  return mix(x, dim, matrixOf(starts, columns, weights), int64_t(columns.length));
}

Tensor mixPlaneRow(const Tensor& x, const HostData& starts, const HostData& columns, const HostData& weights, const HostData& starts2,
                   const HostData& columns2, const HostData& weights2) {
  return mixPlane(x, matrixOf(starts, columns, weights), int64_t(columns.length), matrixOf(starts2, columns2, weights2),
                  int64_t(columns2.length));
}

const Row rows[] = {
    GB_ROW(conv),
    GB_ROW(convInput),
    GB_ROW(convWeight),
    GB_ROW(maxPool),
    GB_ROW(adaptiveMaxPool),
    GB_ROW(maxPoolBackward),
    GB_ROW(poolPick),
    GB_ROW(poolPut),
    GB_ROW_AS(mix, &mixRow),
    GB_ROW_AS(mixPlane, &mixPlaneRow),
};

}  // namespace

GB_TABLE(spatialRows, rows)

}  // namespace gb
