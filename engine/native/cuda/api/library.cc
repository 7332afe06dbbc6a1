#include "cuda/api/library.h"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tensor/error.h"

namespace gb::cuda {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool exists(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

/** Names in a folder that begin with `start`, the highest first. */
std::vector<std::string> entries(const std::string& folder, const char* start) {
  std::vector<std::string> found;
  if (DIR* dir = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(dir)) {
      if (std::strncmp(entry->d_name, start, std::strlen(start)) == 0) found.push_back(entry->d_name);
    }
    closedir(dir);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

/** site-packages of every Python below a prefix. */
void addSitePackages(const std::string& prefix, std::vector<std::string>& folders) {
  if (prefix.empty()) return;
  for (const char* lib : {"/lib", "/lib64"}) {
    for (const std::string& python : entries(prefix + lib, "python3")) {
      for (const char* packages : {"/site-packages", "/dist-packages"}) {
        const std::string folder = prefix + lib + "/" + python + packages;
        if (exists(folder)) folders.push_back(folder);
      }
    }
  }
}

/** The prefix of an interpreter: /x/bin/python belongs to /x. */
std::string prefixOf(const std::string& python) {
  const size_t bin = python.rfind("/bin/");
  return bin == std::string::npos ? "" : python.substr(0, bin);
}

std::vector<std::string> sitePackages() {
  std::vector<std::string> folders;
  addSitePackages(variable("VIRTUAL_ENV"), folders);
  addSitePackages(prefixOf(variable("GRADBOOK_PYTHON")), folders);
  addSitePackages(variable("CONDA_PREFIX"), folders);
  char here[4096];
  if (getcwd(here, sizeof here)) addSitePackages(std::string(here) + "/.venv", folders);
  if (const std::string home = variable("HOME"); !home.empty()) addSitePackages(home + "/.local", folders);
  addSitePackages("/usr/local", folders);
  addSitePackages("/usr", folders);
  return folders;
}

void addToolkit(const std::string& root, std::vector<std::string>& folders) {
  if (root.empty()) return;
#if defined(__aarch64__)
  constexpr const char* targets[] = {"/lib64", "/targets/sbsa-linux/lib", "/lib"};
#else
  constexpr const char* targets[] = {"/lib64", "/targets/x86_64-linux/lib", "/lib"};
#endif
  for (const char* lib : targets) {
    if (exists(root + lib)) folders.push_back(root + lib);
  }
}

std::string pathOf(void* handle, const std::string& asked) {
#if defined(__GLIBC__)
  char folder[4096];
  if (dlinfo(handle, RTLD_DI_ORIGIN, folder) == 0 && asked.find('/') == std::string::npos) {
    return std::string(folder) + "/" + asked;
  }
#endif
  return asked;
}

bool tryOpen(const std::string& path, Library& library, std::string& failures) {
  library.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle) {
    library.path = pathOf(library.handle, path);
    return true;
  }
  // A file that is there and does not open tells more than one that is not there.
  const char* reason = dlerror();
  if (path.find('/') != std::string::npos && reason) failures += std::string("; ") + reason;
  return false;
}

}  // namespace

std::vector<std::string> libraryFolders(const LibraryKind& kind) {
  std::vector<std::string> folders;
  addToolkit(variable("CUDA_HOME"), folders);
  addToolkit(variable("CUDA_PATH"), folders);
  addToolkit(variable("CONDA_PREFIX"), folders);
  for (const std::string& packages : sitePackages()) {
    for (const std::string& folder : kind.pip) {
      if (exists(packages + "/" + folder)) folders.push_back(packages + "/" + folder);
    }
  }
  addToolkit("/usr/local/cuda", folders);
  for (const std::string& version : entries("/usr/local", "cuda-")) addToolkit("/usr/local/" + version, folders);
  return folders;
}

Library openLibrary(const LibraryKind& kind) {
  Library library;
  std::string failures;
  const std::string named = variable(kind.variable);
  if (named == "off") {
    library.problem = std::string(kind.title) + " is switched off by " + kind.variable + "=off";
    return library;
  }
  if (!named.empty()) {
    // What the user names is meant: nothing else takes its place.
    if (!tryOpen(named, library, failures)) {
      library.problem = std::string(kind.title) + " could not be loaded from " + kind.variable + "=" + named +
                        (failures.empty() ? ": there is no such file" : failures);
    }
    return library;
  }
  for (const std::string& name : kind.names) {
    if (tryOpen(name, library, failures)) return library;
  }
  const std::vector<std::string> folders = libraryFolders(kind);
  for (const std::string& name : kind.names) {
    for (const std::string& folder : folders) {
      const std::string path = folder + "/" + name;
      if (exists(path) && tryOpen(path, library, failures)) return library;
    }
  }
  std::string names, places;
  for (const std::string& name : kind.names) names += (names.empty() ? "" : " or ") + name;
  for (const std::string& folder : folders) places += ", " + folder;
  library.problem = std::string(kind.title) + " (" + names + ") was not found in the system's library path" + places +
                    failures + ". " + kind.advice;
  return library;
}

void* Library::symbol(const char* name) const {
  void* found = dlsym(handle, name);
  GB_CHECK(found, "CUDA: ", path, " has no function ", name, ": it is older than this engine needs");
  return found;
}

}  // namespace gb::cuda
