// Reads pointwise.def with those of GB_UNARY, GB_GRAD, GB_BINARY and GB_TERNARY that the including file has defined;
// the others expand to nothing, and all are undefined afterwards. (No include guard: read many times.)
#ifndef GB_UNARY
#define GB_UNARY(...)
#endif
#ifndef GB_GRAD
#define GB_GRAD(...)
#endif
#ifndef GB_BINARY
#define GB_BINARY(...)
#endif
#ifndef GB_TERNARY
#define GB_TERNARY(...)
#endif
#include "ops/pointwise.def"
#undef GB_UNARY
#undef GB_GRAD
#undef GB_BINARY
#undef GB_TERNARY
