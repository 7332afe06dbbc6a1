// A stand-in for cuDNN: convolutions by the functions that the engine uses, computed on the host when the stream comes to them. It
// checks what the library would not forgive: descriptors that are gone or do not fit together, an algorithm that was not proposed,
// less workspace than it asks for, memory that is not allocated. Recurrent layers are in cudnn_rnn.cc.
// GRADBOOK_STANDIN: cudnn=refuse (no algorithm is found), cudnn=broken (it does not start), cudnn=cuda13 (it is made for CUDA 13),
// cudnn=loud (it says what it does), cudnn=plain (it says so, and knows the standard algorithm of recurrent layers alone).
#include "cudnn.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace standin::dnn {

std::set<const void*>& alive() {
  static auto* all = new std::set<const void*>;
  return *all;
}

}  // namespace standin::dnn

namespace {

using namespace standin;
using namespace standin::dnn;

constexpr size_t kWorkspace = 1024;

struct Filter : Tensor {};
struct Conv {
  std::vector<int> padding, stride, dilation;
  int type = -1, groups = 1, math = 0;
};
struct Choice {
  int algorithm, status;
  float time;
  size_t memory;
  int determinism, math, reserved[3];
};

/** Why the three do not belong together; empty where they do. */
std::string misfit(const Tensor& x, const Filter& w, const Conv& c, const Tensor& y) {
  const size_t n = x.sizes.size();
  if (n < 4 || n > 5 || w.sizes.size() != n || y.sizes.size() != n || c.stride.size() != n - 2) return "descriptors of several dimensions";
  if (x.type != y.type || x.type != w.type) return "descriptors of several types";
  if (c.type != (x.type == kDouble ? kDouble : kFloat)) return "numbers that are not summed in float or double";
  if (x.sizes[0] != y.sizes[0] || x.sizes[1] != w.sizes[1] * c.groups || y.sizes[1] != w.sizes[0] || w.sizes[0] % c.groups) return "channels that do not fit";
  for (size_t i = 2; i < n; i++) {
    const int reach = c.dilation[i - 2] * (w.sizes[i] - 1) + 1;
    if (y.sizes[i] != (x.sizes[i] + 2 * c.padding[i - 2] - reach) / c.stride[i - 2] + 1) return "sizes that do not fit";
  }
  for (const std::vector<int>* sizes : {&x.sizes, &y.sizes, &w.sizes}) {
    for (int size : *sizes) {
      if (size < 1) return "an empty tensor";
    }
  }
  return "";
}

/** Calls `visit(x's place, weight's place, y's place)` for every product of a convolution. */
template <class Visit>
void products(const Tensor& x, const Filter& w, const Conv& c, const Tensor& y, const Visit& visit) {
  const size_t dims = x.sizes.size() - 2, taps = volume({w.sizes.begin() + 2, w.sizes.end()});
  const size_t inner = volume({x.sizes.begin() + 2, x.sizes.end()}), outer = volume({y.sizes.begin() + 2, y.sizes.end()});
  const int channels = w.sizes[1], features = w.sizes[0] / c.groups;
  for (size_t place = 0; place < outer; place++) {
    for (size_t tap = 0; tap < taps; tap++) {
      size_t restY = place, restW = tap, at = 0, step = 1;
      bool inside = true;
      for (size_t d = dims; d-- > 0;) {
        const int p = int(restY % size_t(y.sizes[d + 2])), k = int(restW % size_t(w.sizes[d + 2]));
        restY /= size_t(y.sizes[d + 2]);
        restW /= size_t(w.sizes[d + 2]);
        const int i = p * c.stride[d] - c.padding[d] + k * c.dilation[d];
        inside &= i >= 0 && i < x.sizes[d + 2];
        at += size_t(inside ? i : 0) * step;
        step *= size_t(x.sizes[d + 2]);
      }
      if (!inside) continue;
      for (int n = 0; n < x.sizes[0]; n++) {
        for (int f = 0; f < w.sizes[0]; f++) {
          for (int ch = 0; ch < channels; ch++) {
            const size_t from = size_t(n) * size_t(x.sizes[1]) + size_t(f / features * channels + ch);
            visit(from * inner + at, size_t(f * channels + ch) * taps + tap,
                  (size_t(n) * size_t(y.sizes[1]) + size_t(f)) * outer + place);
          }
        }
      }
    }
  }
}

/** Two algorithms: a faster one whose results may change, and one that asks for workspace. */
int propose(int wanted, int* found, Choice* choices, const Conv& c) {
  if (setting("cudnn") == "refuse") return kNotSupported;
  *found = wanted < 2 ? wanted : 2;
  const int math = c.math;
  const Choice all[2] = {{0, 0, 1, 0, 0, math, {}}, {1, 0, 2, kWorkspace, 1, math, {}}};
  for (int i = 0; i < *found; i++) choices[i] = all[i];
  return 0;
}

const char* const names[3] = {"forward", "data", "filter"};

/** Which: 0 writes y, 1 writes x, 2 writes the weight. */
int convolve(int which, Handle* handle, const Tensor* x, const void* xp, const Filter* w, const void* wp, const Conv* c,
             const Tensor* y, const void* yp, int algorithm, void* workspace, size_t bytes, double alpha, double beta) {
  if (const int error = ready()) return error;
  if (!there({handle, x, w, c, y})) return refuse(kBadParam, "cuDNN: a convolution of something that is not there");
  if (const std::string wrong = misfit(*x, *w, *c, *y); !wrong.empty()) return refuse(kBadParam, "cuDNN: " + wrong);
  if (alpha != 1 || beta != 0) return refuse(kBadParam, "cuDNN: the stand-in writes plain results only");
  if (algorithm != 0 && algorithm != 1) return refuse(kBadParam, "cuDNN: an algorithm that was not proposed");
  if (algorithm == 1 && (bytes < kWorkspace || !onCard(workspace, bytes))) {
    return refuse(kBadParam, "cuDNN: less workspace than the algorithm asks for");
  }
  enqueue(handle->stream, [=, x = *x, w = *w, c = *c, y = *y] {
    if (!onCard(xp, bytesOf(x)) || !onCard(wp, bytesOf(w)) || !onCard(yp, bytesOf(y)) || (bytes && !onCard(workspace, bytes))) {
      return collapse("cuDNN: a convolution of memory that is not allocated");
    }
    if (setting("cudnn") == "loud") {
      const char* const type = x.type == kHalf ? ", half" : x.type == kBFloat16 ? ", bfloat16" : "";
      std::fprintf(stderr, "cuDNN: %s, algorithm %d, math %d, %zu dimensions%s\n", names[which], algorithm, c.math, x.sizes.size() - 2, type);
    }
    const void *hx = onHost(xp), *hw = onHost(wp), *hy = onHost(yp);
    const Tensor& result = which == 0 ? y : which == 1 ? x : static_cast<const Tensor&>(w);
    std::vector<double> sums(volume(result.sizes), 0);
    products(x, w, c, y, [&](size_t i, size_t k, size_t o) {
      if (which == 0) sums[o] += get(hx, x.type, i) * get(hw, w.type, k);
      if (which == 1) sums[i] += get(hy, y.type, o) * get(hw, w.type, k);
      if (which == 2) sums[k] += get(hy, y.type, o) * get(hx, x.type, i);
    });
    void* to = const_cast<void*>(which == 0 ? hy : which == 1 ? hx : hw);
    for (size_t i = 0; i < sums.size(); i++) put(to, result.type, i, sums[i]);
    if (bytes) std::memset(onHost(workspace), 0xab, bytes);
  });
  return 0;
}

double factor(const void* p, int type) { return type == kDouble ? *static_cast<const double*>(p) : *static_cast<const float*>(p); }

}  // namespace

API int cudnnGetProperty(int which, int* value) {
  *value = which == 0 ? 9 : which == 1 ? 8 : 7;
  return 0;
}
API size_t cudnnGetCudartVersion() { return setting("cudnn") == "cuda13" ? 13000 : 12090; }
API const char* cudnnGetErrorString(int status) {
  return status == kBadParam         ? "CUDNN_STATUS_BAD_PARAM"
         : status == kNotSupported   ? "CUDNN_STATUS_NOT_SUPPORTED"
         : status == kNotInitialized ? "CUDNN_STATUS_NOT_INITIALIZED"
                                     : "CUDNN_STATUS_INTERNAL_ERROR";
}
API int cudnnCreate(Handle** handle) {
  if (ready()) return refuse(kNotInitialized, "cuDNN: a handle without a context");
  if (setting("cudnn") == "broken") return kNotInitialized;
  return made(handle);
}
API int cudnnSetStream(Handle* handle, void* stream) {
  if (!there({handle})) return refuse(kBadParam, "cuDNN: no such handle");
  handle->stream = stream;
  return 0;
}

API int cudnnCreateTensorDescriptor(Tensor** out) { return made(out); }
API int cudnnDestroyTensorDescriptor(Tensor* x) { return gone(x); }
API int cudnnSetTensorNdDescriptor(Tensor* x, int type, int count, const int* sizes, const int* strides) {
  if (!there({x}) || !isType(type) || count < 3) return refuse(kBadParam, "cuDNN: a tensor that is none");
  *x = {type, {sizes, sizes + count}};
  if (volume(x->sizes) == 0) return refuse(kBadParam, "cuDNN: an empty tensor");
  int step = 1;
  for (int i = count; i-- > 0;) {
    if (strides[i] != step) return refuse(kNotSupported, "cuDNN: the stand-in knows contiguous tensors only");
    step *= sizes[i];
  }
  return 0;
}
API int cudnnCreateFilterDescriptor(Filter** out) { return made(out); }
API int cudnnDestroyFilterDescriptor(Filter* w) { return gone(w); }
API int cudnnSetFilterNdDescriptor(Filter* w, int type, int format, int count, const int* sizes) {
  if (!there({w}) || format != 0 || count < 4 || !isType(type)) return refuse(kBadParam, "cuDNN: a filter that is none");
  w->type = type;
  w->sizes.assign(sizes, sizes + count);
  return 0;
}
API int cudnnCreateConvolutionDescriptor(Conv** out) { return made(out); }
API int cudnnDestroyConvolutionDescriptor(Conv* c) { return gone(c); }
API int cudnnSetConvolutionNdDescriptor(Conv* c, int count, const int* padding, const int* stride, const int* dilation, int mode, int type) {
  if (!there({c}) || mode != 1 || count < 2 || !isType(type) || type == kBFloat16) return refuse(kBadParam, "cuDNN: a convolution that is none");
  c->padding.assign(padding, padding + count);
  c->stride.assign(stride, stride + count);
  c->dilation.assign(dilation, dilation + count);
  c->type = type;
  return 0;
}
API int cudnnSetConvolutionGroupCount(Conv* c, int groups) {
  c->groups = groups;
  return there({c}) ? 0 : kBadParam;
}
API int cudnnSetConvolutionMathType(Conv* c, int math) {
  if (!there({c}) || math < 0 || math > kFmaMath) return refuse(kBadParam, "cuDNN: such arithmetic is not known");
  c->math = math;
  return 0;
}

API int cudnnGetConvolutionForwardAlgorithm_v7(Handle*, Tensor* x, Filter* w, Conv* c, Tensor* y, int wanted, int* found, Choice* choices) {
  if (!there({x, w, c, y}) || !misfit(*x, *w, *c, *y).empty()) return refuse(kBadParam, "cuDNN: algorithms for what does not fit");
  return propose(wanted, found, choices, *c);
}
API int cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle* h, Filter* w, Tensor* y, Conv* c, Tensor* x, int wanted, int* found, Choice* choices) {
  return cudnnGetConvolutionForwardAlgorithm_v7(h, x, w, c, y, wanted, found, choices);
}
API int cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle* h, Tensor* x, Tensor* y, Conv* c, Filter* w, int wanted, int* found, Choice* choices) {
  return cudnnGetConvolutionForwardAlgorithm_v7(h, x, w, c, y, wanted, found, choices);
}

API int cudnnConvolutionForward(Handle* h, const void* alpha, Tensor* x, const void* xp, Filter* w, const void* wp, Conv* c, int algorithm,
                                void* workspace, size_t bytes, const void* beta, Tensor* y, void* yp) {
  return convolve(0, h, x, xp, w, wp, c, y, yp, algorithm, workspace, bytes, factor(alpha, x->type), factor(beta, x->type));
}
API int cudnnConvolutionBackwardData(Handle* h, const void* alpha, Filter* w, const void* wp, Tensor* y, const void* yp, Conv* c, int algorithm,
                                     void* workspace, size_t bytes, const void* beta, Tensor* x, void* xp) {
  return convolve(1, h, x, xp, w, wp, c, y, yp, algorithm, workspace, bytes, factor(alpha, x->type), factor(beta, x->type));
}
API int cudnnConvolutionBackwardFilter(Handle* h, const void* alpha, Tensor* x, const void* xp, Tensor* y, const void* yp, Conv* c, int algorithm,
                                       void* workspace, size_t bytes, const void* beta, Filter* w, void* wp) {
  return convolve(2, h, x, xp, w, wp, c, y, yp, algorithm, workspace, bytes, factor(alpha, x->type), factor(beta, x->type));
}
