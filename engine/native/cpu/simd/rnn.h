// Loops of recurrent cells over the rows of one time step: [0] float, [1] double. Rows of gates lie `stride` apart.
#pragma once
#include <cstdint>

namespace gb {

/** A matrix whose rows are contiguous and lie `stride` apart. */
struct CellRows {
  void* data;
  int64_t stride;

  explicit operator bool() const { return data != nullptr; }
};

struct RnnLoops {
  /** cells: what the input gives → h, in place; h is copied to `state`. */
  void (*tanh)(int64_t rows, int64_t hidden, CellRows cells, CellRows state);
  void (*relu)(int64_t rows, int64_t hidden, CellRows cells, CellRows state);
  /** cells: i f g o before their nonlinearities → i f g o c tanh(c); c is updated, h written, copied to `state` if there. */
  void (*lstm)(int64_t rows, int64_t hidden, CellRows cells, CellRows c, CellRows h, CellRows state);
  /** cells: r z n from the input → r z n and the n that `recurrent` (r z n from h) gives; h is written, `state` updated. */
  void (*gru)(int64_t rows, int64_t hidden, CellRows cells, CellRows recurrent, CellRows h, CellRows state);

  /* Derivatives: dh is the state's gradient, `grad` the output's at this step (or none). */
  void (*tanhBackward)(int64_t rows, int64_t hidden, CellRows h, CellRows dh, CellRows grad, CellRows dGates);
  void (*reluBackward)(int64_t rows, int64_t hidden, CellRows h, CellRows dh, CellRows grad, CellRows dGates);
  /** dc becomes the gradient of the c before. */
  void (*lstmBackward)(int64_t rows, int64_t hidden, CellRows cells, CellRows before, CellRows dh, CellRows grad,
                       CellRows dc, CellRows dGates);
  /** dh becomes the part of the gradient of the h before that does not go through the gates. */
  void (*gruBackward)(int64_t rows, int64_t hidden, CellRows cells, CellRows before, CellRows dh, CellRows grad,
                      CellRows dInput, CellRows dRecurrent);
};

namespace base {
extern const RnnLoops rnnLoops[2];
}
namespace avx2 {
extern const RnnLoops rnnLoops[2];
}

}  // namespace gb
