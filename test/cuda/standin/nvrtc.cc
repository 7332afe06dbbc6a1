// A stand-in for NVRTC: compiles kernels for the host, by the compiler that builds the engine. What it gives out in the
// place of a card's code is a shared library.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "door.h"

extern char** environ;

namespace {

struct Program {
  std::string source, name, log, code;
};

std::string readAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

/** The names of a source's kernels: what follows `__global__ void` and perhaps `__launch_bounds__(…)`. */
std::vector<std::string> kernelsOf(const std::string& source) {
  const std::string before = "__global__ void ", bounds = "__launch_bounds__(";
  std::vector<std::string> names;
  for (size_t at = source.find(before); at != std::string::npos; at = source.find(before, at)) {
    at += before.size();
    if (source.compare(at, bounds.size(), bounds) == 0) at = source.find(") ", at) + 2;
    const size_t end = source.find('(', at);
    names.push_back(source.substr(at, end - at));
  }
  return names;
}

/** Kernels of pointwise ops are many and short, and compiling them is most of what they cost; others run long. */
const char* optimization(const std::string& name) {
  return name == "pointwise.cu" || name == "strided.cu" || name == "copy.cu" ? "-Og" : "-O1";
}

int run(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child;
  const int failed = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed) return failed;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

}  // namespace

API int nvrtcVersion(int* major, int* minor) {
  const std::string version = standin::setting("nvrtc");
  *major = version.empty() ? 12 : std::atoi(version.c_str());
  *minor = 99;
  return 0;
}
API int nvrtcGetNumSupportedArchs(int* count) {
  *count = 2;
  return 0;
}
API int nvrtcGetSupportedArchs(int* capabilities) {
  capabilities[0] = 75;
  capabilities[1] = 90;
  return 0;
}
API int nvrtcCreateProgram(Program** program, const char* source, const char* name, int, const char* const*, const char* const*) {
  *program = new Program{source, name ? name : "kernel", "", ""};
  return 0;
}
API int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}

API int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  char folder[] = "/tmp/gradbook-standin-XXXXXX";
  if (!mkdtemp(folder)) return 6;
  const std::string base = folder, source = base + "/kernel.cc", object = base + "/kernel.so", log = base + "/log";
  {
    std::ofstream file(source);
    file << "#line 1 \"" << program->name << "\"\n" << program->source << "\n";
    for (const std::string& kernel : kernelsOf(program->source)) file << "GB_ENTRY(" << kernel << ")\n";
  }
  std::vector<std::string> words;
  std::istringstream compiler(variable("GRADBOOK_STANDIN_CXX", "c++"));
  for (std::string word; compiler >> word;) words.push_back(word);
  for (const char* option :
       {"-std=c++17", optimization(program->name), "-g0", "-w", "-fPIC", "-shared", "-nostdlib", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off",
        "-fno-math-errno", "-fno-strict-aliasing", "-fno-gnu-unique", "-fvisibility=hidden", "-Wl,-Bsymbolic", "-fsanitize=kernel-address", "--param", "asan-stack=0", "--param",
        "asan-globals=0", "--param", "asan-instrumentation-with-call-threshold=0", "-include"}) {
    words.push_back(option);
  }
  words.push_back(GB_SHIM);
  for (int i = 0; i < count; i++) {
    if (std::strncmp(options[i], "-I", 2) == 0 || std::strncmp(options[i], "-D", 2) == 0) words.push_back(options[i]);
  }
  // The C++ library would be a fifth of the time, and no kernel has anything of it.
  for (const std::string& word : {source, std::string("-o"), object, std::string("-lm"), std::string("-lgcc")}) words.push_back(word);
  const int status = run(words, log);
  program->log = readAll(log);
  program->code = readAll(object);
  for (const std::string& file : {source, object, log}) unlink(file.c_str());
  rmdir(folder);
  return status == 0 && !program->code.empty() ? 0 : 6;
}

API int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  *size = program->log.size() + 1;
  return 0;
}
API int nvrtcGetProgramLog(Program* program, char* log) {
  std::memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}
API int nvrtcGetCUBINSize(Program* program, size_t* size) {
  *size = program->code.size();
  return 0;
}
API int nvrtcGetCUBIN(Program* program, char* code) {
  std::memcpy(code, program->code.data(), program->code.size());
  return 0;
}
API int nvrtcGetPTXSize(Program* program, size_t* size) { return nvrtcGetCUBINSize(program, size); }
API int nvrtcGetPTX(Program* program, char* code) { return nvrtcGetCUBIN(program, code); }
