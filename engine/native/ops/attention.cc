#include "ops/attention.h"

#include "ops/copy.h"

namespace gb {

Kernel<DType(const Tensor&, const Tensor&, const Tensor&)> attentionTypeKernel("attentionType");
Kernel<Tensor(const AttentionCall&, const Tensor&)> attentionKernel("attention");
Kernel<void(const AttentionCall&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&)>
    attentionBackwardKernel("attentionBackward");

namespace {

/** Products want contiguous rows; a gradient that is one number expanded has none. */
Tensor withRows(const Tensor& x) { return x.size(3) <= 1 || x.stride(3) == 1 ? x : contiguous(x); }

/** Arguments of one computing type. Holds what it made. */
class Prepared {
 public:
  Prepared(const Tensor& query, const Tensor& key, const Tensor& value, MaybeTensor mask, bool causal, double scale) {
    GB_CHECK(isFloat(query.dtype()), "expected floating-point tensors, got ", nameOf(query.dtype()));
    GB_CHECK(key.dtype() == query.dtype() && value.dtype() == query.dtype(),
             "expected query, key and value of the same dtype, got ", nameOf(query.dtype()), ", ", nameOf(key.dtype()),
             " and ", nameOf(value.dtype()));
    GB_CHECK(query.ndim() == 4 && key.ndim() == 4 && value.ndim() == 4, "expected 4-dimensional tensors, got ",
             query.sizes(), ", ", key.sizes(), " and ", value.sizes());
    const Dims& q = query.sizes();
    const Dims& k = key.sizes();
    const Dims& v = value.sizes();
    GB_CHECK(k[0] == q[0] && k[1] == q[1] && k[3] == q[3] && v[0] == q[0] && v[1] == q[1] && v[2] == k[2],
             "query, key and value do not fit together: ", q, ", ", k, " and ", v);
    compute_ = attentionTypeKernel(query.device(), query, key, value);
    query_ = withRows(asType(query, compute_));
    key_ = withRows(asType(key, compute_));
    value_ = withRows(asType(value, compute_));
    if (mask) {
      const Dims expected{q[0], q[1], q[2], k[2]};
      GB_CHECK(mask->sizes() == expected, "expected a mask of shape ", expected, ", got ", mask->sizes());
      mask_ = asType(*mask, compute_);
    }
    call = {&query_, &key_, &value_, mask ? &mask_ : nullptr, causal, scale};
  }

  Tensor make(const Dims& shape) const { return emptyTensor(shape, compute_, query_.device()); }
  DType compute() const { return compute_; }

  AttentionCall call;

 private:
  DType compute_;
  Tensor query_, key_, value_, mask_;
};

}  // namespace

std::pair<Tensor, Tensor> attention(const Tensor& query, const Tensor& key, const Tensor& value, MaybeTensor mask, bool causal,
                                    double scale) {
  const Prepared p(query, key, value, mask, causal, scale);
  const Tensor out = p.make({query.size(0), query.size(1), query.size(2), value.size(3)});
  Tensor logSums = attentionKernel(query.device(), p.call, out);
  return {asType(out, query.dtype()), std::move(logSums)};
}

std::tuple<Tensor, Tensor, Tensor> attentionBackward(const Tensor& grad, const Tensor& query, const Tensor& key,
                                                     const Tensor& value, MaybeTensor mask, const Tensor& out,
                                                     const Tensor& logSums, bool causal, double scale) {
  const Prepared p(query, key, value, mask, causal, scale);
  const Dims expected{query.size(0), query.size(1), query.size(2), value.size(3)};
  GB_CHECK(grad.sizes() == expected, "expected a gradient of shape ", expected, ", got ", grad.sizes());
  GB_CHECK(out.sizes() == expected, "expected a result of shape ", expected, ", got ", out.sizes());
  const Tensor dq = p.make(query.sizes()), dk = p.make(key.sizes()), dv = p.make(value.sizes());
  attentionBackwardKernel(query.device(), p.call, withRows(asType(grad, p.compute())), withRows(asType(out, p.compute())), logSums,
                          dq, dk, dv);
  const DType dtype = query.dtype();
  return {asType(dq, dtype), asType(dk, dtype), asType(dv, dtype)};
}

}  // namespace gb
