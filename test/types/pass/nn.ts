// What must compile, with the types it must have: nn.test.ts runs the compiler over it.

import type { Tensor } from "gradbook";
import * as torch from "gradbook";
import { nn, optim } from "gradbook";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

class Pair extends nn.Module {
	first = new nn.Linear(3, 4);
	forward(x: Tensor, flag = true): [Tensor, boolean] {
		return [this.first(x), flag];
	}
}

const x = torch.ones(2, 3);
const pair = new Pair()(x);
same<typeof pair, [Tensor, boolean]>(true);
const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(3, 2), new nn.ReLU());
const output = model(x);
same<typeof output, Tensor>(true);
const second = model.at(1);
same<typeof second, nn.Linear>(true);
const weight: Tensor = second.weight;
const ended = new nn.Sequential(new nn.Linear(3, 3), new Pair())(x);
same<typeof ended, [Tensor, boolean]>(true);
const list: nn.Module[] = [new nn.Linear(3, 3), new nn.ReLU()];
const spread: Tensor = new nn.Sequential(...list)(x);
const any: nn.Module = model;
const copy = model.clone();
same<typeof copy, typeof model>(true);
model[2] = new nn.Tanh();
const optimizer = new optim.SGD([{ params: second.parameters(), lr: 0.1 }, { params: [second.weight] }], {
	momentum: 0.9,
});
optimizer.paramGroups[0]!.lr *= 0.5;
const loss = optimizer.step(() => torch.ones(1));
same<typeof loss, Tensor>(true);
new optim.lrScheduler.CosineAnnealingLR(optimizer, { TMax: 10 });
new nn.Dropout(0.5, { inplace: true });
new nn.CrossEntropyLoss({ labelSmoothing: 0.1, weight: torch.ones(3) });

const lstm = new nn.LSTM(3, 4, 2, { batchFirst: true, bidirectional: true });
const [states, [hidden, memory]] = lstm(x, [x, x]);
same<typeof states, Tensor>(true);
same<typeof memory, Tensor>(true);
const packed = nn.utils.rnn.packPaddedSequence(x, [2, 1], { enforceSorted: false });
const [packedStates] = lstm(packed);
same<typeof packedStates, nn.utils.rnn.PackedSequence>(true);
const [, gruHidden] = new nn.GRU(3, 4)(packed);
same<typeof gruHidden, Tensor>(true);
const first: Tensor = lstm.weightIhL0;
const [nextHidden, nextMemory] = new nn.LSTMCell(3, 4)(x, [hidden, memory]);

export { any, first, nextHidden, nextMemory, spread, weight };
