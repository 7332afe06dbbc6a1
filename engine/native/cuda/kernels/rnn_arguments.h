// What the host hands to the kernels of recurrent layers: beside arguments.h, and under its rules. Strides in elements.
#pragma once

namespace gb {
namespace cuda {

/** The states that the sequences had before a step: those of the first `count` stand in an earlier step's rows. */
struct RnnBefore {
  const void *rows, *initial;
  long long count, stride, width;
};

/** One step of one direction, of the first `alive` sequences. */
struct RnnWay {
  /** Gates from the input; what is kept for the derivative takes their place. For plain modes the output's own rows. */
  void* cells;
  /** h: rows of the output; those of a scratch before a projection. */
  void *out, *c;
  const void *hh, *bias;
  RnnBefore before;
  long long alive, cellStride, outStride;
};
struct RnnStepArguments {
  RnnWay ways[2];
  long long hidden;
};

struct RnnBackwardWay {
  const void *cells, *hh, *grad;
  /** The recurrent gates' gradients of the step that followed, for the first `followed` sequences. */
  const void* later;
  void *dh, *dc, *gates, *recurrent;
  /** Of c for an LSTM, of h for a GRU. */
  RnnBefore before;
  long long alive, followed, cellStride, outStride;
};
struct RnnBackwardArguments {
  RnnBackwardWay ways[2];
  long long hidden;
};

/** Where rows stand: step t's begin at offsets[t], or at t·batch where there is no such table. */
struct RnnRows {
  const void* offsets;
  long long rows, width, steps, batch, outStride;
  bool backwards;
};

}  // namespace cuda
}  // namespace gb
