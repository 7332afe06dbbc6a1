// The families of rows; addon.cc puts them together.
#pragma once
#include "binding/row.h"

namespace gb {

RowList pointwiseRows();
RowList tensorRows();
RowList opRows();
RowList spatialRows();
RowList systemRows();
RowList cudaRows();
RowList queueRows();

#define GB_TABLE(NAME, ROWS) \
  RowList NAME() { return {ROWS, sizeof(ROWS) / sizeof(ROWS[0])}; }

}  // namespace gb
