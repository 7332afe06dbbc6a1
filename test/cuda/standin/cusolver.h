// What the parts of the stand-in for cuSOLVER share: handles, checks, and matrices on the card.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>

#include "dense.h"
#include "door.h"

namespace standin::solver {

using dense::Dense;

constexpr int kNotInitialized = 1, kInvalidValue = 3;
constexpr int kFloat = 0, kDouble = 1, kNoVectors = 0, kVectors = 1, kLower = 0, kUpper = 1;
/** What every routine asks for, in bytes, so that it is seen whether it gets it. */
constexpr size_t kCardBytes = 4096, kHostBytes = 256, kNone = size_t(-1);

struct Handle {
  void* stream = nullptr;
};
struct Params {};
struct SyevjInfo {};
struct GesvdjInfo {
  double tolerance = 0;
  int sweeps = 100;
};

std::set<const void*>& alive();
template <class T>
int made(T** out) {
  *out = new T;
  alive().insert(*out);
  return 0;
}
bool there(std::initializer_list<const void*> objects);
int wrong(const std::string& what);
/** cusolver=loud: says what is done. */
void say(const std::string& what);

inline size_t sizeOf(int type) { return type == kDouble ? 8 : 4; }

/** A matrix by columns in the card's memory. */
struct Matrix {
  const void* at;
  int type;
  int64_t rows, columns, lead;

  size_t bytes() const { return rows && columns ? size_t(lead * (columns - 1) + rows) * sizeOf(type) : 0; }
  bool isThere() const { return onCard(at, bytes()); }
  /** A type that is none, or columns that overlap. */
  bool isBad() const { return (type != kFloat && type != kDouble) || rows < 0 || columns < 0 || lead < rows || lead < 1; }
  Dense read() const;
  void write(const Dense& x) const;
  void write(const std::vector<double>& x) const;
};

/** Sizes of workspaces for functions that count in bytes, and for those that count elements. */
int sizes(size_t* card, size_t* host);
int elements(int* count, int type);

/**
 * Work for the handle's stream once everything is as it should be: matrices, info and workspace are on the card when it comes to it.
 * The workspaces are the library's until then; kNone: a routine that has none.
 */
int begin(const Handle* handle, const char* name, std::vector<Matrix> matrices, int* info, int64_t infos, void* card, size_t cardBytes,
          void* host, size_t hostBytes, bool wantsHost, std::function<void(int* info)> work);

}  // namespace standin::solver
