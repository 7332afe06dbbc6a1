// Functions of functions, an entry each, and under the same name in peers/func.py: gradients of every sample of a batch, Jacobians
// and Hessians.
export function funcOf(torch) {
	const { functionalCall, grad, hessian, jacfwd, jacrev, vmap } = torch.func;
	const { nn } = torch;
	const samples =
		(make, ...shape) =>
		(batch) => {
			const model = make();
			const parameters = Object.fromEntries([...model.namedParameters()].map(([name, p]) => [name, p.detach()]));
			const [x, y] = [torch.randn(batch, ...shape), torch.randint(0, 10, [batch])];
			const loss = (p, input, target) =>
				nn.functional.crossEntropy(functionalCall(model, p, input.unsqueeze(0)), target.unsqueeze(0));
			const gradients = vmap(grad(loss), { inDims: [null, 0, 0] });
			return () => gradients(parameters, x, y);
		};
	const derivative = (turn, result) => (n) => {
		const model = new nn.Sequential(new nn.Linear(n, 2 * n), new nn.Tanh(), new nn.Linear(2 * n, n));
		const x = torch.randn(n);
		const fn = turn((v) => result(model.forward(v)));
		return () => fn(x);
	};
	const all = (y) => y;
	return {
		samplesMlp: samples(
			() =>
				new nn.Sequential(
					new nn.Linear(784, 300),
					new nn.ReLU(),
					new nn.Linear(300, 100),
					new nn.ReLU(),
					new nn.Linear(100, 10),
				),
			784,
		),
		samplesCnn: samples(
			() =>
				new nn.Sequential(
					new nn.Conv2d(1, 8, 3),
					new nn.ReLU(),
					new nn.MaxPool2d(2),
					new nn.Flatten(),
					new nn.Linear(1352, 10),
				),
			1,
			28,
			28,
		),
		samplesLayerNorm: samples(
			() => new nn.Sequential(new nn.Linear(784, 300), new nn.LayerNorm(300), new nn.GELU(), new nn.Linear(300, 10)),
			784,
		),
		jacrev: derivative(jacrev, all),
		jacfwd: derivative(jacfwd, all),
		hessian: derivative(hessian, (y) => y.square().sum()),
	};
}
