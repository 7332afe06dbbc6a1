// A stand-in for cuSOLVER: the functions that the engine uses, computed on the host when the stream comes to them. It checks what the
// library would not forgive: handles that are gone, columns that overlap, less workspace than it asks for, memory that is not
// allocated, info that is not the card's.
// GRADBOOK_STANDIN: cusolver=broken (it does not start), cusolver=loud (it says what it does),
// cusolver=restless (it says so, and its rotations do not end).
#include "cusolver.h"

#include <cstdio>
#include <cstring>

namespace standin::solver {

std::set<const void*>& alive() {
  static auto* all = new std::set<const void*>;
  return *all;
}
bool there(std::initializer_list<const void*> objects) {
  for (const void* object : objects) {
    if (!alive().count(object)) return false;
  }
  return true;
}
int wrong(const std::string& what) { return refuse(kInvalidValue, "cuSOLVER: " + what); }
void say(const std::string& what) {
  if (setting("cusolver") == "loud" || setting("cusolver") == "restless") std::fprintf(stderr, "cuSOLVER: %s\n", what.c_str());
}

Dense Matrix::read() const {
  Dense x(rows, columns);
  const void* p = onHost(at);
  for (int j = 0; j < columns; j++) {
    for (int i = 0; i < rows; i++) {
      const size_t place = size_t(j * lead + i);
      x.at(i, j) = type == kDouble ? static_cast<const double*>(p)[place] : static_cast<const float*>(p)[place];
    }
  }
  return x;
}
void Matrix::write(const Dense& x) const {
  void* p = onHost(at);
  for (int j = 0; j < columns; j++) {
    for (int i = 0; i < rows; i++) {
      const size_t place = size_t(j * lead + i);
      if (type == kDouble) {
        static_cast<double*>(p)[place] = x.at(i, j);
      } else {
        static_cast<float*>(p)[place] = float(x.at(i, j));
      }
    }
  }
}
void Matrix::write(const std::vector<double>& x) const {
  Dense column(int64_t(x.size()), 1);
  column.values = x;
  write(column);
}

int sizes(size_t* card, size_t* host) {
  *card = kCardBytes;
  *host = kHostBytes;
  return 0;
}
int elements(int* count, int type) {
  *count = int(kCardBytes / sizeOf(type));
  return 0;
}

int begin(const Handle* handle, const char* name, std::vector<Matrix> matrices, int* info, int64_t infos, void* card, size_t cardBytes,
          void* host, size_t hostBytes, bool wantsHost, std::function<void(int* info)> work) {
  if (const int error = ready()) return error;
  if (!there({handle})) return wrong(std::string(name) + " without a handle");
  for (const Matrix& m : matrices) {
    if (m.isBad()) return wrong(std::string(name) + " of a matrix that is none");
  }
  const bool works = cardBytes != kNone;
  if (cardBytes < kCardBytes || (wantsHost && (hostBytes < kHostBytes || !host))) return wrong(std::string(name) + " with less workspace than it asks for");
  if (wantsHost) std::memset(host, 0xab, hostBytes);
  const Matrix& first = matrices.front();
  say(std::string(name) + " of " + std::to_string(first.rows) + " x " + std::to_string(first.columns / infos) + (first.type == kDouble ? " doubles" : " floats") +
      (infos > 1 ? ", " + std::to_string(infos) + " times" : ""));
  enqueue(handle->stream, [=, matrices = std::move(matrices), work = std::move(work)] {
    bool all = (!works || onCard(card, cardBytes)) && onCard(info, size_t(infos) * sizeof(int));
    for (const Matrix& m : matrices) all &= m.isThere();
    if (!all) return collapse(std::string("cuSOLVER: ") + name + " of memory that is not allocated");
    work(static_cast<int*>(onHost(info)));
    if (works) std::memset(onHost(card), 0xab, cardBytes);
  });
  return 0;
}

}  // namespace standin::solver

using namespace standin;
using namespace standin::solver;

API int cusolverGetProperty(int which, int* value) {
  *value = which == 0 ? 11 : which == 1 ? 7 : 5;
  return 0;
}
API int cusolverDnCreate(Handle** handle) {
  if (ready()) return refuse(kNotInitialized, "cuSOLVER: a handle without a context");
  if (setting("cusolver") == "broken") return kNotInitialized;
  return made(handle);
}
API int cusolverDnSetStream(Handle* handle, void* stream) {
  if (!there({handle})) return wrong("no such handle");
  handle->stream = stream;
  return 0;
}
API int cusolverDnCreateParams(Params** out) { return made(out); }
API int cusolverDnCreateSyevjInfo(SyevjInfo** out) { return made(out); }
API int cusolverDnCreateGesvdjInfo(GesvdjInfo** out) { return made(out); }
API int cusolverDnXgesvdjSetTolerance(GesvdjInfo* info, double tolerance) {
  if (!there({info})) return wrong("no such settings");
  info->tolerance = tolerance;
  return 0;
}
API int cusolverDnXgesvdjSetMaxSweeps(GesvdjInfo* info, int sweeps) {
  if (!there({info})) return wrong("no such settings");
  info->sweeps = sweeps;
  return 0;
}
