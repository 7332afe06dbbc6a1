// Dropout between the layers of a recurrent network that cuDNN computes: the library draws the masks, from states in the card's
// memory. As in PyTorch each card has one set of states, which is made anew, from a number of the card's default generator,
// when dropout is first used after that was seeded. So the masks are PyTorch's.
#pragma once
#include "cuda/api/cudnn.h"

namespace gb::cuda {

/** To be called before dropout is queued on the card's current stream. */
void prepareDropout(int index, double p);
/** After it was queued. */
void dropoutQueued(int index);
/** A descriptor of the card's states, which are there. */
void describeDropout(dnn::DropoutDesc to, dnn::Handle handle, int index, double p);

}  // namespace gb::cuda
