// References to memory that are the engine's own, of ops that were called and wait to be queued: no tensor of the user's.
#pragma once
#include "tensor/storage.h"

namespace gb {

/** How many of a storage's references those are; a device's backend sets this when it is loaded. */
extern int (*deferredUses)(const Storage* storage);

}  // namespace gb
