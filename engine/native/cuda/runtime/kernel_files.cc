#include "cuda/runtime/kernel_files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "tensor/error.h"

namespace gb::cuda {
namespace {

std::string readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

std::string parent(std::string path, int levels) {
  for (; levels > 0; levels--) path.resize(std::min(path.rfind('/'), path.size()));
  return path;
}

/** FNV-1a, twice with different starts. */
struct Hash {
  uint64_t a = 0xcbf29ce484222325, b = 0x9ae16a3b2f90404f;
  void add(const std::string& text) {
    for (unsigned char c : text + '\n') {
      a = (a ^ c) * 0x100000001b3;
      b = (b ^ c) * 0x100000001b3;
    }
  }
  std::string text() const {
    char digits[33];
    std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(a),
                  static_cast<unsigned long long>(b));
    return digits;
  }
};

/** Of everything that a kernel may include. */
const std::string& sourcesHash() {
  static const std::string hash = [] {
    Hash all;
    for (const char* folder : {"/cuda/kernels", "/scalar"}) {
      std::vector<std::string> names;
      const std::string path = kernelFolder() + folder;
      if (DIR* dir = opendir(path.c_str())) {
        while (const dirent* entry = readdir(dir)) names.push_back(entry->d_name);
        closedir(dir);
      }
      std::sort(names.begin(), names.end());
      for (const std::string& name : names) {
        all.add(name);
        all.add(readFile(path + "/" + name));
      }
    }
    return all.text();
  }();
  return hash;
}

std::string cacheFolder() {
  const char* own = std::getenv("GRADBOOK_CACHE");
  if (own && std::string(own) == "off") return "";
  std::string base = own ? own : "";
  if (base.empty()) {
    const char *xdg = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
    if (xdg && *xdg) {
      base = std::string(xdg) + "/gradbook";
    } else if (home && *home) {
      base = std::string(home) + "/.cache/gradbook";
    } else {
      return "";
    }
  }
  return base + "/kernels";
}

void makeFolders(const std::string& path) {
  for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    mkdir(path.substr(0, at).c_str(), 0777);
  }
  mkdir(path.c_str(), 0777);
}

}  // namespace

const std::string& kernelFolder() {
  static const std::string folder = [] {
    Dl_info info;
    GB_CHECK(dladdr(reinterpret_cast<const void*>(&kernelFolder), &info) && info.dli_fname,
             "CUDA: the addon's own folder is not known");
    // build/Release/gradbook.node
    return parent(info.dli_fname, 3) + "/engine/native";
  }();
  return folder;
}

std::string kernelSource(const char* file) {
  const std::string path = kernelFolder() + "/cuda/kernels/" + file;
  std::string text = readFile(path);
  GB_CHECK(!text.empty(), "CUDA: the kernel's source ", path, " is missing: it belongs to the package");
  return text;
}

CachedKernel::CachedKernel(const std::string& key) {
  const std::string folder = cacheFolder();
  if (folder.empty()) return;
  Hash hash;
  hash.add(key);
  hash.add(sourcesHash());
  path_ = folder + "/" + hash.text() + ".bin";
}

bool CachedKernel::exists() const { return !path_.empty() && access(path_.c_str(), R_OK) == 0; }

std::string CachedKernel::read() const { return path_.empty() ? "" : readFile(path_); }

void CachedKernel::write(const std::string& code) const {
  if (path_.empty()) return;
  makeFolders(parent(path_, 1));
  const std::string aside = path_ + "." + std::to_string(getpid());
  std::ofstream file(aside, std::ios::binary);
  file.write(code.data(), std::streamsize(code.size()));
  file.close();
  if (!file || std::rename(aside.c_str(), path_.c_str()) != 0) std::remove(aside.c_str());
}

}  // namespace gb::cuda
