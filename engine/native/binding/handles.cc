#include "binding/handles.h"

#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <new>

#include "binding/profile.h"
#include "tensor/deferred.h"
#include "tensor/memory.h"

namespace gb {
namespace {

/** Boxes of one kind, in address space that is reserved at once and becomes memory when it is first touched. */
template <class T, size_t capacity>
class Boxes {
 public:
  struct Box {
    uint64_t live;
    union {
      T value;
      Box* next;
    };
    Box() {}
    ~Box() {}
  };

  template <class... A>
  Box* make(A&&... arguments) {
    Box* box;
    {
      Locked guard(lock_);
      if (!base_) reserve();
      box = free_;
      if (box) {
        free_ = box->next;
      } else {
        GB_CHECK(used_ < capacity, "too many handles: ", capacity, " are alive");
        box = base_ + used_++;
      }
    }
    new (&box->value) T(std::forward<A>(arguments)...);
    box->live = kLive;
    return box;
  }

  /** Destroys the value; the box stays its handle's. */
  void empty(Box* box) {
    box->value.~T();
    box->live = 0;
  }

  void destroy(Box* box) {
    if (box->live == kLive) empty(box);
    Locked guard(lock_);
    box->next = free_;
    free_ = box;
  }

  /** The box at an address, or null if there is none alive. */
  Box* at(void* address) const {
    const size_t offset = size_t(static_cast<char*>(address) - reinterpret_cast<char*>(base_));
    if (!base_ || offset >= used_ * sizeof(Box) || offset % sizeof(Box) != 0) return nullptr;
    Box* box = static_cast<Box*>(address);
    return box->live == kLive ? box : nullptr;
  }

 private:
  static constexpr uint64_t kLive = 0x6772616462780001;

  struct Locked {
    explicit Locked(std::atomic_flag& lock) : lock_(lock) {
      while (lock_.test_and_set(std::memory_order_acquire)) {
      }
    }
    ~Locked() { lock_.clear(std::memory_order_release); }
    std::atomic_flag& lock_;
  };

  void reserve() {
    void* range = mmap(nullptr, capacity * sizeof(Box), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    GB_CHECK(range != MAP_FAILED, "no address space for handles");
    base_ = static_cast<Box*>(range);
  }

  std::atomic_flag lock_ = ATOMIC_FLAG_INIT;
  Box* base_ = nullptr;
  Box* free_ = nullptr;
  size_t used_ = 0;
};

using Tensors = Boxes<Tensor, size_t(1) << 24>;
using Generators = Boxes<Generator, size_t(1) << 16>;
Tensors tensors;
Generators generators;

// Basic finalizers: they run inside garbage collection, also in a loop that never yields.
void dropTensor(node_api_basic_env, void* data, void*) {
  Tensors::Box* box = static_cast<Tensors::Box*>(data);
  const bool recorded = profile::recording.load(std::memory_order_relaxed) && tensors.at(data);
  if (recorded) profile::collecting(box->value);
  tensors.destroy(box);
  if (recorded) profile::collected();
  countHandle(-1);
}
void dropGenerator(node_api_basic_env, void* data, void*) { generators.destroy(static_cast<Generators::Box*>(data)); }

}  // namespace

napi_value handleOf(napi_env env, Tensor&& tensor) {
  Tensors::Box* box = tensors.make(std::move(tensor));
  countHandle(1);
  napi_value result;
  if (napi_create_external(env, box, dropTensor, nullptr, &result) != napi_ok) {
    dropTensor(env, box, nullptr);
    fail("no handle could be made");
  }
  return result;
}

Tensor* tensorOf(napi_env env, napi_value value) {
  void* data;
  if (!value || napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  Tensors::Box* box = tensors.at(data);
  if (!box) return nullptr;
  const auto watch = tensorWatch.load(std::memory_order_relaxed);
  if (__builtin_expect(watch != nullptr, 0)) watch(box->value);
  return &box->value;
}

void emptyHandle(Tensor& tensor) {
  tensors.empty(reinterpret_cast<Tensors::Box*>(reinterpret_cast<char*>(&tensor) - offsetof(Tensors::Box, value)));
}

napi_value handleOf(napi_env env, Generator generator) {
  Generators::Box* box = generators.make(std::move(generator));
  napi_value result;
  if (napi_create_external(env, box, dropGenerator, nullptr, &result) != napi_ok) {
    dropGenerator(env, box, nullptr);
    fail("no handle could be made");
  }
  return result;
}

Generator* generatorOf(napi_env env, napi_value value) {
  void* data;
  if (napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  Generators::Box* box = generators.at(data);
  return box ? &box->value : nullptr;
}

}  // namespace gb
