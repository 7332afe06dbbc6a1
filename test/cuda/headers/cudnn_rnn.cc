// Our declarations of cuDNN's recurrent layers against NVIDIA's; and what descriptors accept, which needs no card: in a library, and
// in the stand-in, which must refuse the same.
#include <cudnn.h>

#include <cstdio>
#include <vector>

#include "alike.h"
#include "cuda/api/cudnn.h"
#include "same.h"

using Ours = dnn::Functions;

SAME(dnn::kHalf, CUDNN_DATA_HALF);
SAME(dnn::kBFloat16, CUDNN_DATA_BFLOAT16);
SAME(dnn::kTensorMath, CUDNN_TENSOR_OP_MATH);
SAME(dnn::kStandard, CUDNN_RNN_ALGO_STANDARD);
SAME(dnn::kPersistStatic, CUDNN_RNN_ALGO_PERSIST_STATIC);
SAME(dnn::kPersistSmall, CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H);
SAME(dnn::kRelu, CUDNN_RNN_RELU);
SAME(dnn::kTanh, CUDNN_RNN_TANH);
SAME(dnn::kLstm, CUDNN_LSTM);
SAME(dnn::kGru, CUDNN_GRU);
SAME(dnn::kNoBias, CUDNN_RNN_NO_BIAS);
SAME(dnn::kDoubleBias, CUDNN_RNN_DOUBLE_BIAS);
SAME(dnn::kBothWays, CUDNN_BIDIRECTIONAL);
SAME(dnn::kLinearInput, CUDNN_LINEAR_INPUT);
SAME(dnn::kPaddedIo, CUDNN_RNN_PADDED_IO_ENABLED);
SAME(dnn::kTraining, CUDNN_FWD_MODE_TRAINING);
SAME(dnn::kAdd, CUDNN_WGRAD_MODE_ADD);
SAME(dnn::kRowsEven, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED);
SAME(dnn::kRowsPacked, CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED);
SAME(dnn::kNotSupported, CUDNN_STATUS_NOT_SUPPORTED);

TAKES_ALIKE(dropoutStates, cudnnDropoutGetStatesSize);
TAKES_ALIKE(dropoutSet, cudnnSetDropoutDescriptor);
TAKES_ALIKE(dropoutRestore, cudnnRestoreDropoutDescriptor);
TAKES_ALIKE(rnnSet, cudnnSetRNNDescriptor_v8);
TAKES_ALIKE(rnnSizes, cudnnGetRNNTempSpaceSizes);
TAKES_ALIKE(rnnWeightSize, cudnnGetRNNWeightSpaceSize);
TAKES_ALIKE(rnnWeight, cudnnGetRNNWeightParams);
TAKES_ALIKE(rnnDataSet, cudnnSetRNNDataDescriptor);
TAKES_ALIKE(rnnForward, cudnnRNNForward);
TAKES_ALIKE(rnnBackwardData, cudnnRNNBackwardData_v8);
TAKES_ALIKE(rnnBackwardWeights, cudnnRNNBackwardWeights_v8);

struct Answer {
  const char* call;
  int cell, algorithm, type, other, status;
};

/** What a library says of descriptors: one answer for each. */
std::vector<Answer> answersOf(const char* file) {
  std::vector<Answer> answers;
  Library library;
  library.handle = dlopen(file, RTLD_NOW);
  if (!library.handle) return std::printf("%s\n", dlerror()), answers;
  dnn::Functions f;
  f.load(library);
  dnn::RnnDesc rnn;
  dnn::DropoutDesc dropout;
  dnn::RnnDataDesc rows;
  dnn::TensorDesc states;
  for (int status : {f.rnnCreate(&rnn), f.dropoutCreate(&dropout), f.rnnDataCreate(&rows), f.tensorCreate(&states)}) {
    answers.push_back({"create", 0, 0, 0, 0, status});
  }
  const auto set = [&](int algorithm, int cell, int type, int precision, int math, int inputs, int hidden, int out, int layers, int flags) {
    return f.rnnSet(rnn, algorithm, cell, dnn::kDoubleBias, dnn::kBothWays, dnn::kLinearInput, type, precision, math, inputs, hidden, out,
                    layers, dropout, uint32_t(flags));
  };
  constexpr int types[] = {dnn::kFloat, dnn::kDouble, dnn::kHalf, dnn::kBFloat16, 3};
  for (int type : types) {
    const int own = type == dnn::kDouble ? dnn::kDouble : dnn::kFloat;
    for (int cell = 0; cell < 5; cell++) {
      for (int algorithm = 0; algorithm < 5; algorithm++) {
        for (int out : {0, 2, 4, 5}) {
          answers.push_back({"out", cell, algorithm, type, out, set(algorithm, cell, type, own, dnn::kDefaultMath, 3, 4, out, 2, 1)});
        }
      }
    }
    for (int precision : types) answers.push_back({"precision", 2, 0, type, precision, set(0, 2, type, precision, 0, 3, 4, 4, 1, 1)});
    for (int math = 0; math < 5; math++) answers.push_back({"math", 2, 0, type, math, set(0, 2, type, own, math, 3, 4, 4, 1, 0)});
  }
  for (int size : {-1, 0, 1}) {
    answers.push_back({"inputs", 2, 0, 0, size, set(0, 2, 0, 0, 0, size, 4, 4, 1, 0)});
    answers.push_back({"hidden", 2, 0, 0, size, set(0, 2, 0, 0, 0, 3, size, size, 1, 0)});
    answers.push_back({"layers", 2, 0, 0, size, set(0, 2, 0, 0, 0, 3, 4, 4, size, 0)});
    answers.push_back({"flags", 2, 0, 0, size, set(0, 2, 0, 0, 0, 3, 4, 4, 1, 1 + size)});
  }
  constexpr int lengths[][3] = {{4, 2, 1}, {4, 4, 4}, {2, 4, 1}, {4, 0, 0}, {3, 2, 1}, {5, 2, 1}};
  for (int layout : {dnn::kRowsEven, dnn::kRowsPacked, 3}) {
    for (int which = 0; which < 6; which++) {
      answers.push_back({"lengths", layout, which, 0, 0, f.rnnDataSet(rows, 0, layout, 4, 3, 5, lengths[which], nullptr)});
    }
    for (int type : types) answers.push_back({"rows", layout, 0, type, 0, f.rnnDataSet(rows, type, layout, 4, 3, 5, lengths[0], nullptr)});
    answers.push_back({"width", layout, 0, 0, 0, f.rnnDataSet(rows, 0, layout, 4, 3, 0, lengths[0], nullptr)});
    answers.push_back({"batch", layout, 0, 0, 0, f.rnnDataSet(rows, 0, layout, 4, 0, 5, lengths[0], nullptr)});
  }
  const int sizes[] = {4, 3, 5}, none[] = {4, 0, 5}, strides[] = {15, 5, 1};
  for (int type : types) {
    if (type != 3) answers.push_back({"states", 0, 0, type, 0, f.tensorSet(states, type, 3, sizes, strides)});
  }
  answers.push_back({"no states", 0, 0, 0, 0, f.tensorSet(states, 0, 3, none, strides)});
  for (int status : {f.rnnDestroy(rnn), f.dropoutDestroy(dropout), f.rnnDataDestroy(rows), f.tensorDestroy(states)}) {
    answers.push_back({"destroy", 0, 0, 0, 0, status});
  }
  return answers;
}

/** Arguments: the library, the stand-in. */
int main(int, char** arguments) {
  const std::vector<Answer> real = answersOf(arguments[1]), standin = answersOf(arguments[2]);
  if (real.size() != standin.size() || real.size() < 200) return std::printf("%zu and %zu answers\n", real.size(), standin.size()), 1;
  int failed = 0;
  for (size_t i = 0; i < real.size(); i++) {
    const Answer &a = real[i], &b = standin[i];
    if (a.status / 1000 == b.status / 1000) continue;
    failed += std::printf("%s %d, cell or layout %d, algorithm or lengths %d, type %d: the library says %d, the stand-in %d\n", a.call, a.other,
                          a.cell, a.algorithm, a.type, a.status, b.status) > 0;
  }
  return failed ? 1 : 0;
}
