// Where kernels' sources are, and where compiled ones are kept.
#pragma once
#include <string>

namespace gb::cuda {

/** The folder that includes in kernels start from: engine/native of the package that this addon belongs to. */
const std::string& kernelFolder();

/** The text of a file of cuda/kernels. */
std::string kernelSource(const char* file);

/**
 * A compiled kernel on disk, in `kernels/` of the user's cache folder (GRADBOOK_CACHE, or "off" for none). Its name is
 * a hash of the key and of all sources. Written aside and renamed: processes may share the folder.
 */
class CachedKernel {
 public:
  explicit CachedKernel(const std::string& key);
  bool exists() const;
  /** Empty where there is none. */
  std::string read() const;
  /** A full or read-only disk is no error: the kernel is compiled again next time. */
  void write(const std::string& code) const;

 private:
  std::string path_;
};

}  // namespace gb::cuda
