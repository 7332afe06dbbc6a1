import * as torch from "gradbook";
import { expect, test } from "vitest";

/* Nobody disposes: a long training loop that never yields holds as much at its end as at its beginning. */

test("memory stays flat over 100,000 training steps", { timeout: 120_000 }, () => {
	const { nn, optim } = torch;
	torch.manualSeed(0);
	const model = new nn.Linear(4, 1);
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
	const x = torch.randn(8, 4);
	const y = torch.randn(8, 1);
	const highest: number[] = [];
	for (let part = 0; part < 10; part++) {
		let most = 0;
		for (let step = 0; step < 10_000; step++) {
			optimizer.zeroGrad();
			model(x).sub(y).square().mean().backward();
			optimizer.step();
			if (step % 500 === 0) most = Math.max(most, torch.memoryStats().liveTensors);
		}
		highest.push(most);
	}
	const settled = Math.max(...highest.slice(0, 3));
	expect(Math.max(...highest.slice(3))).toBeLessThanOrEqual(1.5 * settled);
	expect(torch.memoryStats().allocatedBytes).toBeLessThan(512 * 2 ** 20);
});
