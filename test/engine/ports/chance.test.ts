import * as torch from "gradbook";
import { follows, sums } from "./follow";

const { nn, optim, distributions: D } = torch;
const F = nn.functional;
type Tensor = torch.Tensor;

follows("agents", (log) => {
	const make = () => new nn.Sequential(new nn.Linear(3, 8), new nn.ReLU(), new nn.Linear(8, 2));
	const [q, target] = [make(), make()];
	target.loadStateDict(q.stateDict());
	const ofQ = new optim.AdamW(q.parameters(), { lr: 1e-3, amsgrad: true });
	for (let step = 0; step < 8; step++) {
		const [state, action] = [torch.randn(8, 3), torch.randint(0, 2, [8, 1])];
		const reward = state.sum(1).mul(action.squeeze(1).mul(2).sub(1));
		const [after, done] = [state.add(torch.randn(8, 3).mul(0.1)), torch.rand(8).lt(0.2)];
		const values = torch.zeros(8);
		const going = done.logicalNot();
		torch.noGrad(() => values.setAt([going], target(after.at(going)).max(1).values));
		const loss = new nn.SmoothL1Loss()(q(state).gather(1, action), values.mul(0.99).add(reward).unsqueeze(1));
		ofQ.zeroGrad();
		loss.backward();
		nn.utils.clipGradValue_(q.parameters(), 100);
		ofQ.step();
		const [mine, theirs] = [q.stateDict(), target.stateDict()];
		for (const key in mine) theirs[key] = mine[key]!.mul(0.05).add(theirs[key]!.mul(1 - 0.05));
		target.loadStateDict(theirs);
		log(loss.item());
	}
	log(...sums(target));
	const [actor, critic] = [new nn.Linear(3, 2), new nn.Linear(3, 1)];
	const logStd = new nn.Parameter(torch.zeros(1, 2).sub(0.5));
	const optimizer = new optim.Adam([...actor.parameters(), ...critic.parameters(), logStd], { lr: 3e-3, eps: 1e-5 });
	const policy = (x: Tensor) => new D.Normal(actor(x), torch.exp(logStd.expand(x.size(0), 2)));
	const obs = torch.randn(16, 3);
	const { acted, before, rewards, advantage } = torch.noGrad(() => {
		const acted = policy(obs).sample();
		const before = policy(obs).logProb(acted).sum(1);
		const rewards = acted.sub(obs.at(":", ":2")).pow(2).sum(1).neg();
		const better = rewards.sub(critic(obs).flatten());
		return { acted, before, rewards, advantage: better.sub(better.mean()).div(better.std().add(1e-8)) };
	});
	for (let epoch = 0; epoch < 3; epoch++) {
		const order = torch.randperm(16);
		for (let start = 0; start < 16; start += 8) {
			const b = order.at(torch.slice(start, start + 8));
			const now = policy(obs.at(b));
			const ratio = now.logProb(acted.at(b)).sum(1).sub(before.at(b)).exp();
			const clipped = torch.clamp(ratio, 1 - 0.2, 1 + 0.2);
			const losses = torch.max(advantage.at(b).neg().mul(ratio), advantage.at(b).neg().mul(clipped));
			let loss = losses.mean().sub(now.entropy().sum(1).mean().mul(0.01));
			loss = loss.add(F.mseLoss(critic(obs.at(b)).view(-1), rewards.at(b)).mul(0.5));
			optimizer.zeroGrad();
			loss.backward();
			optimizer.step();
			log(loss.item(), ratio.sub(1.0).abs().gt(0.2).float().mean().item());
		}
	}
});

class Coupling extends nn.Module {
	s = new nn.Sequential(new nn.Linear(2, 6), new nn.ReLU(), new nn.Linear(6, 2), new nn.Tanh());
	t = new nn.Linear(2, 2);
	declare mask: Tensor;

	constructor(mask: Tensor) {
		super();
		this.registerBuffer("mask", mask);
	}

	forward(x: Tensor): [Tensor, Tensor] {
		const [kept, rest] = [x.mul(this.mask), torch.sub(1, this.mask)];
		const [s, t] = [this.s(kept).mul(rest), this.t(kept).mul(rest)];
		return [kept.add(rest.mul(x.mul(torch.exp(s)).add(t))), s.sum({ dim: 1 })];
	}
}

follows("densities", (log) => {
	const x = torch.rand(16, 1);
	const y = torch.sin(x.mul(6)).add(torch.randn(16, 1).mul(0.1));
	const net = new nn.Linear(1, 9);
	const ofNet = new optim.Adam(net.parameters(), { lr: 0.05 });
	let mixture!: torch.distributions.MixtureSameFamily;
	for (let step = 0; step < 6; step++) {
		const [logits, mean, logScale] = net(x).chunk(3, { dim: -1 }) as [Tensor, Tensor, Tensor];
		mixture = new D.MixtureSameFamily(new D.Categorical({ logits }), new D.Normal(mean, { scale: logScale.exp() }));
		const loss = mixture.logProb(y.squeeze(-1)).mean().neg();
		ofNet.zeroGrad();
		loss.backward();
		ofNet.step();
		log(loss.item());
	}
	log(...(mixture.sample().tolist() as number[]));
	const mu = new nn.Parameter(torch.empty(1, 1).uniform_(-0.2, 0.2));
	const rho = new nn.Parameter(torch.empty(1, 1).uniform_(-5, -4));
	const sgd = new optim.SGD([mu, rho], { lr: 1e-2 });
	for (let step = 0; step < 6; step++) {
		const posterior = new D.Normal(mu, torch.log1p(torch.exp(rho)));
		const kl = D.klDivergence(posterior, new D.Normal(0, 1.0)).sum();
		const loss = F.mseLoss(F.linear(x, posterior.rsample()), y, { reduction: "sum" }).add(kl.mul(0.1));
		sgd.zeroGrad();
		loss.backward();
		sgd.step();
		log(loss.item(), kl.item());
	}
	const flow = new nn.ModuleList([0, 1, 2].map((i) => new Coupling(torch.tensor([i % 2, 1 - (i % 2)]))));
	const base = new D.MultivariateNormal(torch.zeros(2), torch.eye(2));
	const ofFlow = new optim.Adam(flow.parameters(), { lr: 5e-3 });
	for (let step = 0; step < 6; step++) {
		let z = torch.randn(8, 2).mul(torch.tensor([1.0, 0.5]));
		let total: Tensor = torch.tensor(0);
		for (const layer of flow) {
			let logdet: Tensor;
			[z, logdet] = layer(z);
			total = total.add(logdet);
		}
		const loss = base.logProb(z).add(total).mean().neg();
		ofFlow.zeroGrad();
		loss.backward();
		ofFlow.step();
		log(loss.item());
	}
});
