import * as torch from "gradbook";
import { follows, sums } from "./follow";

const { nn, optim } = torch;
const F = nn.functional;
const { spectralNorm } = nn.utils.parametrizations;
type Tensor = torch.Tensor;

follows("gan", (log) => {
	const G = new nn.Sequential(
		new nn.ConvTranspose2d(4, 6, 4, 1, 0, { bias: false }),
		new nn.BatchNorm2d(6),
		new nn.ReLU(true),
		new nn.ConvTranspose2d(6, 1, 4, 2, 1, { bias: false }),
		new nn.Tanh(),
	);
	const D = new nn.Sequential(
		spectralNorm(new nn.Conv2d(1, 4, 4, 2, 1, { bias: false })),
		new nn.LeakyReLU(0.2, { inplace: true }),
		new nn.Conv2d(4, 1, 4, 1, 0, { bias: false }),
		new nn.Flatten(0),
	);
	G.apply((module) => {
		if (module instanceof nn.ConvTranspose2d) nn.init.normal_(module.weight.data, 0.0, 0.02);
		else if (module instanceof nn.BatchNorm2d) {
			nn.init.normal_(module.weight!.data, 1.0, 0.02);
			nn.init.constant_(module.bias!.data, 0);
		}
	});
	const criterion = new nn.BCEWithLogitsLoss();
	const ofD = new optim.Adam(D.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
	const ofG = new optim.Adam(G.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
	for (let step = 0; step < 12; step++) {
		const waves = torch.linspace(0, 6, 8).add(torch.rand(4, 1, 8, 1).mul(3));
		const real = torch.sin(waves).mul(torch.ones(4, 1, 8, 8));
		D.zeroGrad();
		const label = torch.full([4], 0.9);
		const realLoss = criterion(D(real), label);
		realLoss.backward();
		const fake = G(torch.randn(4, 4, 1, 1));
		const fakeLoss = criterion(D(fake.detach()), label.fill_(0.1));
		fakeLoss.backward();
		ofD.step();
		G.zeroGrad();
		const loss = criterion(D(fake), label.fill_(0.9));
		loss.backward();
		ofG.step();
		log(realLoss.add(fakeLoss).item(), loss.item());
	}
	for (let step = 0; step < 4; step++) {
		const [real, fake] = [torch.rand(4, 1, 8, 8), G(torch.randn(4, 4, 1, 1)).detach()];
		const eps = torch.rand(4, 1, 1, 1);
		const x = eps.mul(real).add(torch.sub(1, eps).mul(fake)).requiresGrad_(true);
		const d = D(x);
		const [g] = torch.autograd.grad({ outputs: d, inputs: x, gradOutputs: torch.onesLike(d), createGraph: true });
		const penalty = g!.view(4, -1).norm(2, { dim: 1 }).sub(1).pow(2).mean();
		ofD.zeroGrad();
		const loss = D(fake).mean().sub(D(real).mean()).add(penalty.mul(10));
		loss.backward();
		ofD.step();
		log(penalty.item(), loss.item());
	}
	log(...sums(G), ...sums(D));
});

follows("resnet", (log) => {
	class Block extends nn.Module {
		conv1: InstanceType<typeof nn.Conv2d>;
		bn1: InstanceType<typeof nn.BatchNorm2d>;
		conv2: InstanceType<typeof nn.Conv2d>;
		bn2: InstanceType<typeof nn.BatchNorm2d>;
		downsample: torch.nn.Sequential | null = null;

		constructor(inplanes: number, planes: number, stride = 1) {
			super();
			this.conv1 = new nn.Conv2d(inplanes, planes, { kernelSize: 3, stride, padding: 1, bias: false });
			this.bn1 = new nn.BatchNorm2d(planes);
			this.conv2 = new nn.Conv2d(planes, planes, { kernelSize: 3, padding: 1, bias: false });
			this.bn2 = new nn.BatchNorm2d(planes);
			if (stride !== 1 || inplanes !== planes) {
				const conv = new nn.Conv2d(inplanes, planes, 1, stride, { bias: false });
				this.downsample = new nn.Sequential(conv, new nn.BatchNorm2d(planes)) as torch.nn.Sequential;
			}
		}

		forward(x: Tensor): Tensor {
			const out = this.bn2(this.conv2(F.relu(this.bn1(this.conv1(x)))));
			out.add_(this.downsample === null ? x : this.downsample(x));
			return F.relu(out);
		}
	}

	const net = new nn.Sequential() as torch.nn.Sequential;
	net.addModule("conv1", new nn.Conv2d(1, 4, { kernelSize: 3, padding: 1, bias: false }));
	net.addModule("layer1", new Block(4, 4));
	net.addModule("layer2", new Block(4, 6, 2));
	net.addModule("pool", new nn.AdaptiveAvgPool2d([1, 1]));
	net.addModule("flatten", new nn.Flatten());
	net.addModule("fc", new nn.Linear(6, 3));
	for (const module of net.modules()) {
		if (module instanceof nn.Conv2d) nn.init.kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" });
		else if (module instanceof Block) nn.init.constant_(module.bn2.weight!, 0);
	}
	const [x, y] = [torch.randn(6, 1, 8, 8), torch.randint(0, 3, { size: [6] })];
	const sgd = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 5e-4, nesterov: true });
	const scheduler = new optim.lrScheduler.MultiStepLR(sgd, { milestones: [6], gamma: 0.1 });
	const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.1, weight: torch.tensor([1.0, 2.0, 0.5]) });
	for (let step = 0; step < 10; step++) {
		sgd.zeroGrad();
		const out = net(x);
		const loss = criterion(out, y);
		loss.backward();
		sgd.step();
		scheduler.step();
		log(loss.item(), out.max(1)[1].eq(y).sum().item(), sgd.paramGroups[0]!.lr);
	}
	net.requiresGrad_(false);
	const head = new nn.Linear((net.get("fc") as InstanceType<typeof nn.Linear>).inFeatures, 2);
	net.addModule("fc", head);
	for (const [name, p] of net.namedParameters()) if (name.startsWith("layer2")) p.requiresGrad = true;
	const groups = [{ params: net.get("layer2")!.parameters(), lr: 1e-3 }, { params: head.parameters() }];
	const adam = new optim.Adam(groups, { lr: 1e-2 });
	net.train();
	net.apply((module) => {
		if (module instanceof nn.BatchNorm2d) module.eval();
	});
	for (let step = 0; step < 5; step++) {
		const loss = F.crossEntropy(net(x), y.gt(0).long());
		adam.zeroGrad();
		loss.backward();
		adam.step();
		log(loss.item());
	}
	log(...sums(net));
});
