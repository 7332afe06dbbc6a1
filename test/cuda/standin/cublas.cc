// A stand-in for cuBLASLt: the functions that the engine uses, computed on the host when the stream comes to them. It checks
// what the library would not forgive: descriptors that are gone, attributes of another size, layouts that do not fit, an
// algorithm used for another product than it was chosen for, less workspace or alignment than was promised.
// GRADBOOK_STANDIN: cublas=refuse (no algorithm is found), cublas=broken (it does not start), cublas=loud (it says what it does).
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "door.h"
#include "scalar/half.h"

namespace {

using namespace standin;

constexpr int kNotInitialized = 1, kInvalidValue = 7, kNotSupported = 15;
constexpr int kFloat = 0, kDouble = 1, kHalf = 2, kBFloat16 = 14;
constexpr int kCompute64 = 70, kComputeTf32 = 77;
/** What every algorithm asks for, so that it is seen whether it gets it. */
constexpr size_t kWorkspace = 4096;

struct Operation {
  int compute, scale, transA = 0, transB = 0, epilogue = 1;
  const void* bias = nullptr;
};
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t lead, offset = 0;
  int batch = 1;
};
struct Preference {
  uint64_t workspace = 0;
  uint32_t align[4] = {256, 256, 256, 256};
};
struct Algorithm {
  uint64_t magic, product, workspace;
  uint16_t align[4];
  uint64_t rest[4];
};
static_assert(sizeof(Algorithm) == 64, "cublasLtMatmulAlgo_t");
struct Choice {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};
constexpr uint64_t kMagic = 0x67726164626f6f6b;

std::set<const void*> alive;

template <class T>
int made(T** out, T* object) {
  *out = object;
  alive.insert(object);
  return 0;
}
template <class T>
int gone(T* object) {
  if (!alive.erase(object)) return refuse(kInvalidValue, "cuBLASLt: a descriptor that is not there is destroyed");
  delete object;
  return 0;
}
bool there(std::initializer_list<const void*> objects) {
  for (const void* object : objects) {
    if (!alive.count(object)) return false;
  }
  return true;
}

template <class T>
int take(T& field, const void* value, size_t size, const char* what) {
  if (size != sizeof field) return refuse(kInvalidValue, std::string("cuBLASLt: ") + what + " of " + std::to_string(size) + " bytes");
  std::memcpy(&field, value, size);
  return 0;
}

size_t sizeOf(int type) { return type == kDouble ? 8 : type == kFloat ? 4 : 2; }

double load(const char* at, int type) {
  switch (type) {
    case kDouble: return *reinterpret_cast<const double*>(at);
    case kFloat: return *reinterpret_cast<const float*>(at);
    case kHalf: return gb::toFloat(*reinterpret_cast<const gb::Half*>(at));
    default: return gb::toFloat(*reinterpret_cast<const gb::BFloat16*>(at));
  }
}
void store(char* at, int type, double value) {
  switch (type) {
    case kDouble: *reinterpret_cast<double*>(at) = value; return;
    case kFloat: *reinterpret_cast<float*>(at) = float(value); return;
    case kHalf: *reinterpret_cast<gb::Half*>(at) = gb::toHalf(float(value)); return;
    default: *reinterpret_cast<gb::BFloat16*>(at) = gb::toBFloat16(float(value));
  }
}

/** 10 bits of mantissa, rounded half away from zero as the cards' conversion does. */
double toTf32(double x) {
  const float f = float(x);
  uint32_t bits;
  std::memcpy(&bits, &f, 4);
  if ((bits & 0x7f800000) != 0x7f800000) bits = (bits + 0x1000) & ~0x1fffu;
  float rounded;
  std::memcpy(&rounded, &bits, 4);
  return rounded;
}

size_t bytesOf(const Layout& x) {
  if (x.rows == 0 || x.columns == 0) return 0;
  const int64_t last = int64_t(x.rows - 1) + int64_t(x.columns - 1) * x.lead + int64_t(x.batch - 1) * x.offset;
  return size_t(last + 1) * sizeOf(x.type);
}

/** What an algorithm was chosen for. */
uint64_t product(const Operation& o, const Layout& a, const Layout& b, const Layout& c) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  for (uint64_t word : {uint64_t(o.compute), uint64_t(o.transA), uint64_t(o.transB), uint64_t(o.epilogue)}) add(word);
  for (const Layout* x : {&a, &b, &c}) {
    for (uint64_t word : {uint64_t(x->type), x->rows, x->columns, uint64_t(x->lead), uint64_t(x->offset), uint64_t(x->batch)}) {
      add(word);
    }
  }
  return hash;
}

std::string misfit(const Operation& o, const Layout& a, const Layout& b, const Layout& c) {
  for (const Layout* x : {&a, &b, &c}) {
    if (x->lead < int64_t(x->rows)) return "columns that overlap";
    if (x->type != c.type || x->batch != c.batch) return "operands of several types or batches";
  }
  if ((o.compute == kCompute64) != (c.type == kDouble) || o.scale != (c.type == kDouble ? kDouble : kFloat)) return "a type of sums that does not fit";
  if (o.compute == kComputeTf32 && c.type != kFloat) return "TF32 for numbers that are no floats";
  const uint64_t m = o.transA ? a.columns : a.rows, k = o.transA ? a.rows : a.columns;
  const uint64_t k2 = o.transB ? b.columns : b.rows, n = o.transB ? b.rows : b.columns;
  if (m != c.rows || n != c.columns || k != k2) return "shapes that do not fit";
  if (m == 0 || n == 0 || k == 0) return "an empty matrix";
  if (o.epilogue != 1 && !(o.epilogue == 4 && o.bias)) return "an epilogue that is not known, or has no bias";
  if (c.batch > 65535) return "a batch that is too long";
  return "";
}

bool aligned(const void* p, uint32_t to) { return reinterpret_cast<size_t>(p) % to == 0; }

void multiply(const Operation& o, double alpha, double beta, const void* ap, const Layout& a, const void* bp, const Layout& b,
              void* cp, const Layout& c) {
  const uint64_t k = o.transA ? a.rows : a.columns;
  const bool tf32 = o.compute == kComputeTf32;
  const size_t size = sizeOf(c.type);
  std::vector<double> left(c.rows * k), right(k);
  for (int batch = 0; batch < c.batch; batch++) {
    const auto element = [&](const void* p, const Layout& x, int64_t i, int64_t j) {
      return static_cast<char*>(const_cast<void*>(p)) + (i + j * x.lead + batch * x.offset) * int64_t(size);
    };
    const auto read = [&](const void* p, const Layout& x, int64_t i, int64_t j) {
      const double value = load(element(p, x, i, j), x.type);
      return tf32 ? toTf32(value) : value;
    };
    for (uint64_t i = 0; i < c.rows; i++) {
      for (uint64_t j = 0; j < k; j++) left[i * k + j] = o.transA ? read(ap, a, j, i) : read(ap, a, i, j);
    }
    for (uint64_t column = 0; column < c.columns; column++) {
      for (uint64_t j = 0; j < k; j++) right[j] = o.transB ? read(bp, b, column, j) : read(bp, b, j, column);
      for (uint64_t row = 0; row < c.rows; row++) {
        double sum = 0;
        float shortSum = 0;
        const double* l = &left[row * k];
        if (c.type == kDouble) {
          for (uint64_t j = 0; j < k; j++) sum += l[j] * right[j];
        } else {
          for (uint64_t j = 0; j < k; j++) shortSum += float(l[j]) * float(right[j]);
          sum = shortSum;
        }
        char* to = element(cp, c, row, column);
        double value = alpha * sum;
        if (beta != 0) value += beta * load(to, c.type);
        if (o.epilogue == 4) value += load(static_cast<const char*>(onHost(o.bias)) + row * size, c.type);
        store(to, c.type, value);
      }
    }
  }
}

}  // namespace

API int cublasLtGetProperty(int which, int* value) {
  *value = which == 0 ? 12 : which == 1 ? 9 : 1;
  return 0;
}
API int cublasLtCreate(void** handle) {
  if (ready()) return refuse(kNotInitialized, "cuBLASLt: a handle without a context");
  if (setting("cublas") == "broken") return kNotInitialized;
  return made(handle, static_cast<void*>(new int));
}

API int cublasLtMatmulDescCreate(Operation** out, int compute, int scale) { return made(out, new Operation{compute, scale}); }
API int cublasLtMatmulDescDestroy(Operation* operation) { return gone(operation); }
API int cublasLtMatmulDescSetAttribute(Operation* o, int which, const void* value, size_t size) {
  if (!there({o})) return refuse(kInvalidValue, "cuBLASLt: an operation that is not there");
  switch (which) {
    case 3: return take(o->transA, value, size, "the first operand's transposition");
    case 4: return take(o->transB, value, size, "the second operand's transposition");
    case 7: return take(o->epilogue, value, size, "an epilogue");
    case 8: return take(o->bias, value, size, "a bias");
    default: return refuse(kInvalidValue, "cuBLASLt: an attribute that the stand-in does not know");
  }
}
API int cublasLtMatrixLayoutCreate(Layout** out, int type, uint64_t rows, uint64_t columns, int64_t lead) {
  return made(out, new Layout{type, rows, columns, lead});
}
API int cublasLtMatrixLayoutDestroy(Layout* layout) { return gone(layout); }
API int cublasLtMatrixLayoutSetAttribute(Layout* x, int which, const void* value, size_t size) {
  if (!there({x})) return refuse(kInvalidValue, "cuBLASLt: a layout that is not there");
  switch (which) {
    case 5: return take(x->batch, value, size, "a batch's length");
    case 6: return take(x->offset, value, size, "a batch's stride");
    default: return refuse(kInvalidValue, "cuBLASLt: an attribute that the stand-in does not know");
  }
}
API int cublasLtMatmulPreferenceCreate(Preference** out) { return made(out, new Preference); }
API int cublasLtMatmulPreferenceDestroy(Preference* preference) { return gone(preference); }
API int cublasLtMatmulPreferenceSetAttribute(Preference* p, int which, const void* value, size_t size) {
  if (!there({p})) return refuse(kInvalidValue, "cuBLASLt: a preference that is not there");
  uint32_t reductions;
  if (which == 1) return take(p->workspace, value, size, "a limit of workspace");
  if (which == 3) return take(reductions, value, size, "schemes of reductions");
  if (which >= 5 && which <= 8) return take(p->align[which - 5], value, size, "an alignment");
  return refuse(kInvalidValue, "cuBLASLt: an attribute that the stand-in does not know");
}

API int cublasLtMatmulAlgoGetHeuristic(void* handle, Operation* o, Layout* a, Layout* b, Layout* c, Layout* d, Preference* p,
                                       int wanted, Choice* choices, int* found) {
  *found = 0;
  if (!there({handle, o, a, b, c, d, p}) || wanted < 1) return refuse(kInvalidValue, "cuBLASLt: heuristics for something that is not there");
  if (const std::string wrong = misfit(*o, *a, *b, *c); !wrong.empty()) return refuse(kInvalidValue, "cuBLASLt: " + wrong);
  if (setting("cublas") == "refuse") return kNotSupported;
  Algorithm algorithm{kMagic, product(*o, *a, *b, *c), kWorkspace <= p->workspace ? kWorkspace : 0, {}, {}};
  for (int i = 0; i < 4; i++) algorithm.align[i] = uint16_t(p->align[i]);
  choices[0] = {algorithm, algorithm.workspace, 0, 1, {}};
  *found = 1;
  return 0;
}

API int cublasLtMatmul(void* handle, Operation* o, const void* alpha, const void* ap, Layout* a, const void* bp, Layout* b,
                       const void* beta, const void* cp, Layout* c, void* dp, Layout* d, const Algorithm* algorithm,
                       void* workspace, size_t bytes, void* stream) {
  if (const int error = ready()) return error;
  if (!there({handle, o, a, b, c, d})) return refuse(kInvalidValue, "cuBLASLt: a product of something that is not there");
  if (const std::string wrong = misfit(*o, *a, *b, *c); !wrong.empty()) return refuse(kInvalidValue, "cuBLASLt: " + wrong);
  if (cp != dp || c != d) return refuse(kInvalidValue, "cuBLASLt: the stand-in writes in place only");
  if (!algorithm || algorithm->magic != kMagic || algorithm->product != product(*o, *a, *b, *c)) {
    return refuse(kInvalidValue, "cuBLASLt: an algorithm that was chosen for another product");
  }
  if (bytes < algorithm->workspace || (bytes && (!aligned(workspace, 16) || !onCard(workspace, bytes)))) {
    return refuse(kInvalidValue, "cuBLASLt: less workspace than the algorithm asks for");
  }
  const void* pointers[4] = {ap, bp, cp, dp};
  for (int i = 0; i < 4; i++) {
    if (!aligned(pointers[i], algorithm->align[i])) return refuse(kInvalidValue, "cuBLASLt: an operand less aligned than was promised");
  }
  const bool wide = o->scale == kDouble;
  const double by = wide ? *static_cast<const double*>(alpha) : *static_cast<const float*>(alpha);
  const double old = wide ? *static_cast<const double*>(beta) : *static_cast<const float*>(beta);
  // Descriptors are read now: they may be gone when the stream comes to the product.
  enqueue(stream, [=, o = *o, a = *a, b = *b, c = *c] {
    if (!onCard(ap, bytesOf(a)) || !onCard(bp, bytesOf(b)) || !onCard(dp, bytesOf(c)) || (bytes && !onCard(workspace, bytes)) ||
        (o.epilogue == 4 && !onCard(o.bias, c.rows * sizeOf(c.type)))) {
      return collapse("cuBLASLt: a product of memory that is not allocated");
    }
    if (setting("cublas") == "loud") {
      std::fprintf(stderr, "cuBLASLt: %d x %lu x %lu x %lu, type %d, sums %d, epilogue %d\n", c.batch, c.columns, c.rows,
                   o.transA ? a.rows : a.columns, c.type, o.compute, o.epilogue);
    }
    multiply(o, by, old, onHost(ap), a, onHost(bp), b, onHost(dp), c);
    // The workspace is the library's until here.
    if (bytes) std::memset(onHost(workspace), 0xab, bytes);
  });
  return 0;
}
