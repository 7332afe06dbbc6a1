// cuDNN, NVIDIA's kernels for networks, as far as the engine uses it: convolutions by the functions of cuDNN 7, which version 9
// still has. Our own declarations; names and values are those of NVIDIA's documentation (test/cuda/headers.test.ts compares them).
#pragma once
#include "cuda/api/driver.h"
#include "cuda/api/vendor.h"

namespace gb::cuda::dnn {

using Handle = struct cudnnContext*;
using TensorDesc = struct cudnnTensorStruct*;
using FilterDesc = struct cudnnFilterStruct*;
using ConvDesc = struct cudnnConvolutionStruct*;

/** cudnnDataType_t. */
enum DataType : int { kFloat = 0, kDouble = 1 };
/** cudnnTensorFormat_t, cudnnConvolutionMode_t, cudnnDeterminism_t. */
constexpr int kNchw = 0, kCrossCorrelation = 1, kDeterministic = 1;
/** cudnnMathType_t: TF32 where the card has it, or float's own arithmetic. */
enum MathType : int { kDefaultMath = 0, kFmaMath = 3 };

/** One answer of the heuristics: cudnnConvolutionFwdAlgoPerf_t, and those of the other two passes. */
struct Choice {
  int algorithm, status;
  float time;
  size_t memory;
  int determinism, math;
  int reserved[3];
};

#define GB_CUDNN_FUNCTIONS(X)                                                                                               \
  X(create, "cudnnCreate", (Handle*))                                                                                       \
  X(setStream, "cudnnSetStream", (Handle, CUstream))                                                                        \
  X(property, "cudnnGetProperty", (int, int*))                                                                              \
  X(tensorCreate, "cudnnCreateTensorDescriptor", (TensorDesc*))                                                             \
  X(tensorSet, "cudnnSetTensorNdDescriptor", (TensorDesc, int, int, const int*, const int*))                                \
  X(tensorDestroy, "cudnnDestroyTensorDescriptor", (TensorDesc))                                                            \
  X(filterCreate, "cudnnCreateFilterDescriptor", (FilterDesc*))                                                             \
  X(filterSet, "cudnnSetFilterNdDescriptor", (FilterDesc, int, int, int, const int*))                                       \
  X(filterDestroy, "cudnnDestroyFilterDescriptor", (FilterDesc))                                                            \
  X(convCreate, "cudnnCreateConvolutionDescriptor", (ConvDesc*))                                                            \
  X(convSet, "cudnnSetConvolutionNdDescriptor", (ConvDesc, int, const int*, const int*, const int*, int, int))              \
  X(convGroups, "cudnnSetConvolutionGroupCount", (ConvDesc, int))                                                           \
  X(convMath, "cudnnSetConvolutionMathType", (ConvDesc, int))                                                               \
  X(convDestroy, "cudnnDestroyConvolutionDescriptor", (ConvDesc))                                                           \
  X(forwardAlgorithms, "cudnnGetConvolutionForwardAlgorithm_v7",                                                            \
    (Handle, TensorDesc, FilterDesc, ConvDesc, TensorDesc, int, int*, Choice*))                                             \
  X(dataAlgorithms, "cudnnGetConvolutionBackwardDataAlgorithm_v7",                                                          \
    (Handle, FilterDesc, TensorDesc, ConvDesc, TensorDesc, int, int*, Choice*))                                             \
  X(filterAlgorithms, "cudnnGetConvolutionBackwardFilterAlgorithm_v7",                                                      \
    (Handle, TensorDesc, TensorDesc, ConvDesc, FilterDesc, int, int*, Choice*))                                             \
  X(forward, "cudnnConvolutionForward",                                                                                     \
    (Handle, const void*, TensorDesc, const void*, FilterDesc, const void*, ConvDesc, int, void*, size_t, const void*,      \
     TensorDesc, void*))                                                                                                    \
  X(backwardData, "cudnnConvolutionBackwardData",                                                                           \
    (Handle, const void*, FilterDesc, const void*, TensorDesc, const void*, ConvDesc, int, void*, size_t, const void*,      \
     TensorDesc, void*))                                                                                                    \
  X(backwardFilter, "cudnnConvolutionBackwardFilter",                                                                       \
    (Handle, const void*, TensorDesc, const void*, TensorDesc, const void*, ConvDesc, int, void*, size_t, const void*,      \
     FilterDesc, void*))                                                                                                    \
  X(addTensor, "cudnnAddTensor", (Handle, const void*, TensorDesc, const void*, const void*, TensorDesc, void*))

GB_LIBRARY_FUNCTIONS(Functions, GB_CUDNN_FUNCTIONS)

/** What was found; looked for when first asked for. */
const VendorLibrary& library();
/** The library's functions; null where it is not used, and `library().problem` says why. */
const Functions* functions();
/** The library's handle for a card, on the card's current stream; null where the library does not work there. */
Handle handleOf(int index);
/** Throws "cuDNN: forward: CUDNN_STATUS_BAD_PARAM" for anything but success. */
void check(int status, const char* call);

/** GB_CUDNN(forward, …): calls and checks. */
#define GB_CUDNN(FIELD, ...) ::gb::cuda::dnn::check(::gb::cuda::dnn::functions()->FIELD(__VA_ARGS__), #FIELD)

}  // namespace gb::cuda::dnn
