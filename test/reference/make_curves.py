"""Training from a seed: python make_curves.py writes training_curves.json, the loss of every step.

The same programs stand in test/engine/training.test.ts.
"""

import torch
import torch.nn as nn
import torch.nn.utils.rnn as R
from torch.utils.data import DataLoader, TensorDataset

from common import write


def xor():
    """XOR by minibatch: 100 points, one hidden layer, plain SGD over a shuffling loader."""
    torch.manual_seed(1)
    x = torch.rand(100, 2) * 2 - 1
    y = (x[:, 0] * x[:, 1] >= 0).float()
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss_function = nn.BCELoss()
    losses = []
    for _ in range(10):
        for a, b in DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True):
            loss = loss_function(model(a)[:, 0], b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


class Classifier(nn.Module):
    """Many to one: embedding, LSTM over packed sequences, two linear layers on the last state."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(30, 8, padding_idx=0)
        self.rnn = nn.LSTM(8, 16, batch_first=True)
        self.fc1 = nn.Linear(16, 16)
        self.fc2 = nn.Linear(16, 1)

    def forward(self, text, lengths):
        packed = R.pack_padded_sequence(self.embedding(text), lengths, enforce_sorted=False, batch_first=True)
        _, (hidden, _) = self.rnn(packed)
        return torch.sigmoid(self.fc2(torch.relu(self.fc1(hidden[-1]))))


def collate(batch):
    texts, labels = zip(*batch)
    lengths = torch.tensor([text.size(0) for text in texts])
    return R.pad_sequence(texts, batch_first=True), lengths, torch.stack(labels)


def lstm():
    """Whether a sequence has more of the words 1 to 9 than half of its length."""
    torch.manual_seed(2)
    items = []
    for _ in range(96):
        length = torch.randint(3, 25, (1,)).item()
        text = torch.randint(1, 20, (length,))
        items.append((text, ((text < 10).sum() * 2 > length).float()))
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    loss_function = nn.BCELoss()
    losses = []
    for _ in range(8):
        for text, lengths, label in DataLoader(items, batch_size=16, shuffle=True, collate_fn=collate):
            loss = loss_function(model(text, lengths)[:, 0], label)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
    return losses


def transformer():
    """A transformer block with dropout, and a linear layer on the mean: the sign of a sequence's sum."""
    torch.manual_seed(3)
    x = torch.randn(64, 6, 8)
    y = (x.sum((1, 2)) > 0).long()
    block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True, norm_first=True)
    head = nn.Linear(8, 2)
    optimizer = torch.optim.AdamW([*block.parameters(), *head.parameters()], lr=0.01)
    losses = []
    for step in range(40):
        rows = torch.randperm(64)[:16]
        loss = nn.functional.cross_entropy(head(block(x[rows]).mean(1)), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("training_curves.json", {"xor": xor(), "lstm": lstm(), "transformer": transformer()})
