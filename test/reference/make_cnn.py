"""The losses of a small CNN with batch normalisation, clipping and AdamW: python make_cnn.py writes nn_cnn.json.

Everything comes from one seed: weights, images, labels, the order of batches. The test trains the same network.
"""

import torch
from torch import nn

from common import write

torch.set_num_threads(1)
torch.manual_seed(42)
model = nn.Sequential(
    # No bias before a normalisation: its gradient is rounding alone, of which AdamW makes whole steps.
    nn.Conv2d(1, 8, 3, padding=1, bias=False),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(3),
    nn.Flatten(),
    nn.Linear(144, 32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, 5),
)
images = torch.rand(60, 1, 14, 14)
labels = torch.randint(0, 5, (60,))
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
loss_function = nn.CrossEntropyLoss(label_smoothing=0.05)
losses, norms = [], []
for epoch in range(8):
    order = torch.randperm(60)
    for start in range(0, 60, 15):
        batch = order[start : start + 15]
        optimizer.zero_grad()
        loss = loss_function(model(images[batch]), labels[batch])
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        losses.append(loss.item())
model.eval()
with torch.no_grad():
    final = loss_function(model(images), labels).item()
write("nn_cnn.json", {"losses": losses, "norms": norms, "evaluation": final})
