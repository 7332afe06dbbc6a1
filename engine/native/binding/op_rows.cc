// Rows of everything that is neither pointwise nor about handles themselves.
#include "binding/row.h"
#include "binding/tables.h"
#include "ops/attention.h"
#include "ops/compare.h"
#include "ops/ctc.h"
#include "ops/distance.h"
#include "ops/gather.h"
#include "ops/index.h"
#include "ops/linalg.h"
#include "ops/loss.h"
#include "ops/many.h"
#include "ops/matrix.h"
#include "ops/norm.h"
#include "ops/optim.h"
#include "ops/quantized.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/rnn.h"
#include "ops/rnn_stack.h"
#include "ops/rows.h"
#include "ops/scan.h"
#include "ops/sort.h"

namespace gb {
namespace {

Generator generator(Seed seed, Device device) { return Generator(seed.value, device); }
void manualSeed(Generator& g, Seed seed) {
  g.manualSeed(seed.value);
  seedCards(g);
}
void defaultGeneratorRow(Generator& g) { setDefaultGenerator(g); }
UnsignedBig initialSeed(Generator& g) { return {g.initialSeed()}; }
SignedBig random63(Generator& g) { return {int64_t(g.random64() & INT64_MAX)}; }

/** A step that goes element by element. Numbers: a Float64Array. */
template <Step step>
void stepRow(const TensorList& params, const TensorList& grads, const TensorList& states, const HostData& numbers) {
  GB_CHECK(numbers.type == napi_float64_array, "expected the numbers as a Float64Array");
  optimStep(step, params, grads, states, static_cast<const double*>(numbers.data), numbers.length);
}

const Row rows[] = {
    // Reductions
    GB_ROW(sum),
    GB_ROW(mean),
    GB_ROW(prod),
    GB_ROW(nansum),
    GB_ROW(sumTo),
    GB_ROW(norm),
    GB_ROW(amax),
    GB_ROW(amin),
    GB_ROW(all),
    GB_ROW(any),
    GB_ROW_AS(countNonzero, &countNonzeroOver),
    GB_ROW(var),
    GB_ROW_AS(std, &std_),
    GB_ROW(logsumexp),
    GB_ROW(maxDim),
    GB_ROW(minDim),
    GB_ROW(argmax),
    GB_ROW(argmin),
    GB_ROW(softmax),
    GB_ROW(logSoftmax),
    GB_ROW(softmaxBackward),
    GB_ROW(logSoftmaxBackward),
    GB_ROW(cumsum),
    GB_ROW(cumprod),
    GB_ROW(cummax),
    GB_ROW(logcumsumexp),
    GB_ROW(cummin),
    GB_ROW(allclose),
    GB_ROW(equal),
    // Order
    GB_ROW(medianDim),
    GB_ROW(modeDim),
    GB_ROW(sort),
    GB_ROW(topk),
    GB_ROW(unique),
    GB_ROW(uniqueConsecutive),
    GB_ROW(searchsorted),
    GB_ROW(bincount),
    GB_ROW(histc),
    // Indexing
    GB_ROW(index),
    GB_ROW(indexPut_),
    GB_ROW(indexSelect),
    GB_ROW(indexAdd_),
    GB_ROW(indexCopy_),
    GB_ROW(gather),
    GB_ROW(scatter_),
    GB_ROW(scatterAdd_),
    GB_ROW(scatterReduce_),
    GB_ROW(maskedSelect),
    GB_ROW(maskedFill),
    GB_ROW(maskedFill_),
    GB_ROW(nonzero),
    GB_ROW(embedding),
    GB_ROW(embeddingBackward),
    GB_ROW(oneHot),
    // Matrices
    GB_ROW(matmul),
    GB_ROW(mm),
    GB_ROW(bmm),
    GB_ROW(addmm),
    GB_ROW(cdist),
    GB_ROW(cdistBackward),
    GB_ROW(linear),
    GB_ROW(linearBackward),
    GB_ROW(linearDynamic),
    // Factorisations
    GB_ROW(luFactor),
    GB_ROW(luSolve),
    GB_ROW(cholesky),
    GB_ROW(triangularSolve),
    GB_ROW(qr),
    GB_ROW(eigh),
    GB_ROW(eigvalsh),
    GB_ROW(svd),
    GB_ROW(svdvals),
    // Losses
    GB_ROW(crossEntropy),
    GB_ROW(crossEntropyBackward),
    GB_ROW(nllLoss),
    GB_ROW(nllLossBackward),
    GB_ROW(ctcLoss),
    GB_ROW(ctcLossBackward),
    // Normalisations
    GB_ROW(batchNorm),
    GB_ROW(batchNormBackward),
    GB_ROW(layerNorm),
    GB_ROW(rmsNorm),
    GB_ROW(groupNorm),
    GB_ROW(rowNormBackward),
    // Recurrent layers
    GB_ROW(rnnLayer),
    GB_ROW(rnnLayerBackward),
    GB_ROW(rnnFlatten),
    GB_ROW(rnnStack),
    GB_ROW(rnnStackBackward),
    // Attention
    GB_ROW(attention),
    GB_ROW(attentionBackward),
    // Random numbers
    GB_ROW(uniform_),
    GB_ROW(normal_),
    GB_ROW(randint_),
    GB_ROW(random_),
    GB_ROW(bernoulli_),
    GB_ROW(exponential_),
    GB_ROW(bernoulliTensor_),
    GB_ROW(randperm),
    GB_ROW(multinomial),
    GB_ROW(dropout),
    // Optimisers
    GB_ROW(sgdStep),
    GB_ROW_AS(adamStep, &stepRow<Step::Adam>),
    GB_ROW_AS(adamMaxStep, &stepRow<Step::AdamMax>),
    GB_ROW_AS(rmspropStep, &stepRow<Step::RmsProp>),
    GB_ROW_AS(rmspropMomentumStep, &stepRow<Step::RmsPropMomentum>),
    GB_ROW_AS(rmspropCenteredStep, &stepRow<Step::RmsPropCentered>),
    GB_ROW_AS(rmspropCenteredMomentumStep, &stepRow<Step::RmsPropCenteredMomentum>),
    GB_ROW_AS(adagradStep, &stepRow<Step::Adagrad>),
    GB_ROW_AS(adadeltaStep, &stepRow<Step::Adadelta>),
    GB_ROW_AS(adamaxStep, &stepRow<Step::Adamax>),
    GB_ROW_AS(nadamStep, &stepRow<Step::NAdam>),
    GB_ROW_AS(radamStep, &stepRow<Step::RAdam>),
    GB_ROW_AS(rpropStep, &stepRow<Step::Rprop>),
    GB_ROW(totalNorm),
    GB_ROW(totalNormThere),
    GB_ROW(scaleAll_),
    GB_ROW(scaleAllBy_),
    GB_ROW(zeroAll_),
};

const Row generators[] = {
    GB_ROW(generator),
    GB_ROW(manualSeed),
    GB_ROW_AS(setDefaultGenerator, &defaultGeneratorRow),
    GB_ROW(initialSeed),
    GB_ROW(random63),
};

}  // namespace

GB_TABLE(opRows, rows)
GB_UNRECORDED_TABLE(generatorRows, generators)

}  // namespace gb
