"""Programs as PyTorch's users write them: python make_ports.py writes ports.json, what each of them logs.

The same programs stand in test/engine/ports, statement by statement. Each draws from the seed throughout, so a number that
is drawn, initialised or computed otherwise shows in all that follow.
"""

import copy
import math

import torch
import torch.distributions as D
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.optim import lr_scheduler as S
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn, update_bn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, random_split

from common import write

torch.set_num_threads(1)


def sums(module):
    """The weights at the end: a sum of each and of its absolute values."""
    return [value.double().sum().item() for p in module.state_dict().values() for value in (p, p.abs())]


def gpt(log):
    """A hand-written GPT: tied weights, groups with and without decay, warm-up then cosine, accumulated gradients, top-k and top-p."""
    text = "the quick brown fox jumps over the lazy dog. " * 4
    chars = sorted(set(text))
    V, T, C, H = len(chars), 12, 16, 2
    data = torch.tensor([chars.index(c) for c in text])

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.c_attn = nn.Linear(C, 3 * C)
            self.c_proj = nn.Linear(C, C)
            self.dropout = nn.Dropout(0.1)
            self.register_buffer("mask", torch.tril(torch.ones(T, T)).view(1, 1, T, T))

        def forward(self, x):
            B, t, _ = x.size()
            q, k, v = (part.view(B, t, H, C // H).transpose(1, 2) for part in self.c_attn(x).split(C, dim=2))
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
            att = self.dropout(F.softmax(att, dim=-1))
            return self.c_proj((att @ v).transpose(1, 2).contiguous().view(B, t, C))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1 = nn.LayerNorm(C)
            self.attn = Attention()
            self.ln_2 = nn.LayerNorm(C)
            self.mlp = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(approximate="tanh"), nn.Linear(4 * C, C), nn.Dropout(0.1))

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte = nn.Embedding(V, C)
            self.wpe = nn.Embedding(T, C)
            self.h = nn.ModuleList([Block() for _ in range(2)])
            self.ln_f = nn.LayerNorm(C)
            self.lm_head = nn.Linear(C, V, bias=False)
            self.wte.weight = self.lm_head.weight
            self.apply(self.init)
            for name, p in self.named_parameters():
                if name.endswith("c_proj.weight"):
                    nn.init.normal_(p, mean=0.0, std=0.02 / math.sqrt(2 * 2))

        def init(self, module):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, mean=0.0, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, mean=0.0, std=0.02)

        def forward(self, idx, targets=None):
            x = self.wte(idx) + self.wpe(torch.arange(idx.size(1)).unsqueeze(0))
            for block in self.h:
                x = block(x)
            logits = self.lm_head(self.ln_f(x))
            if targets is None:
                return logits, None
            return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

        @torch.no_grad()
        def generate(self, idx, count, temperature=1.0, top_k=None, top_p=None):
            for _ in range(count):
                logits, _ = self(idx[:, -T:])
                logits = logits[:, -1, :] / temperature
                if top_k is not None:
                    values, _ = torch.topk(logits, top_k)
                    logits[logits < values[:, [-1]]] = -float("inf")
                if top_p is not None:
                    ordered, order = torch.sort(logits, descending=True)
                    remove = torch.cumsum(F.softmax(ordered, dim=-1), dim=-1) > top_p
                    remove[..., 1:] = remove[..., :-1].clone()
                    remove[..., 0] = 0
                    logits = logits.masked_fill(remove.scatter(1, order, remove), float("-inf"))
                idx = torch.cat((idx, torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)), dim=1)
            return idx

    model = GPT()
    named = list(model.named_parameters())
    groups = [{"params": [p for _, p in named if p.dim() >= 2], "weight_decay": 0.1}, {"params": [p for _, p in named if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95))
    warmup = S.LinearLR(optimizer, start_factor=0.1, total_iters=5)
    scheduler = S.SequentialLR(optimizer, [warmup, S.CosineAnnealingLR(optimizer, T_max=15, eta_min=3e-4)], milestones=[5])
    for _ in range(20):
        optimizer.zero_grad(set_to_none=True)
        for _ in range(2):
            starts = torch.randint(len(data) - T, (4,)).tolist()
            x = torch.stack([data[i : i + T] for i in starts])
            y = torch.stack([data[i + 1 : i + T + 1] for i in starts])
            _, loss = model(x, y)
            (loss / 2).backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        log(loss.item(), norm.item(), *scheduler.get_last_lr())
    model.eval()
    for kwargs in ({"temperature": 0.8, "top_k": 5}, {"top_p": 0.9}):
        for row in model.generate(torch.zeros((2, 1), dtype=torch.long), 20, **kwargs).tolist():
            log("".join(chars[i] for i in row))
    log(*sums(model))


def seq2seq(log):
    """Reversing sequences: packed GRU encoder, additive attention, a decoder with teacher forcing."""
    V, E, H = 10, 6, 8

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(V, E, padding_idx=0)
            self.rnn = nn.GRU(E, H, bidirectional=True, batch_first=True)
            self.fc = nn.Linear(2 * H, H)
            self.dropout = nn.Dropout(0.1)

        def forward(self, src, lengths):
            packed = pack_padded_sequence(self.dropout(self.embedding(src)), lengths, batch_first=True, enforce_sorted=False)
            out, h = self.rnn(packed)
            out, _ = pad_packed_sequence(out, batch_first=True, total_length=src.shape[1])
            return out, torch.tanh(self.fc(torch.cat((h[-2], h[-1]), dim=1)))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.attn = nn.Linear(3 * H, H)
            self.v = nn.Linear(H, 1, bias=False)
            self.embedding = nn.Embedding(V, E)
            self.rnn = nn.GRUCell(E + 2 * H, H)
            self.out = nn.Linear(3 * H + E, V)

        def forward(self, token, h, encoded, mask):
            e = self.embedding(token)
            repeated = h.unsqueeze(1).repeat(1, encoded.shape[1], 1)
            scores = self.v(torch.tanh(self.attn(torch.cat((repeated, encoded), dim=2)))).squeeze(2)
            a = F.softmax(scores.masked_fill(mask == 0, -1e10), dim=1)
            c = torch.bmm(a.unsqueeze(1), encoded).squeeze(1)
            h = self.rnn(torch.cat([e, c], 1), h)
            return self.out(torch.cat([h, c, e], 1)), h, a

    encoder, decoder = Encoder(), Decoder()
    model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    for name, p in model.named_parameters():
        if "weight" in name:
            nn.init.normal_(p.data, mean=0, std=0.1)
        else:
            nn.init.constant_(p.data, 0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    for _ in range(20):
        lengths = torch.randint(2, 6, (5,))
        src = torch.zeros(5, 6, dtype=torch.long)
        for i, length in enumerate(lengths):
            src[i, :length] = torch.randint(2, V, (int(length),))
        target = torch.cat([torch.full((5, 1), 1), src.flip(1)], dim=1)
        outputs = torch.zeros(7, 5, V)
        encoded, h = encoder(src, lengths)
        token = target[:, 0]
        for t in range(1, 7):
            out, h, a = decoder(token, h, encoded, src != 0)
            outputs[t] = out
            token = target[:, t] if torch.rand(1).item() < 0.5 else out.argmax(1)
        loss = criterion(outputs[1:].reshape(-1, V), target[:, 1:].T.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1)
        optimizer.step()
        log(loss.item(), norm.item())
    log(*a.flatten().tolist(), *sums(model))


def gan(log):
    """A DCGAN with smoothed labels and spectral norm, then a gradient penalty."""
    G = nn.Sequential(nn.ConvTranspose2d(4, 6, 4, 1, 0, bias=False), nn.BatchNorm2d(6), nn.ReLU(True), nn.ConvTranspose2d(6, 1, 4, 2, 1, bias=False), nn.Tanh())
    D_ = nn.Sequential(spectral_norm(nn.Conv2d(1, 4, 4, 2, 1, bias=False)), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(4, 1, 4, 1, 0, bias=False), nn.Flatten(0))

    def init(module):
        if isinstance(module, nn.ConvTranspose2d):
            nn.init.normal_(module.weight.data, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight.data, 1.0, 0.02)
            nn.init.constant_(module.bias.data, 0)

    G.apply(init)
    criterion = nn.BCEWithLogitsLoss()
    of_d = torch.optim.Adam(D_.parameters(), lr=2e-3, betas=(0.5, 0.999))
    of_g = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))
    for _ in range(12):
        real = torch.sin(torch.linspace(0, 6, 8) + torch.rand(4, 1, 8, 1) * 3) * torch.ones(4, 1, 8, 8)
        D_.zero_grad()
        label = torch.full((4,), 0.9)
        real_loss = criterion(D_(real), label)
        real_loss.backward()
        fake = G(torch.randn(4, 4, 1, 1))
        fake_loss = criterion(D_(fake.detach()), label.fill_(0.1))
        fake_loss.backward()
        of_d.step()
        G.zero_grad()
        loss = criterion(D_(fake), label.fill_(0.9))
        loss.backward()
        of_g.step()
        log((real_loss + fake_loss).item(), loss.item())
    for _ in range(4):
        real, fake = torch.rand(4, 1, 8, 8), G(torch.randn(4, 4, 1, 1)).detach()
        eps = torch.rand(4, 1, 1, 1)
        x = (eps * real + (1 - eps) * fake).requires_grad_(True)
        d = D_(x)
        (g,) = torch.autograd.grad(outputs=d, inputs=x, grad_outputs=torch.ones_like(d), create_graph=True)
        penalty = ((g.view(4, -1).norm(2, dim=1) - 1) ** 2).mean()
        of_d.zero_grad()
        loss = D_(fake).mean() - D_(real).mean() + 10 * penalty
        loss.backward()
        of_d.step()
        log(penalty.item(), loss.item())
    log(*sums(G), *sums(D_))


def resnet(log):
    """Residual blocks with their own initialisation, class weights; then frozen, with another head and BatchNorm in eval."""

    class Block(nn.Module):
        def __init__(self, inplanes, planes, stride=1):
            super().__init__()
            self.conv1 = nn.Conv2d(inplanes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(planes)
            self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(planes)
            self.downsample = None
            if stride != 1 or inplanes != planes:
                self.downsample = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

        def forward(self, x):
            out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            out += x if self.downsample is None else self.downsample(x)
            return F.relu(out)

    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(1, 4, kernel_size=3, padding=1, bias=False))
    net.add_module("layer1", Block(4, 4))
    net.add_module("layer2", Block(4, 6, stride=2))
    net.add_module("pool", nn.AdaptiveAvgPool2d((1, 1)))
    net.add_module("flatten", nn.Flatten())
    net.add_module("fc", nn.Linear(6, 3))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, Block):
            nn.init.constant_(module.bn2.weight, 0)
    x, y = torch.randn(6, 1, 8, 8), torch.randint(0, 3, size=(6,))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = S.MultiStepLR(optimizer, milestones=[6], gamma=0.1)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1, weight=torch.tensor([1.0, 2.0, 0.5]))
    for _ in range(10):
        optimizer.zero_grad()
        out = net(x)
        loss = criterion(out, y)
        loss.backward()
        optimizer.step()
        scheduler.step()
        log(loss.item(), out.max(1)[1].eq(y).sum().item(), optimizer.param_groups[0]["lr"])
    net.requires_grad_(False)
    net.fc = nn.Linear(net.fc.in_features, 2)
    for name, p in net.named_parameters():
        if name.startswith("layer2"):
            p.requires_grad = True
    optimizer = torch.optim.Adam([{"params": net.layer2.parameters(), "lr": 1e-3}, {"params": net.fc.parameters()}], lr=1e-2)
    net.train()
    net.apply(lambda module: module.eval() if isinstance(module, nn.BatchNorm2d) else None)
    for _ in range(5):
        loss = F.cross_entropy(net(x), (y > 0).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
    log(*sums(net))


def pinn(log):
    """A network that solves u'' = -π² sin(πx): Adam, then LBFGS with a line search."""
    net = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
    x = torch.linspace(0, 1, 16).view(-1, 1).requires_grad_(True)

    def loss_of():
        u = net(x)
        du = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)[0]
        (ddu,) = torch.autograd.grad(du.sum(), x, create_graph=True)
        residual = ddu + torch.pi**2 * torch.sin(torch.pi * x)
        return (residual**2).mean() + net(torch.zeros(1, 1)).pow(2).sum() + net(torch.ones(1, 1)).pow(2).sum()

    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        log(loss.item())
    optimizer = torch.optim.LBFGS(net.parameters(), lr=1, max_iter=5, history_size=4, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    for _ in range(3):
        log(optimizer.step(closure).item())
    log(*sums(net))


def maml(log):
    """Two inner steps through functional_call, and gradients through them."""
    model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
    meta = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(8):
        meta.zero_grad()
        total = 0.0
        for _ in range(2):
            amplitude, phase, x = torch.rand(1) * 4 + 0.1, torch.rand(1) * 3, torch.rand(10, 1) * 10 - 5
            y = amplitude * torch.sin(x + phase)
            params = dict(model.named_parameters())
            for _ in range(2):
                loss = F.mse_loss(functional_call(model, params, (x[:5],)), y[:5])
                grads = torch.autograd.grad(loss, tuple(params.values()), create_graph=True)
                params = {name: p - 0.05 * g for (name, p), g in zip(params.items(), grads)}
            total = total + F.mse_loss(functional_call(model, params, (x[5:],)), y[5:])
        (total / 2).backward()
        meta.step()
        log(total.item())
    log(*sums(model))


def agents(log):
    """DQN with a soft target, then PPO with a Normal policy."""
    make = lambda: nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    q, target = make(), make()
    target.load_state_dict(q.state_dict())
    optimizer = torch.optim.AdamW(q.parameters(), lr=1e-3, amsgrad=True)
    for _ in range(8):
        state, action = torch.randn(8, 3), torch.randint(0, 2, (8, 1))
        reward, after, done = state.sum(1) * (action.squeeze(1) * 2 - 1), state + 0.1 * torch.randn(8, 3), torch.rand(8) < 0.2
        values = torch.zeros(8)
        with torch.no_grad():
            values[~done] = target(after[~done]).max(1).values
        loss = nn.SmoothL1Loss()(q(state).gather(1, action), (values * 0.99 + reward).unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(q.parameters(), 100)
        optimizer.step()
        mine, theirs = q.state_dict(), target.state_dict()
        for key in mine:
            theirs[key] = mine[key] * 0.05 + theirs[key] * (1 - 0.05)
        target.load_state_dict(theirs)
        log(loss.item())
    log(*sums(target))
    actor, critic, log_std = nn.Linear(3, 2), nn.Linear(3, 1), nn.Parameter(torch.zeros(1, 2) - 0.5)
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters(), log_std], lr=3e-3, eps=1e-5)
    policy = lambda x: D.Normal(actor(x), torch.exp(log_std.expand(x.size(0), 2)))
    obs = torch.randn(16, 3)
    with torch.no_grad():
        acted = policy(obs).sample()
        before = policy(obs).log_prob(acted).sum(1)
        rewards = -(acted - obs[:, :2]).pow(2).sum(1)
        advantage = rewards - critic(obs).flatten()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    for _ in range(3):
        order = torch.randperm(16)
        for start in range(0, 16, 8):
            b = order[start : start + 8]
            now = policy(obs[b])
            ratio = (now.log_prob(acted[b]).sum(1) - before[b]).exp()
            clipped = torch.clamp(ratio, 1 - 0.2, 1 + 0.2)
            loss = torch.max(-advantage[b] * ratio, -advantage[b] * clipped).mean() - 0.01 * now.entropy().sum(1).mean()
            loss = loss + 0.5 * F.mse_loss(critic(obs[b]).view(-1), rewards[b])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item(), ((ratio - 1.0).abs() > 0.2).float().mean().item())


def densities(log):
    """A mixture density network, Bayes by backprop, and a flow of affine couplings."""
    x = torch.rand(16, 1)
    y = torch.sin(6 * x) + 0.1 * torch.randn(16, 1)
    net = nn.Linear(1, 9)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(6):
        logits, mean, log_scale = net(x).chunk(3, dim=-1)
        mixture = D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(mean, log_scale.exp()))
        loss = -mixture.log_prob(y.squeeze(-1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
    log(*mixture.sample().tolist())
    mu, rho = nn.Parameter(torch.empty(1, 1).uniform_(-0.2, 0.2)), nn.Parameter(torch.empty(1, 1).uniform_(-5, -4))
    optimizer = torch.optim.SGD([mu, rho], lr=1e-2)
    for _ in range(6):
        sigma = torch.log1p(torch.exp(rho))
        posterior = D.Normal(mu, sigma)
        kl = D.kl_divergence(posterior, D.Normal(0, 1.0)).sum()
        loss = F.mse_loss(F.linear(x, posterior.rsample()), y, reduction="sum") + 0.1 * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item(), kl.item())

    class Coupling(nn.Module):
        def __init__(self, mask):
            super().__init__()
            self.s = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 2), nn.Tanh())
            self.t = nn.Linear(2, 2)
            self.register_buffer("mask", mask)

        def forward(self, x):
            kept = x * self.mask
            s, t = self.s(kept) * (1 - self.mask), self.t(kept) * (1 - self.mask)
            return kept + (1 - self.mask) * (x * torch.exp(s) + t), s.sum(dim=1)

    flow = nn.ModuleList([Coupling(torch.tensor([i % 2, 1 - i % 2]).float()) for i in range(3)])
    base = D.MultivariateNormal(torch.zeros(2), torch.eye(2))
    optimizer = torch.optim.Adam(flow.parameters(), lr=5e-3)
    for _ in range(6):
        z, total = torch.randn(8, 2) * torch.tensor([1.0, 0.5]), 0
        for layer in flow:
            z, logdet = layer(z)
            total = total + logdet
        loss = -(base.log_prob(z) + total).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


def resumed(log):
    """Weighted batches of a split, one cycle over groups; the state kept amid an epoch, and the rest run twice."""
    x = torch.randn(30, 2)
    y = x.sum(1, keepdim=True)
    part, rest = random_split(TensorDataset(x, y), [0.8, 0.2], generator=torch.Generator().manual_seed(42))
    log(*part.indices, *rest.indices)

    def build():
        model = nn.Sequential(nn.Linear(2, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 1))
        optimizer = torch.optim.AdamW([{"params": model[0].parameters(), "lr": 1e-2}, {"params": model[1:].parameters()}], lr=5e-3, weight_decay=0.1, amsgrad=True)
        return model, optimizer, S.OneCycleLR(optimizer, max_lr=[0.05, 0.02], total_steps=20, pct_start=0.3)

    def run(model, optimizer, scheduler, steps):
        for _ in range(steps):
            rows = torch.randperm(24)[:8]
            loss = F.huber_loss(model(x[rows]), y[rows], delta=0.5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            log(loss.item(), *(group["lr"] for group in optimizer.param_groups), *(group["betas"][0] for group in optimizer.param_groups))

    first = build()
    run(*first, 7)
    state = copy.deepcopy([part.state_dict() for part in first]), torch.get_rng_state()
    run(*first, 5)
    second = build()
    for part_, saved in zip(second, state[0]):
        part_.load_state_dict(saved)
    torch.set_rng_state(state[1])
    run(*second, 5)
    weights = torch.where(y[part.indices].squeeze(1) > 0, 3.0, 1.0)
    sampler = WeightedRandomSampler(weights, num_samples=12, replacement=True)
    for a, b in DataLoader(part, batch_size=5, sampler=sampler):
        log(a.sum().item(), b.sum().item())


def averages(log):
    """EMA and SWA beside a shuffling loader, SWALR after cosine, statistics of the averaged model renewed; LR on a plateau."""
    x = torch.randn(24, 2)
    y = x.sum(1, keepdim=True)
    loader = DataLoader(TensorDataset(x, y), batch_size=6, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    swa = AveragedModel(model)
    late, early = SWALR(optimizer, swa_lr=0.05, anneal_epochs=3), S.CosineAnnealingLR(optimizer, T_max=10)
    for epoch in range(6):
        for a, b in loader:
            loss = F.mse_loss(model(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            ema.update_parameters(model)
        if epoch > 2:
            swa.update_parameters(model)
            late.step()
        else:
            early.step()
        log(loss.item(), optimizer.param_groups[0]["lr"])
    update_bn(loader, swa)
    swa.eval()
    log(*swa(x[:3]).flatten().tolist(), *sums(swa), *sums(ema))
    plateau = S.ReduceLROnPlateau(optimizer, "min", factor=0.5, patience=1, cooldown=1, threshold=1e-2)
    for metric in [1, 0.9, 0.9, 0.9, 0.9, 0.895, 0.9, 0.9]:
        plateau.step(metric)
        log(plateau.get_last_lr()[0])


programs = {}
for seed, program in enumerate([gpt, seq2seq, gan, resnet, pinn, maml, agents, densities, resumed, averages]):
    torch.manual_seed(seed)
    logged = []
    program(lambda *values: logged.extend(values))
    programs[program.__name__] = [float(f"{v:.8g}") if isinstance(v, float) else v for v in logged]
write("ports.json", {"programs": programs})
