// What the host hands to the kernels of layers: beside arguments.h, and under its rules.
#pragma once
#include "cuda/kernels/arguments.h"

namespace gb {
namespace cuda {

/** A tensor seen as [outer, channels, inner]; position k of a channel is element k mod inner of outer k / inner. */
struct ChannelArguments {
  long long inner, channels;
  Divisor byInner, byChannels;
  /** Positions of a channel, cut into parts; their results go to [part][channel]. */
  unsigned int count, perPart, parts;
  /** Blocks side by side that take a part of every channel: of one channel each, or of 32 neighbours in memory. */
  unsigned int blocks;
};

/** What becomes of a channel's mean and variance; without `training` they are the running ones. */
struct StatisticsArguments {
  double momentum, eps;
  void *runningMean, *runningVar, *mean, *inverse;
  bool training;
};

/** Gradients of factors, where they are wanted, from the sums over a channel; without `training` its statistics were given. */
struct FactorArguments {
  const void *weight, *inverse;
  void *dweight, *dbias;
  bool training;
};

/** Whose statistics a channel's elements have: the channel's own (`groups` 0), or those of row outer·groups + c / factors. */
struct StatisticsOf {
  const void *mean, *inverse;
  long long groups;
  Divisor byFactors;
};

/** Rows of n < 2^31 elements behind each other. */
struct RowArguments {
  long long rows, n;
};

/** Element j of row r is scaled by factor (r mod groups)·factors + j / inner. */
struct RowNormArguments {
  RowArguments row;
  long long groups, factors;
  Divisor byInner;
  bool centred;
  double eps;
};

/**
 * One dimension of a pass over a convolution's results: place q of `count` stands at element first + q·step and reads, at
 * tap j of `taps`, place origin + q·sourceStep + j·tapStep of `size` in the source. Tap j is the kernel's firstTap + j·nextTap.
 */
struct ConvDim {
  Divisor count, taps;
  int first, step, origin, sourceStep, tapStep, size, out, firstTap, nextTap, kernel;
};

/**
 * A convolution as a product: rows (of a group: `rows` channels of the result) times depth (`channels` of the source and their
 * taps), columns: the images and their places.
 */
struct ConvArguments {
  const void *source, *weight, *bias;
  void* out;
  long long groups, rows, channels, images, columns;
  /** Steps in the weight, in elements: between groups, rows and channels of the source. Taps are one apart. */
  long long weightGroup, weightRow, weightChannel;
  /** Elements of a channel of the source and of the result. */
  long long sourceVolume, outVolume;
  Divisor byTaps, byPlaces;
  ConvDim dims[3];
  long long firstGroup;
};

/** The gradient of the weight: rows are result channels, columns (channel, tap), depth the images and their places. */
struct ConvWeightArguments {
  const void *x, *y;
  void* weight;
  /** Sums of the parts of the depth, [part][weight], or null where there is one part. */
  void* partial;
  long long groups, features, channels, depth, perPart, inVolume, outVolume, weights;
  unsigned int parts;
  Divisor byTaps, byPlaces, out[3], kernel[3];
  int in[3], stride[3], padding[3], dilation[3];
  long long firstGroup;
};

/** Of a weight's gradient of few columns: rows and columns that each thread of a block sums. */
constexpr int kFewRows = 8, kFewColumns = 9;

/**
 * The windows of one dimension; without `stride` they are adaptive. `count`: how many. `reach`: from a window's first
 * element to behind its last one.
 */
struct PoolDim {
  Divisor byCount, bySize, byStride;
  int count, size, kernel, stride, padding, dilation, reach;
};
struct PoolArguments {
  PoolDim dims[3];
  unsigned int outputs;
  /** Elements of a plane of the input. */
  int plane;
  /** No dimensions but the last two, with windows of two by two elements, none cut off. */
  bool pairs;
};

/** Elements with places in planes: `count` of each, into planes of `size` elements. */
struct PlaceArguments {
  const int* places;
  Divisor count;
  long long size;
  unsigned int total;
  Fault* fault;
  int op;
};

/** A sparse matrix times every line of a tensor [outer, size, inner]; row i has entries starts[i] … starts[i + 1]. */
struct MixArguments {
  const int *starts, *columns;
  const void* weights;
  Divisor inner, rows;
  long long size;
  unsigned int outputs;
};

/** Two of them times each of planes [height, width], the first along the height. */
struct MixPlaneArguments {
  const int *downStarts, *downColumns, *acrossStarts, *acrossColumns;
  const void *downWeights, *acrossWeights;
  /** Of the result: threads for the rows of a plane, and columns. */
  Divisor groups, columns;
  int rows, height, width;
  unsigned int threads;
};
/** Rows of the result that a thread makes an element of. */
constexpr int kMixRows = 4;

/** Row-major; a weight's rows begin `stride` bytes apart, and are zero behind `in`. */
struct DynamicLinearArguments {
  const float *x, *bias;
  const signed char* weight;
  const int* rowSums;
  const void* scale;  // a ByteScale
  float* y;
  long long rows, in, out, stride;
  float weightScale;
};

}  // namespace cuda
}  // namespace gb
