// What the host hands to kernels, by value: read by the engine's compiler and by NVRTC, so plain types only.
#pragma once

namespace gb {
namespace cuda {

/** Dimensions that a walk over tensors has after merging; more are refused. */
constexpr int kMostDims = 12;

/** n / d and n % d for n < 2^31 by a multiplication (Granlund and Montgomery). */
struct Divisor {
  unsigned int d, multiplier, shift;
};

/** A walk over up to N tensors of one shape in step, innermost dimension first; strides in bytes. */
template <int N>
struct Walk {
  int dims;
  Divisor sizes[kMostDims];
  long long strides[N][kMostDims];
};

/** An input or a result: where it is and of which type (a DType's code). */
struct Place {
  char* data;
  int type;
};

/** A plain number instead of a tensor, in the type that a formula runs in. */
union Number {
  float f;
  double d;
  long long i;
};

struct PointwiseArguments {
  Place out, in[3];
  /** Bit k: input k is `numbers[k]`; bit 4 + k: it is one element, read through its pointer. */
  unsigned int plain;
  Number numbers[3];
  double parameters[3];
  /** The type that integers are brought into before the formula, and wrap (a DType's code). */
  int common;
};

/** A chain of pointwise ops (cuda/ops/chain.h): what the text of its kernel leaves open. */
constexpr int kMostChainInputs = 24, kMostChainOutputs = 32, kMostChainNumbers = 32, kMostChainParameters = 32;
/** Inputs that are walked over with strides of their own, and elements that a thread takes at once. */
constexpr int kMostChainWalked = 3, kChainLanes = 4;
struct ChainArguments {
  const char* in[kMostChainInputs];
  char* out[kMostChainOutputs];
  Number numbers[kMostChainNumbers];
  double parameters[kMostChainParameters];
  Walk<1 + kMostChainWalked> walk;
};

/** Elements that a thread takes at once of a walk whose rows have so many (run.cuh). */
constexpr int kWalkRun = 4;

/** A copy by squares of kCopyTile elements a side, whose threads are kCopyRows rows. */
constexpr int kCopyTile = 32, kCopyRows = 8;
struct TileArguments {
  /** Elements in the dimension in which the result's lie behind each other, and in that of the source's. */
  unsigned int width, height;
  /** Bytes between the result's elements along the height, and between the source's along the width. */
  long long toStep, fromStep;
  /** Squares along the width and the height, and the dimensions that are left. */
  Divisor across, down;
  Walk<2> others;
};

/** One reduction: `kept` walks over x and the result, `reduced` over what joins into one element. */
struct ReduceArguments {
  Place x, out;
  Walk<2> kept;
  Walk<1> reduced;
  unsigned int outputs, count;
  /** Threads that share an output (`along`), or neighbouring outputs of a block (`across`, `join`): a power of two. */
  unsigned int lanes;
  /** Elements are read a few at a time: there is nothing between them, and all is aligned. */
  bool runs;
  /** The elements of one output are cut into so many parts; their results go to `partial`, [part][output]. */
  unsigned int parts, perPart;
  void* partial;
  double p;
  int finish;  // a Finish's code
};

/** What a kernel found wrong, in memory that the host reads when it waits. */
struct Fault {
  int op;  // 1 + the place of the op's name in a list of the host's; 0 while nothing is wrong
  int dimension;  // of an index, or one of the codes below
  long long value, size;
};
/** A class that there is not; a double (its bits) that is no probability; a place that a plane has not. */
constexpr int kNoClass = -1, kNoProbability = -2, kNoPlace = -3;
/** A matrix (its place in a batch) that is not finite, or whose factors were not found in `size` sweeps; a pivot of none of
 * `size` rows. */
constexpr int kNotFinite = -4, kNoConvergence = -5, kNoPivot = -6;
/** An infinity (1) or a NaN (0) where bytes should stand for numbers. */
constexpr int kNoByte = -7;

/** Index tensors: element i of all of them together names a block. Strides in bytes. */
struct IndexArguments {
  const long long* at[kMostDims];
  long long sizes[kMostDims], strides[kMostDims];
  /** fromEnd: whether negative indices count from the end; else they are out of bounds. */
  int count, fromEnd;
  Fault* fault;
  int op;
};

/** Writing along one dimension: steps in bytes along it, and the dimension itself. */
struct Line {
  long long other, index, x;
  long long length, size;
  int dimension, type;
  Fault* fault;
  int op;
};

struct Shape {
  int dims;
  long long sizes[64];
};

/**
 * Where the random numbers of a launch begin. In a captured step the seed and the counter are read from `at`, which is set before
 * every replay, and `offset` counts from there.
 */
struct PhiloxState {
  unsigned long long seed, offset;
  const unsigned long long* at;
};

/** Words of 8 bytes for `to`; as many as the parameters of a launch take. */
constexpr int kMostWords = 480;
struct WordsArguments {
  unsigned long long* to;
  int count;
  unsigned long long values[kMostWords];
};

/** How a draw becomes an element. */
enum class Draw : int { Uniform, Normal, Bernoulli, Exponential, Whole32, Whole64 };
struct DrawArguments {
  Place to;
  Walk<1> walk;
  unsigned int n;
  Draw draw;
  PhiloxState random;
  /** Uniform: from, to; normal: mean, deviation; bernoulli: probability; exponential: rate. */
  double a, b;
  /** Whole numbers: modulus and base. */
  unsigned long long range;
  long long base;
};

/** A step of an optimiser: parameters that share their constants. */
constexpr int kMostParameters = 48;
constexpr int kMostConstants = 12;
struct StepArguments {
  void* param[kMostParameters];
  const void* grad[kMostParameters];
  void* states[3][kMostParameters];
  long long size[kMostParameters];
  /** The first chunk of each parameter; the blocks of a launch take the chunks in order. */
  unsigned int first[kMostParameters + 1];
  int count;
  double constants[kMostConstants];
  /** In a captured step the constants are read here, those of the next parameter `liveStep` numbers further. */
  const double* live;
  int liveStep;
};
constexpr int kStepChunk = 2048;

/** The input of a loss seen as [outer, classes, inner]; without `classTarget` the target holds probabilities. */
struct LossArguments {
  const void *input, *target, *weight;
  long long outer, classes, inner, ignoreIndex;
  double smoothing;
  bool classTarget;
  Fault* fault;
  int op;
};

/** Where a reduction of losses goes (`total` null: there is none): `parts` holds Σ loss and Σ weight of each block but one. */
struct LossSums {
  double *total, *parts;
  void* result;
  bool mean;
};

/** Log-probabilities [steps, batch, classes]; of each sample its labels, how many steps and how many labels it has. */
struct CtcArguments {
  const void* logProbs;
  const long long *targets, *targetStarts, *inputLengths, *targetLengths;
  long long steps, batch, classes, blank, width;
  Fault* fault;
  int op;
};

struct GemmArguments {
  const void *a, *b, *bias;
  void* c;
  long long m, n, k;
  /** Steps in elements between matrices, rows and columns of each. */
  long long aBatch, aRow, aColumn, bBatch, bRow, bColumn, cBatch, cRow, cColumn;
  double alpha, beta;
};

}  // namespace cuda
}  // namespace gb
