// Every statement under a line "// @ts-error …" must not compile, for the reason named; types.test.ts holds it.

import type { Tensor } from "gradbook";
import * as torch from "gradbook";
import { nn, optim } from "gradbook";

const x = torch.ones(2, 3);
const linear = new nn.Linear(3, 2);
class Net extends nn.Module {
	forward(a: Tensor, scale: number): Tensor {
		return a.mul(scale);
	}
}

// @ts-error a plain tensor is no parameter: 'Parameter'
linear.weight = torch.zeros(2, 3);
// @ts-error a misspelt option: biass
new nn.Linear(3, 2, { biass: false });
// @ts-error PyTorch's snake_case: in_features
new nn.Linear({ in_features: 3, outFeatures: 2 });
// @ts-error a string where a number belongs: 'string'
new nn.Linear("3", 2);
// @ts-error a missing argument
new nn.Linear(3);
// @ts-error a number as input of a layer: 'number'
linear(3);
// @ts-error the result of a layer is a tensor, no number: 'Tensor'
const loss: number = linear(x);
// @ts-error too few arguments of a user's forward
new Net()(x);
// @ts-error a user's forward takes a number: 'string'
new Net()(x, "2");
// @ts-error a class without forward: forward
class NoForward extends nn.Module {}
// @ts-error an unknown reduction: '"avg"'
new nn.MSELoss({ reduction: "avg" });
// @ts-error a misspelt option of a loss: labelSmoting
new nn.CrossEntropyLoss({ labelSmoting: 0.1 });
// @ts-error no module in a Sequential: 'number'
new nn.Sequential(linear, 3);
// @ts-error a ReLU has no weight: 'weight'
new nn.Sequential(linear, new nn.ReLU()).at(1).weight;
// @ts-error a misspelt option of an optimiser: learningRate
new optim.SGD(linear.parameters(), { learningRate: 0.1 });
// @ts-error PyTorch's snake_case: weight_decay
new optim.Adam(linear.parameters(), { weight_decay: 0.1 });
// @ts-error one beta: 'number'
new optim.Adam(linear.parameters(), { betas: 0.9 });
// @ts-error a schedule of a module: 'Linear'
new optim.lrScheduler.StepLR(linear, 3);
// @ts-error a misspelt option of a schedule: step_size
new optim.lrScheduler.StepLR(new optim.SGD(linear.parameters()), { step_size: 3 });
// @ts-error an initialiser's mode: 'KaimingArguments'
nn.init.kaimingUniform_(linear.weight, { mode: "fan" });
// @ts-error a name that is PyTorch's: 'kaiming_uniform_'
nn.init.kaiming_uniform_(linear.weight);
// @ts-error a misspelt option of load: maxBytes
torch.load("x.pt", { maxBytes: 3 });
// @ts-error a misspelt option of a recurrent layer: batch_first
new nn.LSTM(3, 4, { batch_first: true });
// @ts-error a projection is an LSTM's: projSize
new nn.GRU(3, 4, { projSize: 2 });
// @ts-error an LSTM's state is a pair: 'Tensor'
new nn.LSTM(3, 4)(x, x);
// @ts-error an LSTM's result is a pair, no tensor
new nn.LSTM(3, 4)(x).sum();
// @ts-error the packed output is no tensor: relu
new nn.LSTM(3, 4)(nn.utils.rnn.packSequence([x]))[0].relu();
// @ts-error lengths are numbers: 'string'
nn.utils.rnn.packPaddedSequence(x, ["3"]);
// @ts-error a misspelt option of packing: enforce_sorted
nn.utils.rnn.packPaddedSequence(x, [2, 1], { enforce_sorted: false });
// @ts-error a misspelt option of attention: is_causal
nn.functional.scaledDotProductAttention(x, x, x, { is_causal: true });
// @ts-error the result of multi-head attention is a pair: 'Tensor'
const attended: Tensor = new nn.MultiheadAttention(4, 2)(x, x, x);
// @ts-error no such activation of a transformer layer
new nn.TransformerEncoderLayer(4, 2, { activation: "tanh" });

export { attended, loss, NoForward };
