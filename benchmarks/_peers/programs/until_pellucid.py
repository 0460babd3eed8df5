"""A whole program with pellucid: trains until the accuracy on the test part reaches the target, and prints it.

Arguments: FILE.npz TARGET HIDDEN SEED
"""

import sys

import numpy as np

from pellucid import Dense, Network

file, target, hidden, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
data = np.load(file)
X, y, X_test, y_test = data["X"], data["y"], data["X_test"], data["y_test"]


def enough(report):
    if report.validation_metrics["accuracy"] >= target:
        report.stop("it is accurate enough")


net = Network(X.shape[1], Dense(hidden, "relu"), Dense(y.max() + 1, "softmax"), seed=seed)
net.fit(
    X, y, epochs=200, batch_size=32, validation=(X_test, y_test), metrics="accuracy", callbacks=enough, progress=False
)
print(net.history.epochs, net.score(X_test, y_test))
