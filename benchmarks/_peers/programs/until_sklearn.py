"""A whole program with scikit-learn: trains until the accuracy on the test part reaches the target, and prints it.

Arguments: FILE.npz TARGET HIDDEN SEED
"""

import sys

import numpy as np
from sklearn.neural_network import MLPClassifier

file, target, hidden, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = np.load(file)
X, y, X_test, y_test = data["X"], data["y"], data["X_test"], data["y_test"]

net = MLPClassifier((hidden,), alpha=0, batch_size=32, random_state=seed)
for epoch in range(1, 201):
    net.partial_fit(X, y, classes=np.unique(y))
    accuracy = net.score(X_test, y_test)
    if accuracy >= target:
        print(epoch, accuracy)
        break
