// Our declarations of cuDNN against NVIDIA's, and against a library: what a descriptor accepts needs no card. Recurrent layers: cudnn_rnn.cc.
#include <cudnn.h>

#include <cstdio>

#include "alike.h"
#include "cuda/api/cudnn.h"
#include "same.h"

using Ours = dnn::Functions;

SAME(dnn::kFloat, CUDNN_DATA_FLOAT);
SAME(dnn::kDouble, CUDNN_DATA_DOUBLE);
SAME(dnn::kNchw, CUDNN_TENSOR_NCHW);
SAME(dnn::kCrossCorrelation, CUDNN_CROSS_CORRELATION);
SAME(dnn::kDeterministic, CUDNN_DETERMINISTIC);
SAME(dnn::kDefaultMath, CUDNN_DEFAULT_MATH);
SAME(dnn::kFmaMath, CUDNN_FMA_MATH);
#define SAME_CHOICE(THEIRS)                                                      \
  SAME(sizeof(dnn::Choice), sizeof(THEIRS));                                     \
  SAME(offsetof(dnn::Choice, status), offsetof(THEIRS, status));                 \
  SAME(offsetof(dnn::Choice, memory), offsetof(THEIRS, memory));                 \
  SAME(offsetof(dnn::Choice, determinism), offsetof(THEIRS, determinism));       \
  SAME(offsetof(dnn::Choice, math), offsetof(THEIRS, mathType))
SAME_CHOICE(cudnnConvolutionFwdAlgoPerf_t);
SAME_CHOICE(cudnnConvolutionBwdDataAlgoPerf_t);
SAME_CHOICE(cudnnConvolutionBwdFilterAlgoPerf_t);

TAKES_ALIKE(setStream, cudnnSetStream);
TAKES_ALIKE(tensorSet, cudnnSetTensorNdDescriptor);
TAKES_ALIKE(filterSet, cudnnSetFilterNdDescriptor);
TAKES_ALIKE(convSet, cudnnSetConvolutionNdDescriptor);
TAKES_ALIKE(convGroups, cudnnSetConvolutionGroupCount);
TAKES_ALIKE(convMath, cudnnSetConvolutionMathType);
TAKES_ALIKE(forwardAlgorithms, cudnnGetConvolutionForwardAlgorithm_v7);
TAKES_ALIKE(dataAlgorithms, cudnnGetConvolutionBackwardDataAlgorithm_v7);
TAKES_ALIKE(filterAlgorithms, cudnnGetConvolutionBackwardFilterAlgorithm_v7);
TAKES_ALIKE(forward, cudnnConvolutionForward);
TAKES_ALIKE(backwardData, cudnnConvolutionBackwardData);
TAKES_ALIKE(backwardFilter, cudnnConvolutionBackwardFilter);

int main(int, char** arguments) {
  Library library;
  library.handle = dlopen(arguments[1], RTLD_NOW);
  if (!library.handle) return std::printf("%s\n", dlerror()), 1;
  dnn::Functions f;
  f.load(library);
  const int sizes[] = {2, 4, 6, 5}, strides[] = {120, 30, 5, 1}, filter[] = {6, 2, 3, 3}, ones[] = {1, 1};
  dnn::TensorDesc tensor;
  dnn::FilterDesc weight;
  dnn::ConvDesc conv;
  const int answers[] = {
      f.tensorCreate(&tensor),
      f.tensorSet(tensor, dnn::kFloat, 4, sizes, strides),
      f.filterCreate(&weight),
      f.filterSet(weight, dnn::kFloat, dnn::kNchw, 4, filter),
      f.convCreate(&conv),
      f.convSet(conv, 2, ones, ones, ones, dnn::kCrossCorrelation, dnn::kFloat),
      f.convGroups(conv, 2),
      f.convMath(conv, dnn::kFmaMath),
      f.convDestroy(conv),
      f.filterDestroy(weight),
      f.tensorDestroy(tensor),
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (answers[i]) failed += std::printf("answer %zu: status %d\n", i, answers[i]) > 0;
  }
  return failed ? 1 : 0;
}
