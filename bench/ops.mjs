// What users of PyTorch expect of a large tensor besides kernels.mjs's: an entry each, and under the same name in peers/ops.py.
// Each makes its inputs of the sizes and returns what is measured; `Grads` is the backward pass alone.
export function opsOf(torch) {
	const F = torch.nn.functional;
	const of =
		(call) =>
		(...sizes) => {
			const x = torch.randn(...sizes);
			return () => call(x);
		};
	const pair =
		(call) =>
		(...sizes) => {
			const [a, b] = [torch.randn(...sizes), torch.randn(...sizes)];
			return () => call(a, b);
		};
	/** The backward pass of what `make(...sizes)` gives: inputs, and their function. */
	const grads =
		(make) =>
		(...sizes) => {
			const [inputs, call] = make(...sizes);
			for (const input of inputs) input.requiresGrad_();
			const y = call(...inputs);
			const grad = torch.randn(y.shape);
			return () => torch.autograd.grad(y, inputs, { gradOutputs: grad, retainGraph: true });
		};
	const forward =
		(make) =>
		(...sizes) => {
			const [inputs, call] = make(...sizes);
			return () => call(...inputs);
		};
	const layerNorm = (m, n) => [
		[torch.randn(m, n), torch.randn(n), torch.randn(n)],
		(x, w, b) => F.layerNorm(x, [n], { weight: w, bias: b }),
	];
	const planes = (...sizes) => [torch.randn(...sizes), torch.randn(sizes[1]), torch.randn(sizes[1])];
	const batchNorm = (...sizes) => [
		planes(...sizes),
		(x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
	];
	const groupNorm = (...sizes) => [planes(...sizes), (x, weight, bias) => F.groupNorm(x, 8, { weight, bias })];
	const conv2d = (n, c, size, out) => [
		[torch.randn(n, c, size, size), torch.randn(out, c, 3, 3)],
		(x, w) => F.conv2d(x, w, { padding: 1 }),
	];
	const one =
		(call) =>
		(...sizes) => [[torch.randn(...sizes)], call];
	const indices = (n, ...sizes) => torch.randint(0, n, sizes);
	const crossEntropy = (m, n) => {
		const target = indices(n, m);
		return [[torch.randn(m, n)], (x) => F.crossEntropy(x, target)];
	};
	const embedding = (rows, width, count) => {
		const at = indices(rows, count);
		return [[torch.randn(rows, width)], (w) => F.embedding(at, w)];
	};
	const attention = (batch, length, isCausal) => [
		[1, 2, 3].map(() => torch.randn(batch, 8, length, 64)),
		(q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal }),
	];
	return {
		sumFirst: of((x) => x.sum(0)),
		meanLast: of((x) => x.mean(-1)),
		varLast: of((x) => x.var(-1)),
		varFirst: of((x) => x.var(0)),
		stdAll: of((x) => x.std()),
		normAll: of((x) => x.norm()),
		argmaxFirst: of((x) => x.argmax(0)),
		maxFirst: of((x) => x.max(0)),
		cumsumLast: of((x) => x.cumsum(-1)),
		cumsumFirst: of((x) => x.cumsum(0)),
		softmaxFirst: of((x) => x.softmax(0)),
		logSoftmaxFirst: of((x) => x.logSoftmax(0)),
		softmaxMiddle: of((x) => x.softmax(1)),
		softmaxGrads: grads(one((x) => x.softmax(-1))),
		softmaxFirstGrads: grads(one((x) => x.softmax(0))),
		logSoftmaxGrads: grads(one((x) => x.logSoftmax(-1))),
		layerNormWeighted: forward(layerNorm),
		layerNormGrads: grads(layerNorm),
		batchNorm: forward(batchNorm),
		batchNormGrads: grads(batchNorm),
		groupNorm: forward(groupNorm),
		groupNormGrads: grads(groupNorm),
		crossEntropy: forward(crossEntropy),
		crossEntropyGrads: grads(crossEntropy),
		embedding: forward(embedding),
		embeddingGrads: grads(embedding),
		attentionForward: forward((b, l) => attention(b, l, false)),
		attentionCausal: forward((b, l) => attention(b, l, true)),
		attentionGrads: grads((b, l) => attention(b, l, false)),
		indexSelect: (m, n) => {
			const [x, at] = [torch.randn(m, n), indices(m, m)];
			return () => x.indexSelect(0, at);
		},
		gather: (m, n) => {
			const [x, at] = [torch.randn(m, n), indices(n, m, n)];
			return () => x.gather(1, at);
		},
		cat: pair((a, b) => torch.cat([a, b], 0)),
		catLast: pair((a, b) => torch.cat([a, b], -1)),
		stack: pair((a, b) => torch.stack([a, b], 0)),
		transposed: of((x) => x.t().contiguous()),
		permuted: of((x) => x.permute(0, 2, 3, 1).contiguous()),
		sort: of((x) => x.sort(-1)),
		topk: of((x) => x.topk(10)),
		dropout: of((x) => F.dropout(x, 0.5, { training: true })),
		conv2d: forward(conv2d),
		conv2dGrads: grads(conv2d),
		maxPool: of((x) => F.maxPool2d(x, 2)),
		maxPoolGrads: grads(one((x) => F.maxPool2d(x, 2))),
		avgPool: of((x) => F.avgPool2d(x, 2)),
		avgPoolGrads: grads(one((x) => F.avgPool2d(x, 2))),
		greater: pair((a, b) => a.gt(b)),
		where: (...sizes) => {
			const [a, b] = [torch.randn(...sizes), torch.randn(...sizes)];
			const mask = a.gt(b);
			return () => torch.where(mask, a, b);
		},
		maskedFill: (...sizes) => {
			const x = torch.randn(...sizes);
			const mask = x.gt(0);
			return () => x.maskedFill(mask, 0);
		},
		toHalf: of((x) => x.to(torch.float16)),
		toBfloat16: of((x) => x.to(torch.bfloat16)),
		toDouble: of((x) => x.to(torch.float64)),
		fromBytes: (...sizes) => {
			const x = indices(256, ...sizes).to(torch.uint8);
			return () => x.to(torch.float32);
		},
		addBfloat16: (...sizes) => {
			const [a, b] = [torch.randn(...sizes).to(torch.bfloat16), torch.randn(...sizes).to(torch.bfloat16)];
			return () => a.add(b);
		},
		addRow: (m, n) => {
			const [x, b] = [torch.randn(m, n), torch.randn(n)];
			return () => x.add(b);
		},
		addColumn: (m, n) => {
			const [x, b] = [torch.randn(m, n), torch.randn(m, 1)];
			return () => x.add(b);
		},
		inPlace: of((x) => x.mul_(1)),
		log: (...sizes) => {
			const x = torch.rand(...sizes);
			return () => x.log();
		},
		sqrt: (...sizes) => {
			const x = torch.rand(...sizes);
			return () => x.sqrt();
		},
		sin: of((x) => x.sin()),
		pow: of((x) => x.pow(3)),
		div: pair((a, b) => a.div(b)),
		silu: of((x) => F.silu(x)),
		softplus: of((x) => F.softplus(x)),
		leakyRelu: of((x) => F.leakyRelu(x)),
		elu: of((x) => F.elu(x)),
		clamp: of((x) => x.clamp(-1, 1)),
		abs: of((x) => x.abs()),
		geluGrads: grads(one((x) => F.gelu(x))),
		tanhGrads: grads(one((x) => x.tanh())),
		reluGrads: grads(one((x) => x.relu())),
		mseLoss: pair((a, b) => F.mseLoss(a, b)),
		rand:
			(...sizes) =>
			() =>
				torch.rand(...sizes),
		randn:
			(...sizes) =>
			() =>
				torch.randn(...sizes),
		zeros:
			(...sizes) =>
			() =>
				torch.zeros(...sizes),
	};
}
