"""FANN's C library, double version: `fann_train.c` is compiled here and called for a whole training at a time."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .given import Given
from .tasks import Task
from .works import Training

SOURCE = Path(__file__).with_name("fann_train.c")


def library() -> ctypes.CDLL:
    """The compiled file; RuntimeError with what the compiler says where it or libfann-dev is missing."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise RuntimeError("there is no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fann_train.so")
        command = [compiler, "-O2", "-shared", "-fPIC", str(SOURCE), "-o", str(path), "-ldoublefann"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"fann_train.c does not compile (is libfann-dev installed?): {done.stderr.strip()}")
        return ctypes.CDLL(str(path))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def tutorial(work: Training, given: Given, threads: int) -> Task:
    fann = library()
    fann.peer_create.restype = fann.peer_data.restype = ctypes.c_void_p
    sizes = np.array(work.sizes, np.uint32)
    data = ctypes.c_void_p(fann.peer_data(work.rows, work.sizes[0], work.sizes[-1], pointer(given.X), pointer(given.y)))

    def start() -> ctypes.c_void_p:
        flat = np.concatenate([W.ravel() for W in given.weights])
        return ctypes.c_void_p(fann.peer_create(len(sizes), pointer(sizes), pointer(flat), work.rows))

    def train(net: ctypes.c_void_p) -> ctypes.c_void_p:
        fann.peer_train(net, data, work.epochs)
        return net

    def weights(net: ctypes.c_void_p) -> list[np.ndarray]:
        flat = np.empty(sum(W.size for W in given.weights))
        fann.peer_weights(net, pointer(flat))
        fann.peer_destroy(net)
        ends = np.cumsum([W.size for W in given.weights])[:-1]
        return [part.reshape(W.shape) for part, W in zip(np.split(flat, ends), given.weights, strict=True)]

    return Task(start, train, weights)


TASKS = {("fann", "sigmoid"): tutorial}
