import * as torch from "gradbook";
import { follows, sums } from "./follow";

const { nn, optim } = torch;
const F = nn.functional;
const S = optim.lrScheduler;
const { packPaddedSequence, padPackedSequence } = nn.utils.rnn;
type Tensor = torch.Tensor;

follows("gpt", (log) => {
	const text = "the quick brown fox jumps over the lazy dog. ".repeat(4);
	const chars = [...new Set(text)].sort();
	const [V, T, C, H] = [chars.length, 12, 16, 2];
	const data = torch.tensor(
		[...text].map((c) => chars.indexOf(c)),
		{ dtype: torch.long },
	);

	class Attention extends nn.Module {
		c_attn = new nn.Linear(C, 3 * C);
		c_proj = new nn.Linear(C, C);
		dropout = new nn.Dropout(0.1);
		declare mask: Tensor;

		constructor() {
			super();
			this.registerBuffer("mask", torch.tril(torch.ones(T, T)).view(1, 1, T, T));
		}

		forward(x: Tensor): Tensor {
			const [B, t] = x.size() as [number, number];
			const parts = this.c_attn(x).split(C, { dim: 2 });
			const [q, k, v] = parts.map((part) => part.view(B, t, H, C / H).transpose(1, 2)) as [Tensor, Tensor, Tensor];
			let att = q.matmul(k.transpose(-2, -1)).mul(1.0 / Math.sqrt(k.size(-1)));
			const seen = this.mask.at(":", ":", torch.slice(t), torch.slice(t));
			att = att.maskedFill(seen.eq(0), Number.NEGATIVE_INFINITY);
			att = this.dropout(F.softmax(att, { dim: -1 }));
			return this.c_proj(att.matmul(v).transpose(1, 2).contiguous().view(B, t, C));
		}
	}

	class Block extends nn.Module {
		ln_1 = new nn.LayerNorm(C);
		attn = new Attention();
		ln_2 = new nn.LayerNorm(C);
		mlp = new nn.Sequential(
			new nn.Linear(C, 4 * C),
			new nn.GELU({ approximate: "tanh" }),
			new nn.Linear(4 * C, C),
			new nn.Dropout(0.1),
		);

		forward(x: Tensor): Tensor {
			x = x.add(this.attn(this.ln_1(x)));
			return x.add(this.mlp(this.ln_2(x)));
		}
	}

	class GPT extends nn.Module {
		wte = new nn.Embedding(V, C);
		wpe = new nn.Embedding(T, C);
		h = new nn.ModuleList([new Block(), new Block()]);
		ln_f = new nn.LayerNorm(C);
		lm_head = new nn.Linear(C, V, { bias: false });

		constructor() {
			super();
			this.wte.weight = this.lm_head.weight;
			this.apply((module) => {
				if (module instanceof nn.Linear) {
					nn.init.normal_(module.weight, { mean: 0.0, std: 0.02 });
					if (module.bias !== null) nn.init.zeros_(module.bias);
				} else if (module instanceof nn.Embedding) nn.init.normal_(module.weight, { mean: 0.0, std: 0.02 });
			});
			for (const [name, p] of this.namedParameters()) {
				if (name.endsWith("c_proj.weight")) nn.init.normal_(p, { mean: 0.0, std: 0.02 / Math.sqrt(2 * 2) });
			}
		}

		forward(idx: Tensor, targets: Tensor | null = null): [Tensor, Tensor | null] {
			let x = this.wte(idx).add(this.wpe(torch.arange(idx.size(1)).unsqueeze(0)));
			for (const block of this.h) x = block(x);
			const logits = this.lm_head(this.ln_f(x));
			if (targets === null) return [logits, null];
			return [logits, F.crossEntropy(logits.view(-1, logits.size(-1)), targets.view(-1), { ignoreIndex: -1 })];
		}

		generate(idx: Tensor, count: number, options: { temperature?: number; topK?: number; topP?: number }): Tensor {
			using _ = torch.noGrad();
			for (let i = 0; i < count; i++) {
				let [logits] = (this as GPT)(idx.at(":", `-${T}:`));
				logits = logits.at(":", -1, ":").div(options.temperature ?? 1.0);
				if (options.topK !== undefined) {
					const [values] = torch.topk(logits, options.topK);
					logits.setAt([logits.lt(values.at(":", [-1]))], Number.NEGATIVE_INFINITY);
				}
				if (options.topP !== undefined) {
					const [ordered, order] = torch.sort(logits, { descending: true });
					const remove = torch.cumsum(F.softmax(ordered, { dim: -1 }), { dim: -1 }).gt(options.topP);
					remove.setAt(["...", "1:"], remove.at("...", ":-1").clone());
					remove.setAt(["...", 0], 0);
					logits = logits.maskedFill(remove.scatter(1, order, remove), Number.NEGATIVE_INFINITY);
				}
				const next = torch.multinomial(F.softmax(logits, { dim: -1 }), { numSamples: 1 });
				idx = torch.cat([idx, next], { dim: 1 });
			}
			return idx;
		}
	}

	const model = new GPT();
	const parameters = model.namedParameters().map(([, p]) => p);
	const groups = [
		{ params: parameters.filter((p) => p.dim() >= 2), weightDecay: 0.1 },
		{ params: parameters.filter((p) => p.dim() < 2), weightDecay: 0.0 },
	];
	const optimizer = new optim.AdamW(groups, { lr: 3e-3, betas: [0.9, 0.95] });
	const warmup = new S.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 });
	const cosine = new S.CosineAnnealingLR(optimizer, { TMax: 15, etaMin: 3e-4 });
	const scheduler = new S.SequentialLR(optimizer, [warmup, cosine], { milestones: [5] });
	for (let step = 0; step < 20; step++) {
		optimizer.zeroGrad({ setToNone: true });
		let loss: Tensor | null = null;
		for (let micro = 0; micro < 2; micro++) {
			const starts = torch.randint(data.length - T, { size: [4] }).tolist() as number[];
			const x = torch.stack(starts.map((i) => data.at(torch.slice(i, i + T))));
			const y = torch.stack(starts.map((i) => data.at(torch.slice(i + 1, i + T + 1))));
			[, loss] = model(x, y);
			loss!.div(2).backward();
		}
		const norm = nn.utils.clipGradNorm_(model.parameters(), 1.0);
		optimizer.step();
		scheduler.step();
		log(loss!.item(), norm.item(), ...scheduler.getLastLr());
	}
	model.eval();
	for (const options of [{ temperature: 0.8, topK: 5 }, { topP: 0.9 }]) {
		for (const row of model.generate(torch.zeros([2, 1], { dtype: torch.long }), 20, options)) {
			log((row.tolist() as number[]).map((i) => chars[i]).join(""));
		}
	}
	log(...sums(model));
});

follows("seq2seq", (log) => {
	const [V, E, H] = [10, 6, 8];

	class Encoder extends nn.Module {
		embedding = new nn.Embedding(V, E, { paddingIdx: 0 });
		rnn = new nn.GRU(E, H, { bidirectional: true, batchFirst: true });
		fc = new nn.Linear(2 * H, H);
		dropout = new nn.Dropout(0.1);

		forward(src: Tensor, lengths: Tensor): [Tensor, Tensor] {
			const embedded = this.dropout(this.embedding(src));
			const packed = packPaddedSequence(embedded, lengths, { batchFirst: true, enforceSorted: false });
			const [out, h] = this.rnn(packed);
			const [padded] = padPackedSequence(out, { batchFirst: true, totalLength: src.shape[1]! });
			return [padded, torch.tanh(this.fc(torch.cat([h.at(-2), h.at(-1)], { dim: 1 })))];
		}
	}

	class Decoder extends nn.Module {
		attn = new nn.Linear(3 * H, H);
		v = new nn.Linear(H, 1, { bias: false });
		embedding = new nn.Embedding(V, E);
		rnn = new nn.GRUCell(E + 2 * H, H);
		out = new nn.Linear(3 * H + E, V);

		forward(token: Tensor, h: Tensor, encoded: Tensor, mask: Tensor): [Tensor, Tensor, Tensor] {
			const e = this.embedding(token);
			const repeated = h.unsqueeze(1).repeat(1, encoded.shape[1]!, 1);
			const scores = this.v(torch.tanh(this.attn(torch.cat([repeated, encoded], { dim: 2 })))).squeeze(2);
			const a = F.softmax(scores.maskedFill(mask.eq(0), -1e10), { dim: 1 });
			const c = torch.bmm(a.unsqueeze(1), encoded).squeeze(1);
			h = this.rnn(torch.cat([e, c], 1), h);
			return [this.out(torch.cat([h, c, e], 1)), h, a];
		}
	}

	const [encoder, decoder] = [new Encoder(), new Decoder()];
	const model = new nn.ModuleDict({ encoder, decoder });
	for (const [name, p] of model.namedParameters()) {
		if (name.includes("weight")) nn.init.normal_(p.data, { mean: 0, std: 0.1 });
		else nn.init.constant_(p.data, 0);
	}
	const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
	const criterion = new nn.CrossEntropyLoss({ ignoreIndex: 0 });
	let a!: Tensor;
	for (let step = 0; step < 20; step++) {
		const lengths = torch.randint(2, 6, [5]);
		const src = torch.zeros(5, 6, { dtype: torch.long });
		for (const [i, length] of [...lengths].entries()) {
			src.setAt([i, torch.slice(length.item())], torch.randint(2, V, [length.item()]));
		}
		const target = torch.cat([torch.full([5, 1], 1n), src.flip(1)], { dim: 1 });
		const outputs = torch.zeros(7, 5, V);
		let [encoded, h] = encoder(src, lengths);
		let token = target.at(":", 0);
		for (let t = 1; t < 7; t++) {
			let out: Tensor;
			[out, h, a] = decoder(token, h, encoded, src.ne(0));
			outputs.setAt([t], out);
			token = torch.rand(1).item() < 0.5 ? target.at(":", t) : out.argmax(1);
		}
		const loss = criterion(outputs.at("1:").reshape(-1, V), target.at(":", "1:").T.reshape(-1));
		optimizer.zeroGrad();
		loss.backward();
		const norm = nn.utils.clipGradNorm_(model.parameters(), 1);
		optimizer.step();
		log(loss.item(), norm.item());
	}
	log(...(a.flatten().tolist() as number[]), ...sums(model));
});
