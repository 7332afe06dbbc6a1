// The families of rows; addon.cc puts them together.
#pragma once
#include <array>

#include "binding/row.h"

namespace gb {

RowList pointwiseRows();
RowList tensorRows();
RowList metaRows();
RowList opRows();
RowList generatorRows();
RowList spatialRows();
RowList systemRows();
RowList cudaRows();
RowList queueRows();
RowList profileRows();

inline std::array<RowList, 10> allRows() {
  return {pointwiseRows(), tensorRows(), metaRows(),  opRows(),    generatorRows(),
          spatialRows(),   systemRows(), cudaRows(), queueRows(), profileRows()};
}

#define GB_TABLE(NAME, ROWS) \
  RowList NAME() { return {ROWS, sizeof(ROWS) / sizeof(ROWS[0]), true}; }
/** Of rows that no profile records. */
#define GB_UNRECORDED_TABLE(NAME, ROWS) \
  RowList NAME() { return {ROWS, sizeof(ROWS) / sizeof(ROWS[0]), false}; }

}  // namespace gb
