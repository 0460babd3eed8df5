"""A whole program with PyTorch: trains until the accuracy on the test part reaches the target, and prints it.

Arguments: FILE.npz TARGET HIDDEN SEED
"""

import sys

import numpy as np
import torch
from torch import nn

file, target, hidden, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = np.load(file)
X, y, X_test, y_test = (torch.from_numpy(data[name]) for name in ("X", "y", "X_test", "y_test"))

torch.manual_seed(seed)
net = nn.Sequential(nn.Linear(X.shape[1], hidden), nn.ReLU(), nn.Linear(hidden, int(y.max()) + 1))
optimizer = torch.optim.Adam(net.parameters(), fused=True)
for epoch in range(1, 201):
    for rows in torch.randperm(len(X)).split(32):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(X[rows]), y[rows]).backward()
        optimizer.step()
    with torch.inference_mode():
        accuracy = (net(X_test).argmax(1) == y_test).float().mean().item()
    if accuracy >= target:
        print(epoch, accuracy)
        break
