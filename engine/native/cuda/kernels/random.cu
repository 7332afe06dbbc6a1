// Filling with random numbers, in PyTorch's order: a thread draws four at a time (two in double) and writes them a grid's
// width apart.
#include "cuda/kernels/block.cuh"
#include "cuda/kernels/philox.cuh"

namespace gb {
namespace cuda {

GB_DEVICE void put(const DrawArguments& f, i64 i, double value, bool asFloat) {
  i64 at[1];
  locate(f.walk, u32(i), at);
  if (asFloat) {
    storeAs<float>(f.to.data + at[0], f.to.type, float(value));
  } else {
    storeAs<double>(f.to.data + at[0], f.to.type, value);
  }
}
GB_DEVICE void putWhole(const DrawArguments& f, i64 i, i64 value) {
  i64 at[1];
  locate(f.walk, u32(i), at);
  storeAs<i64>(f.to.data + at[0], f.to.type, value);
}

/** The number in the type of the tensor, for the comparison with the upper bound. */
GB_DEVICE float rounded(float x, int type) {
  return type == 5 ? widen(narrowHalf(x)) : type == 9 ? widen(toBFloat16(x)) : x;
}

GB_DEVICE float shaped(float u, const DrawArguments& f, int type) {
  if (f.draw == Draw::Uniform) {
    const float from = float(f.a), to = float(f.b);
    const float value = u * (to - from) + from;
    return rounded(value, type) == rounded(to, type) ? from : value;
  }
  if (f.draw == Draw::Bernoulli) return u < float(f.a) ? 1.0f : 0.0f;
  const float log = u >= 1.0f - 5.9604645e-08f ? -5.9604645e-08f : scalar::log(u);
  return -1.0f / float(f.a) * log;
}
GB_DEVICE double shaped(double u, const DrawArguments& f) {
  if (f.draw == Draw::Uniform) {
    const double value = u * (f.b - f.a) + f.a;
    return value == f.b ? f.a : value;
  }
  if (f.draw == Draw::Bernoulli) return u < f.a ? 1.0 : 0.0;
  const double log = u >= 1.0 - 1.1102230246251565e-16 ? -1.1102230246251565e-16 : scalar::log(u);
  return -1.0 / f.a * log;
}

/** Positions are 32-bit numbers: n and a few grids more stay below 2³². */
template <class Put>
GB_DEVICE void fillFloatBy(const DrawArguments& f, int type, const Put& put) {
  const u32 threads = blockDim.x * gridDim.x, thread = u32(globalThread());
  Philox draws(f.random, thread);
  for (u32 first = thread; first < f.n; first += 4 * threads) {
    const Words w = draws.next();
    float values[4];
    if (f.draw == Draw::Normal) {
      normals(w.x, w.y, values[0], values[1]);
      normals(w.z, w.w, values[2], values[3]);
#pragma unroll
      for (int j = 0; j < 4; j++) values[j] = values[j] * float(f.b) + float(f.a);
    } else {
      const u32 words[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
      for (int j = 0; j < 4; j++) values[j] = shaped(uniformOf(words[j]), f, type);
    }
#pragma unroll
    for (u32 j = 0; j < 4; j++) {
      if (first + j * threads < f.n) put(first + j * threads, values[j]);
    }
  }
}

extern "C" __global__ void fillFloat(DrawArguments f) {
  fillFloatBy(f, f.to.type, [&](u32 i, float value) { put(f, i, value, true); });
}

/** The same where float32's elements lie behind each other: drawing is most of the work there. */
extern "C" __global__ void fillFlat(DrawArguments f) {
  fillFloatBy(f, 6, [&](u32 i, float value) { reinterpret_cast<float*>(f.to.data)[i] = value; });
}

extern "C" __global__ void fillDouble(DrawArguments f) {
  const i64 threads = i64(blockDim.x) * gridDim.x;
  Philox draws(f.random, u64(globalThread()));
  for (i64 first = globalThread(); first < f.n; first += 2 * threads) {
    const Words w = draws.next();
    double values[2];
    if (f.draw == Draw::Normal) {
      normals(w, values[0], values[1]);
      for (int j = 0; j < 2; j++) values[j] = values[j] * f.b + f.a;
    } else {
      values[0] = shaped(uniformOf(w.x, w.y), f);
      values[1] = shaped(uniformOf(w.z, w.w), f);
    }
    for (int j = 0; j < 2; j++) {
      if (first + j * threads < f.n) put(f, first + j * threads, values[j], false);
    }
  }
}

/** Whole numbers of less than 32 bits into int64's elements behind each other: what `randint` is mostly asked for. */
extern "C" __global__ void fillWholeFlat(DrawArguments f) {
  const u32 threads = blockDim.x * gridDim.x, thread = u32(globalThread()), range = u32(f.range);
  i64* const to = reinterpret_cast<i64*>(f.to.data);
  Philox draws(f.random, thread);
  for (u32 first = thread; first < f.n; first += 4 * threads) {
    const Words w = draws.next();
    const u32 words[4] = {w.x, w.y, w.z, w.w};
#pragma unroll
    for (u32 j = 0; j < 4; j++) {
      const u32 i = first + j * threads;
      if (i < f.n) to[i] = i64(words[j] % range) + f.base;
    }
  }
}

extern "C" __global__ void fillWhole(DrawArguments f) {
  const i64 threads = i64(blockDim.x) * gridDim.x;
  const bool wide = f.draw == Draw::Whole64;
  const int each = wide ? 2 : 4;
  Philox draws(f.random, u64(globalThread()));
  for (i64 first = globalThread(); first < f.n; first += each * threads) {
    const Words w = draws.next();
    const u64 values[4] = {wide ? u64(w.x) << 32 | w.y : w.x, wide ? u64(w.z) << 32 | w.w : w.y, w.z, w.w};
    for (int j = 0; j < each; j++) {
      const i64 i = first + j * threads;
      if (i < f.n) putWhole(f, i, i64((f.range ? values[j] % f.range : values[j]) + u64(f.base)));
    }
  }
}

/** 1 with the probability of each element. The walk's n elements are those from `first` on of all that numbers are drawn for. */
extern "C" __global__ void bernoulliTensor(Place to, Place p, Walk<2> walk, i64 first, u32 n, PhiloxState random, Fault* fault, int op) {
  const i64 group = first / 4 + globalThread();
  Philox draws(random, u64(group));
  const Words w = draws.next();
  const u32 words[4] = {w.x, w.y, w.z, w.w};
  for (int j = 0; j < 4; j++) {
    const i64 i = 4 * group + j - first;
    if (i < 0 || i >= n) continue;
    i64 at[2];
    locate(walk, u32(i), at);
    const double probability = loadAs<double>(p.data + at[1], p.type);
    if (!(probability >= 0 && probability <= 1)) report(fault, op, kNoProbability, __builtin_bit_cast(i64, probability), 0);
    storeAs<i64>(to.data + at[0], to.type, double(uniformOf(words[j])) <= probability);
  }
}

/**
 * result = x·mask with mask 0 or 1 / (1 − p). `lanes` (4, 2 or 1) elements behind each other for each thread; where it is 1
 * they lie a grid's width apart.
 */
extern "C" __global__ void dropout(Place result, Place mask, Place x, i64 itemSize, i64 n, double keep, int lanes,
                                   PhiloxState random) {
  const i64 threads = i64(blockDim.x) * gridDim.x;
  Philox draws(random, u64(globalThread()));
  Words w{};
  bool half = false;
  const bool wide = x.type == 7;
  const i64 step = lanes == 1 ? threads : 1, each = lanes == 1 ? 4 : lanes;
  for (i64 first = lanes == 1 ? globalThread() : globalThread() * lanes; first < n; first += each * threads) {
    if (lanes == 2 && half) {
      w.x = w.z;
      w.y = w.w;
    } else {
      w = draws.next();
    }
    half = !half;
    const u32 words[4] = {w.x, w.y, w.z, w.w};
    for (int j = 0; j < each; j++) {
      const i64 i = first + j * step;
      if (i >= n) break;
      const float u = uniformOf(words[j]);
      if (wide) {
        const double kept = double(u) < keep ? 1.0 / keep : 0.0;
        storeAs<double>(mask.data + i * itemSize, mask.type, kept);
        storeAs<double>(result.data + i * itemSize, result.type, loadAs<double>(x.data + i * itemSize, x.type) * kept);
      } else {
        const float kept = u < float(keep) ? 1.0f / float(keep) : 0.0f;
        storeAs<float>(mask.data + i * itemSize, mask.type, kept);
        storeAs<float>(result.data + i * itemSize, result.type, loadAs<float>(x.data + i * itemSize, x.type) * kept);
      }
    }
  }
}

/** The same where all lie in whole vectors of four elements. */
template <class T>
GB_DEVICE void dropoutByFour(void* result, void* mask, const void* x, i64 n, float keep, const PhiloxState& random) {
  using Four = Vector<T, 4>;
  const i64 threads = i64(blockDim.x) * gridDim.x;
  const float scale = 1.0f / keep;
  Philox draws(random, u64(globalThread()));
  for (i64 i = globalThread(); i < n / 4; i += threads) {
    const Words w = draws.next();
    const u32 words[4] = {w.x, w.y, w.z, w.w};
    const Four in = reinterpret_cast<const Four*>(x)[i];
    Four factors, out;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const float kept = uniformOf(words[j]) < keep ? scale : 0.0f;
      factors.at[j] = cast<T>(kept);
      out.at[j] = cast<T>(cast<float>(in.at[j]) * kept);
    }
    reinterpret_cast<Four*>(mask)[i] = factors;
    reinterpret_cast<Four*>(result)[i] = out;
  }
}
extern "C" __global__ void dropoutFloat(void* result, void* mask, const void* x, i64 n, float keep, PhiloxState random) {
  dropoutByFour<float>(result, mask, x, n, keep, random);
}
extern "C" __global__ void dropoutHalf(void* result, void* mask, const void* x, i64 n, float keep, PhiloxState random) {
  dropoutByFour<Half>(result, mask, x, n, keep, random);
}
extern "C" __global__ void dropoutBFloat16(void* result, void* mask, const void* x, i64 n, float keep, PhiloxState random) {
  dropoutByFour<BFloat16>(result, mask, x, n, keep, random);
}

}  // namespace cuda
}  // namespace gb
