// Modules that the stand-in compiler made, and launches of their kernels.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include "world.h"

using namespace standin;

API int cuModuleLoadData(void** module, const void* image) {
  if (const int error = beginUnsafe("cuModuleLoadData")) return error;
  const auto* header = static_cast<const Elf64_Ehdr*>(image);
  if (std::memcmp(image, ELFMAG, SELFMAG) != 0) return kInvalidImage;
  const size_t size = header->e_shoff + size_t(header->e_shnum) * header->e_shentsize;
  // A name that was not used before: the loader takes a name that it knows for the same library.
  char path[] = "/tmp/gradbook-kernel-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0 || write(file, image, size) != ssize_t(size)) return kInvalidImage;
  close(file);
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  if (!handle) {
    std::fprintf(stderr, "stand-in for CUDA: %s\n", dlerror());
    return kInvalidImage;
  }
  auto* made = new Module{handle, 0, 0};
  link_map* map = nullptr;
  dlinfo(handle, RTLD_DI_LINKMAP, &map);
  made->begin = map->l_addr;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        auto* m = static_cast<Module*>(data);
        if (info->dlpi_addr != m->begin) return 0;
        for (int i = 0; i < info->dlpi_phnum; i++) {
          const auto& part = info->dlpi_phdr[i];
          if (part.p_type == PT_LOAD) m->end = std::max<uint64_t>(m->end, m->begin + part.p_vaddr + part.p_memsz);
        }
        return 1;
      },
      made);
  *module = made;
  return 0;
}
API int cuModuleGetFunction(void** function, void* module, const char* name) {
  if (const int error = begin()) return error;
  const auto* m = static_cast<const Module*>(module);
  const auto find = [&](const std::string& symbol) { return dlsym(m->handle, symbol.c_str()); };
  void* enter = find(std::string("gbEnter_") + name);
  if (!enter) return kNotFound;
  *function = new Function{name, reinterpret_cast<Enter>(enter),
                           reinterpret_cast<unsigned (*)(unsigned*)>(find(std::string("gbSizes_") + name)),
                           static_cast<GbRuntime**>(find("gbRuntime")), m};
  return 0;
}
API int cuFuncSetAttribute(void* function, int attribute, int value) {
  if (const int error = begin()) return error;
  // The most shared memory that launches may give: as much as cuda.cc says of the card.
  if (attribute != 8 || value < 0 || value > 101376) return kInvalidValue;
  static_cast<Function*>(function)->mostShared = unsigned(value);
  return 0;
}

API int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned shared, void* stream, void** parameters, void**) {
  if (const int error = beginOn(stream)) return error;
  World& w = world();
  const Function& f = *static_cast<const Function*>(function);
  if (f.name == w.settings.fail) return kLaunchFailed;
  if (w.settings.slow) usleep(useconds_t(w.settings.slow) * 1000);
  if (!gx || !gy || !gz || !bx || !by || !bz || gx > 2147483647u || gy > 65535 || gz > 65535 || bx > 1024 || by > 1024 ||
      bz > 64 || bx * by * bz > 1024 || shared > f.mostShared) {
    std::fprintf(stderr, "stand-in for CUDA: kernel %s: a grid of %u, %u, %u blocks of %u, %u, %u threads, %u bytes of shared memory\n",
                 f.name.c_str(), gx, gy, gz, bx, by, bz, shared);
    return kInvalidValue;
  }
  // Parameters are read now, as a card's driver does.
  unsigned sizes[64];
  const unsigned count = f.sizes(sizes);
  std::vector<size_t> offsets;
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i++) {
    bytes = (bytes + 15) & ~size_t(15);
    offsets.push_back(bytes);
    bytes += sizes[i];
  }
  if (bytes > 4096) {
    std::fprintf(stderr, "stand-in for CUDA: kernel %s: %zu bytes of parameters\n", f.name.c_str(), bytes);
    return kInvalidValue;
  }
  std::vector<char> values(bytes + 1);
  for (unsigned i = 0; i < count; i++) std::memcpy(values.data() + offsets[i], parameters[i], sizes[i]);
  const bool backwards = w.launches++ % 2 == 1;
  streamOf(stream).put([=, &w, &f, values = std::move(values)]() mutable {
    w.setOpen(true);
    std::vector<void*> arguments;
    for (size_t offset : offsets) arguments.push_back(values.data() + offset);
    *f.runtime = &w.runtime;
    w.function = &f;
    w.parameters = values.data();
    w.parameterBytes = values.size();
    w.runtime.stacks = w.block.stacks();
    w.runtime.stackBytes = Block::kStack * Block::kMostThreads;
    w.runtime.module = f.module->begin;
    w.runtime.moduleBytes = f.module->end - f.module->begin;
    w.runtime.threads = {bx, by, bz};
    w.runtime.blocks = {gx, gy, gz};
    w.runtime.barrier = [] { world().block.barrier(); };
    w.runtime.exchange = [](unsigned mask, unsigned long value, int source) -> unsigned long {
      return world().block.exchange(mask, value, source);
    };
    w.runtime.ballot = [](unsigned mask, bool predicate) { return world().block.ballot(mask, predicate); };
    w.runtime.access = access;
    const size_t blocks = size_t(gx) * gy * gz;
    for (size_t i = 0; i < blocks; i++) {
      const size_t at = backwards ? blocks - 1 - i : i;
      w.runtime.block = {unsigned(at % gx), unsigned(at / gx % gy), unsigned(at / gx / gy)};
      if (w.block.run(f.enter, arguments.data(), {bx, by, bz}, backwards)) continue;
      w.fail(kIllegalAddress, w.block.error);
      return;
    }
  });
  // A program that never waits must not pile up work for ever.
  if (streamOf(stream).queue.size() > 4096) w.drain(streamOf(stream), streamOf(stream).last());
  return w.error;
}
