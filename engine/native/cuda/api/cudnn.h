// cuDNN, NVIDIA's kernels for networks, as far as the engine uses it: convolutions by the functions of cuDNN 7, which version 9
// still has, recurrent layers by those of version 8. Our own declarations; names and values are those of NVIDIA's documentation
// (test/cuda/headers.test.ts compares them).
#pragma once
#include "cuda/api/driver.h"
#include "cuda/api/vendor.h"
#include "tensor/dtype.h"

namespace gb::cuda::dnn {

using Handle = struct cudnnContext*;
using TensorDesc = struct cudnnTensorStruct*;
using FilterDesc = struct cudnnFilterStruct*;
using ConvDesc = struct cudnnConvolutionStruct*;
using DropoutDesc = struct cudnnDropoutStruct*;
using RnnDesc = struct cudnnRNNStruct*;
using RnnDataDesc = struct cudnnRNNDataStruct*;

/** cudnnDataType_t. */
enum DataType : int { kFloat = 0, kDouble = 1, kHalf = 2, kBFloat16 = 9 };
/** cudnnTensorFormat_t, cudnnConvolutionMode_t, cudnnDeterminism_t. */
constexpr int kNchw = 0, kCrossCorrelation = 1, kDeterministic = 1;
/** cudnnMathType_t: TF32 where the card has it, tensor cores for half types, or float's own arithmetic. */
enum MathType : int { kDefaultMath = 0, kTensorMath = 1, kFmaMath = 3 };
/** cudnnRNNAlgo_t: products and kernels for each step, or one kernel for all steps. */
enum RnnAlgorithm : int { kStandard = 0, kPersistStatic = 1, kPersistSmall = 3 };
/** cudnnRNNMode_t. */
enum RnnCell : int { kRelu = 0, kTanh = 1, kLstm = 2, kGru = 3 };
/** cudnnRNNBiasMode_t, cudnnDirectionMode_t, cudnnRNNInputMode_t, and a flag of cudnnSetRNNDescriptor_v8. */
constexpr int kNoBias = 0, kDoubleBias = 2, kBothWays = 1, kLinearInput = 0, kPaddedIo = 1;
/** cudnnForwardMode_t, cudnnWgradMode_t, cudnnRNNDataLayout_t. */
constexpr int kTraining = 1, kAdd = 0, kRowsEven = 0, kRowsPacked = 1;
/** cudnnStatus_t: hundreds of its own for each kind, of which one is "not supported". */
constexpr int kNotSupported = 3000;
inline bool isUnsupported(int status) { return status >= kNotSupported && status < kNotSupported + 1000; }

/** One answer of the heuristics: cudnnConvolutionFwdAlgoPerf_t, and those of the other two passes. */
struct Choice {
  int algorithm, status;
  float time;
  size_t memory;
  int determinism, math;
  int reserved[3];
};

#define GB_CUDNN_CONV_FUNCTIONS(X)                                                                                            \
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
     FilterDesc, void*))

#define GB_CUDNN_RNN_FUNCTIONS(X)                                                                                           \
  X(dropoutCreate, "cudnnCreateDropoutDescriptor", (DropoutDesc*))                                                          \
  X(dropoutDestroy, "cudnnDestroyDropoutDescriptor", (DropoutDesc))                                                         \
  X(dropoutStates, "cudnnDropoutGetStatesSize", (Handle, size_t*))                                                          \
  X(dropoutSet, "cudnnSetDropoutDescriptor", (DropoutDesc, Handle, float, void*, size_t, unsigned long long))               \
  X(dropoutRestore, "cudnnRestoreDropoutDescriptor", (DropoutDesc, Handle, float, void*, size_t, unsigned long long))       \
  X(rnnCreate, "cudnnCreateRNNDescriptor", (RnnDesc*))                                                                      \
  X(rnnDestroy, "cudnnDestroyRNNDescriptor", (RnnDesc))                                                                     \
  X(rnnSet, "cudnnSetRNNDescriptor_v8",                                                                                     \
    (RnnDesc, int, int, int, int, int, int, int, int, int32_t, int32_t, int32_t, int32_t, DropoutDesc, uint32_t))           \
  X(rnnSizes, "cudnnGetRNNTempSpaceSizes", (Handle, RnnDesc, int, RnnDataDesc, size_t*, size_t*))                           \
  X(rnnWeightSize, "cudnnGetRNNWeightSpaceSize", (Handle, RnnDesc, size_t*))                                                \
  X(rnnWeight, "cudnnGetRNNWeightParams",                                                                                   \
    (Handle, RnnDesc, int32_t, size_t, const void*, int32_t, TensorDesc, void**, TensorDesc, void**))                       \
  X(rnnDataCreate, "cudnnCreateRNNDataDescriptor", (RnnDataDesc*))                                                          \
  X(rnnDataDestroy, "cudnnDestroyRNNDataDescriptor", (RnnDataDesc))                                                         \
  X(rnnDataSet, "cudnnSetRNNDataDescriptor", (RnnDataDesc, int, int, int, int, int, const int*, void*))                     \
  X(rnnForward, "cudnnRNNForward",                                                                                          \
    (Handle, RnnDesc, int, const int32_t*, RnnDataDesc, const void*, RnnDataDesc, void*, TensorDesc, const void*, void*,    \
     TensorDesc, const void*, void*, size_t, const void*, size_t, void*, size_t, void*))                                    \
  X(rnnBackwardData, "cudnnRNNBackwardData_v8",                                                                             \
    (Handle, RnnDesc, const int32_t*, RnnDataDesc, const void*, const void*, RnnDataDesc, void*, TensorDesc, const void*,   \
     const void*, void*, TensorDesc, const void*, const void*, void*, size_t, const void*, size_t, void*, size_t, void*))   \
  X(rnnBackwardWeights, "cudnnRNNBackwardWeights_v8",                                                                       \
    (Handle, RnnDesc, int, const int32_t*, RnnDataDesc, const void*, TensorDesc, const void*, RnnDataDesc, const void*,     \
     size_t, void*, size_t, void*, size_t, void*))

#define GB_CUDNN_FUNCTIONS(X) GB_CUDNN_CONV_FUNCTIONS(X) GB_CUDNN_RNN_FUNCTIONS(X)

GB_LIBRARY_FUNCTIONS(Functions, GB_CUDNN_FUNCTIONS)

/** What was found; looked for when first asked for. */
const VendorLibrary& library();
/** The library's functions, behind all that was handed over; null where it is not used, and `library().problem` says why. */
const Functions* functions();
/** The library's handle for a card, on the card's current stream; null where the library does not work there. */
Handle handleOf(int index);
/** The same for a call that is handed over, which sets the stream itself. */
Handle handleOnAnyStream(int index);
/** Throws "cuDNN: forward: CUDNN_STATUS_BAD_PARAM" for anything but success. */
void check(int status, const char* call);

/** A descriptor that goes with its owner. */
template <class D, auto Make, auto Drop>
class Owned {
 public:
  Owned() { check((functions()->*Make)(&made_), "a descriptor"); }
  ~Owned() { (functions()->*Drop)(made_); }
  Owned(const Owned&) = delete;
  operator D() const { return made_; }

 private:
  D made_ = nullptr;
};
using OwnedTensor = Owned<TensorDesc, &Functions::tensorCreate, &Functions::tensorDestroy>;
using OwnedFilter = Owned<FilterDesc, &Functions::filterCreate, &Functions::filterDestroy>;
using OwnedConv = Owned<ConvDesc, &Functions::convCreate, &Functions::convDestroy>;
using OwnedDropout = Owned<DropoutDesc, &Functions::dropoutCreate, &Functions::dropoutDestroy>;
using OwnedRnn = Owned<RnnDesc, &Functions::rnnCreate, &Functions::rnnDestroy>;
using OwnedRnnData = Owned<RnnDataDesc, &Functions::rnnDataCreate, &Functions::rnnDataDestroy>;

/** The library's name for a type of numbers. */
DataType dataTypeOf(DType type);
/** Tensor cores for float16; float32 by them too, or not, by the switch of torch.backends. */
MathType mathFor(DType type);

/** GB_CUDNN(forward, …): calls and checks. */
#define GB_CUDNN(FIELD, ...) ::gb::cuda::dnn::check(::gb::cuda::dnn::functions()->FIELD(__VA_ARGS__), #FIELD)

}  // namespace gb::cuda::dnn
