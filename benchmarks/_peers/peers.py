"""Who takes part, as frozen records. Only the standard library: the workers of every interpreter read this."""

from __future__ import annotations

import os
from dataclasses import dataclass

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
ONE, EACH = (1,), tuple(sorted({1, CORES}))


@dataclass(frozen=True)
class Peer:
    """`module` has a table TASKS with a function for (name, kind) of each of `kinds`; `use` says how it is used.

    `threads` are the settings that are tried, the fastest of which counts. `packages` are looked up for their version;
    "debian:NAME" is a package of the system. `system` runs it in the system's Python, where Debian's bindings are. A
    peer without `kinds` competes nowhere by itself.
    """

    name: str
    label: str
    module: str
    kinds: tuple[str, ...]
    threads: tuple[int, ...]
    packages: tuple[str, ...]
    use: str
    system: bool = False


def table(*peers: Peer) -> dict[str, Peer]:
    return {peer.name: peer for peer in peers}


PEERS = table(
    Peer(
        "pellucid", "pellucid", "with_pellucid", ("sigmoid", "softmax"), EACH, ("pellucid",),
        "`net.fit(X, y, ..., engine=\"native\", shuffle=False)`, the whole call",
    ),
    Peer(
        "pellucid_numpy", "pellucid, NumPy engine", "with_pellucid", ("sigmoid", "softmax"), EACH,
        ("pellucid", "numpy"), "the same call with `engine=\"numpy\"`",
    ),
    Peer(
        "numpy", "NumPy", "with_numpy", ("sigmoid", "softmax", "row"), EACH, ("numpy",),
        "written by hand: the tutorial's loop; for Adam all weights in one vector, updated in place; for a row"
        " `x.dot(W)`",
    ),
    Peer(
        "sklearn", "scikit-learn", "with_sklearn", ("softmax", "row"), EACH, ("scikit-learn",),
        "`MLPClassifier(warm_start=True, shuffle=False, alpha=0).fit`, one call for all epochs; for a row `predict`",
    ),
    Peer(
        "torch", "PyTorch", "with_torch", ("sigmoid", "softmax"), EACH, ("torch",),
        "eager, `Adam(fused=True)` or `SGD(fused=True)`, batches cut with `split` (no DataLoader)",
    ),
    Peer(
        "torch_compiled", "PyTorch, compiled", "with_torch", ("sigmoid", "softmax"), EACH, ("torch",),
        "forward pass, `torch.func.grad` and update as one `torch.compile` graph with the C++ wrapper, called for each"
        " batch",
    ),
    Peer(
        "jax", "JAX", "with_jax", ("sigmoid", "softmax", "row"), EACH, ("jax", "jaxlib"),
        "`jax.grad`; all epochs in one jitted `fori_loop`, the batches of an epoch in a `scan`; for a row the function"
        " compiled ahead, with its input on the device",
    ),
    Peer(
        "jax_sums", "JAX, by hand", "with_jax", ("sigmoid",), EACH, ("jax", "jaxlib"),
        "the same loop with the gradient written by hand and each product as a broadcast and a sum, which XLA fuses",
    ),
    Peer(
        "keras", "Keras", "with_keras", ("softmax",), EACH, ("keras", "tensorflow-cpu"),
        "`model.compile(jit_compile=True, steps_per_execution=...)`, `fit` on a cached `tf.data` pipeline",
    ),
    Peer(
        "tensorflow", "TensorFlow", "with_keras", ("softmax",), EACH, ("keras", "tensorflow-cpu"),
        "an epoch as one `tf.function(jit_compile=True)` over a Keras model and optimizer",
    ),
    Peer(
        "fann", "FANN (C, double)", "with_fann", ("sigmoid",), ONE, ("debian:libfann-dev",),
        "`fann_train_epoch` with FANN_TRAIN_BATCH, called from C",
    ),
    Peer(
        "pellucid_row", "pellucid", "with_pellucid", ("row",), ONE, ("pellucid",),
        "`fast = net.compile()`, then `fast(x)`",
    ),
    Peer("pellucid_out", "pellucid with out=", "with_pellucid", ("row",), ONE, ("pellucid",), "`fast(x, out=y)`"),
    Peer(
        "torchscript", "TorchScript", "with_torch", ("row",), ONE, ("torch",),
        "`torch.jit.freeze(torch.jit.trace(...))`, called in `inference_mode`",
    ),
    Peer(
        "fann2", "fann2 (FANN in Python)", "with_fann2", ("row",), ONE,
        ("debian:python3-fann2", "debian:libfann2"), "`ann.run(list)`, in the system's Python", system=True,
    ),
    Peer(
        "onnxruntime", "ONNX Runtime", "with_onnx", ("row",), ONE, ("onnxruntime",),
        "`InferenceSession.run` with one thread",
    ),
    Peer(
        "products_numpy", "the products alone, OpenBLAS", "products", (), ONE, ("numpy",),
        "`np.matmul(a, b, out=c)` for each product of a step",
    ),
    Peer(
        "products_pellucid", "the products alone, pellucid", "products", (), ONE, ("pellucid",),
        "`compile()` of a layer without bias or activation, for each product of a step",
    ),
)  # fmt: skip
