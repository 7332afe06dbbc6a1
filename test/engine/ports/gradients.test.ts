import * as torch from "gradbook";
import { follows, sums } from "./follow";

const { nn, optim } = torch;
const F = nn.functional;
const { functionalCall } = torch.func;
type Tensor = torch.Tensor;

follows("pinn", (log) => {
	const net = new nn.Sequential(new nn.Linear(1, 10), new nn.Tanh(), new nn.Linear(10, 1));
	const x = torch.linspace(0, 1, 16).view(-1, 1).requiresGrad_(true);
	const lossOf = () => {
		const u = net(x);
		const du = torch.autograd.grad(u, x, torch.onesLike(u), { createGraph: true })[0]!;
		const [ddu] = torch.autograd.grad(du.sum(), x, { createGraph: true });
		const residual = ddu!.add(torch.sin(x.mul(torch.pi)).mul(torch.pi ** 2));
		const ends = net(torch.zeros(1, 1))
			.pow(2)
			.sum()
			.add(net(torch.ones(1, 1)).pow(2).sum());
		return residual.pow(2).mean().add(ends);
	};
	const adam = new optim.Adam(net.parameters(), { lr: 5e-3 });
	for (let step = 0; step < 10; step++) {
		adam.zeroGrad();
		const loss = lossOf();
		loss.backward();
		adam.step();
		log(loss.item());
	}
	const lbfgs = new optim.LBFGS(net.parameters(), { lr: 1, maxIter: 5, historySize: 4, lineSearchFn: "strong_wolfe" });
	const closure = () => {
		lbfgs.zeroGrad();
		const loss = lossOf();
		loss.backward();
		return loss;
	};
	for (let step = 0; step < 3; step++) log(lbfgs.step(closure).item());
	log(...sums(net));
});

follows("maml", (log) => {
	const model = new nn.Sequential(new nn.Linear(1, 8), new nn.ReLU(), new nn.Linear(8, 1));
	const meta = new optim.Adam(model.parameters(), { lr: 1e-2 });
	for (let step = 0; step < 8; step++) {
		meta.zeroGrad();
		let total: Tensor = torch.tensor(0);
		for (let task = 0; task < 2; task++) {
			const [amplitude, phase] = [torch.rand(1).mul(4).add(0.1), torch.rand(1).mul(3)];
			const x = torch.rand(10, 1).mul(10).sub(5);
			const y = amplitude.mul(torch.sin(x.add(phase)));
			let params: Record<string, Tensor> = Object.fromEntries(model.namedParameters());
			for (let inner = 0; inner < 2; inner++) {
				const loss = F.mseLoss(functionalCall(model, params, x.at(":5")), y.at(":5"));
				const grads = torch.autograd.grad(loss, Object.values(params), { createGraph: true });
				const stepped = Object.entries(params).map(([name, p], i) => [name, p.sub(grads[i]!.mul(0.05))]);
				params = Object.fromEntries(stepped);
			}
			total = total.add(F.mseLoss(functionalCall(model, params, x.at("5:")), y.at("5:")));
		}
		total.div(2).backward();
		meta.step();
		log(total.item());
	}
	log(...sums(model));
});
