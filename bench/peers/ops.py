"""PyTorch's side of ../ops.mjs: entries of the same names."""

import torch
from torch.nn import functional as F

randn = torch.randn


def of(call):
    def make(*sizes):
        x = randn(*sizes)
        return lambda: call(x)

    return make


def pair(call):
    def make(*sizes):
        a, b = randn(*sizes), randn(*sizes)
        return lambda: call(a, b)

    return make


def grads(make):
    """The backward pass of what make(*sizes) gives: inputs, and their function."""

    def made(*sizes):
        inputs, call = make(*sizes)
        for x in inputs:
            x.requires_grad_()
        y = call(*inputs)
        grad = randn(y.shape)
        return lambda: torch.autograd.grad(y, inputs, grad, retain_graph=True)

    return made


def forward(make):
    def made(*sizes):
        inputs, call = make(*sizes)
        return lambda: call(*inputs)

    return made


def one(call):
    return lambda *sizes: ([randn(*sizes)], call)


def layer_norm(m, n):
    return [randn(m, n), randn(n), randn(n)], lambda x, w, b: F.layer_norm(x, [n], w, b)


def planes(*sizes):
    return [randn(*sizes), randn(sizes[1]), randn(sizes[1])]


def batch_norm(*sizes):
    return planes(*sizes), lambda x, w, b: F.batch_norm(x, None, None, w, b, True)


def group_norm(*sizes):
    return planes(*sizes), lambda x, w, b: F.group_norm(x, 8, w, b)


def conv2d(n, c, size, out):
    return [randn(n, c, size, size), randn(out, c, 3, 3)], lambda x, w: F.conv2d(x, w, padding=1)


def indices(n, *sizes):
    return torch.randint(0, n, sizes)


def cross_entropy(m, n):
    target = indices(n, m)
    return [randn(m, n)], lambda x: F.cross_entropy(x, target)


def embedding(rows, width, count):
    at = indices(rows, count)
    return [randn(rows, width)], lambda w: F.embedding(at, w)


def attention(causal):
    def make(batch, length):
        inputs = [randn(batch, 8, length, 64) for _ in range(3)]
        return inputs, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return make


def index_select(m, n):
    x, at = randn(m, n), indices(m, m)
    return lambda: x.index_select(0, at)


def gather(m, n):
    x, at = randn(m, n), indices(n, m, n)
    return lambda: x.gather(1, at)


def where(*sizes):
    a, b = randn(*sizes), randn(*sizes)
    mask = a > b
    return lambda: torch.where(mask, a, b)


def masked_fill(*sizes):
    x = randn(*sizes)
    mask = x > 0
    return lambda: x.masked_fill(mask, 0)


def from_bytes(*sizes):
    x = indices(256, *sizes).to(torch.uint8)
    return lambda: x.to(torch.float32)


def add_bfloat16(*sizes):
    a, b = (randn(*sizes).to(torch.bfloat16) for _ in range(2))
    return lambda: a + b


def add_row(m, n):
    x, b = randn(m, n), randn(n)
    return lambda: x + b


def add_column(m, n):
    x, b = randn(m, n), randn(m, 1)
    return lambda: x + b


def positive(call):
    def make(*sizes):
        x = torch.rand(*sizes)
        return lambda: call(x)

    return make


def made(call):
    return lambda *sizes: lambda: call(*sizes)


ops = {
    "sumFirst": of(lambda x: x.sum(0)),
    "meanLast": of(lambda x: x.mean(-1)),
    "varLast": of(lambda x: x.var(-1)),
    "varFirst": of(lambda x: x.var(0)),
    "stdAll": of(lambda x: x.std()),
    "normAll": of(lambda x: x.norm()),
    "argmaxFirst": of(lambda x: x.argmax(0)),
    "maxFirst": of(lambda x: x.max(0)),
    "cumsumLast": of(lambda x: x.cumsum(-1)),
    "cumsumFirst": of(lambda x: x.cumsum(0)),
    "softmaxFirst": of(lambda x: x.softmax(0)),
    "logSoftmaxFirst": of(lambda x: x.log_softmax(0)),
    "softmaxMiddle": of(lambda x: x.softmax(1)),
    "softmaxGrads": grads(one(lambda x: x.softmax(-1))),
    "softmaxFirstGrads": grads(one(lambda x: x.softmax(0))),
    "logSoftmaxGrads": grads(one(lambda x: x.log_softmax(-1))),
    "layerNormWeighted": forward(layer_norm),
    "layerNormGrads": grads(layer_norm),
    "batchNorm": forward(batch_norm),
    "batchNormGrads": grads(batch_norm),
    "groupNorm": forward(group_norm),
    "groupNormGrads": grads(group_norm),
    "crossEntropy": forward(cross_entropy),
    "crossEntropyGrads": grads(cross_entropy),
    "embedding": forward(embedding),
    "embeddingGrads": grads(embedding),
    "attentionForward": forward(attention(False)),
    "attentionCausal": forward(attention(True)),
    "attentionGrads": grads(attention(False)),
    "indexSelect": index_select,
    "gather": gather,
    "cat": pair(lambda a, b: torch.cat([a, b], 0)),
    "catLast": pair(lambda a, b: torch.cat([a, b], -1)),
    "stack": pair(lambda a, b: torch.stack([a, b], 0)),
    "transposed": of(lambda x: x.t().contiguous()),
    "permuted": of(lambda x: x.permute(0, 2, 3, 1).contiguous()),
    "sort": of(lambda x: x.sort(-1)),
    "topk": of(lambda x: x.topk(10)),
    "dropout": of(lambda x: F.dropout(x, 0.5, True)),
    "conv2d": forward(conv2d),
    "conv2dGrads": grads(conv2d),
    "maxPool": of(lambda x: F.max_pool2d(x, 2)),
    "maxPoolGrads": grads(one(lambda x: F.max_pool2d(x, 2))),
    "avgPool": of(lambda x: F.avg_pool2d(x, 2)),
    "avgPoolGrads": grads(one(lambda x: F.avg_pool2d(x, 2))),
    "greater": pair(torch.gt),
    "where": where,
    "maskedFill": masked_fill,
    "toHalf": of(lambda x: x.to(torch.float16)),
    "toBfloat16": of(lambda x: x.to(torch.bfloat16)),
    "toDouble": of(lambda x: x.to(torch.float64)),
    "fromBytes": from_bytes,
    "addBfloat16": add_bfloat16,
    "addRow": add_row,
    "addColumn": add_column,
    "inPlace": of(lambda x: x.mul_(1)),
    "log": positive(torch.log),
    "sqrt": positive(torch.sqrt),
    "sin": of(torch.sin),
    "pow": of(lambda x: x.pow(3)),
    "div": pair(torch.div),
    "silu": of(F.silu),
    "softplus": of(F.softplus),
    "leakyRelu": of(F.leaky_relu),
    "elu": of(F.elu),
    "clamp": of(lambda x: x.clamp(-1, 1)),
    "abs": of(torch.abs),
    "geluGrads": grads(one(F.gelu)),
    "tanhGrads": grads(one(torch.tanh)),
    "reluGrads": grads(one(torch.relu)),
    "mseLoss": pair(F.mse_loss),
    "rand": made(torch.rand),
    "randn": made(torch.randn),
    "zeros": made(torch.zeros),
}
