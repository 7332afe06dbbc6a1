// What a device's backend that defers or records work asks of the rest; it fills these places.
#pragma once
#include <atomic>

#include "tensor/tensor.h"

namespace gb {

/** How many of a storage's references are those of ops that were called and wait to be queued: no tensor of the user's. */
extern int (*deferredUses)(const Storage* storage);

/** Called with every tensor that JavaScript hands to a row; null mostly. */
extern std::atomic<void (*)(const Tensor& tensor)> tensorWatch;

}  // namespace gb
