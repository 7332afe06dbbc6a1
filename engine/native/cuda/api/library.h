// NVIDIA's libraries, opened when the program runs: nothing of CUDA is needed to build the engine. Each is looked for in
// the same places, in this order: the file that an environment variable names, the system's own search, CUDA_HOME and
// /usr/local/cuda, conda, and pip's packages (`nvidia/*/lib`, of CUDA 12 and 13).
#pragma once
#include <string>
#include <vector>

namespace gb::cuda {

/** What is known of one library before it is looked for. */
struct LibraryKind {
  const char* title;      // for messages: "NVRTC"
  const char* purpose;    // what is not possible without it
  const char* variable;   // environment: a file, or "off"
  std::vector<std::string> names;  // file names, the preferred one first
  std::vector<std::string> pip;    // folders below site-packages
  const char* advice;     // how to get it
};

struct Library {
  void* handle = nullptr;
  std::string path;     // as the linker resolved it
  std::string problem;  // why there is no handle: one sentence

  explicit operator bool() const { return handle != nullptr; }
  /** The address of a function; fails with a sentence that says how old the library must be. */
  void* symbol(const char* name) const;
};

/** Looks for a library. Never throws: the problem is in the result. */
Library openLibrary(const LibraryKind& kind);

/**
 * A struct of a library's functions from a list X(field, exported name, parameters); all give an int. `load` finds them and
 * fails with a sentence where the library has not got one.
 */
#define GB_LIBRARY_FIELD(FIELD, NAME, PARAMETERS) int(*FIELD) PARAMETERS;
#define GB_LIBRARY_LOAD(FIELD, NAME, PARAMETERS) FIELD = reinterpret_cast<decltype(FIELD)>(library.symbol(NAME));
#define GB_LIBRARY_FUNCTIONS(STRUCT, LIST)                          \
  struct STRUCT {                                                  \
    LIST(GB_LIBRARY_FIELD)                                         \
    void load(const ::gb::cuda::Library& library) { LIST(GB_LIBRARY_LOAD) } \
  };

/** The folders that are searched after the system's own, most specific first. */
std::vector<std::string> libraryFolders(const LibraryKind& kind);

}  // namespace gb::cuda
