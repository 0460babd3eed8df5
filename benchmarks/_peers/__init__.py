"""The benchmark against other libraries; `peers.py` beside this folder is its command.

* `works.py`      what is trained, as records: sizes, data, epochs, goals
* `peers.py`      who trains it, as records: label, module, packages, how it is used
* `given.py`      data and initial weights, the same for all, and the loss that all are judged by
* `tasks.py`      what a peer's module hands over: three functions for a training, one statement for a row
* `with_*.py`     one file per library: its tasks
* `versions.py`   what is installed
* `worker.py`     the process in which one peer works with one thread setting; `workers.py` is the other end of its pipe
* `racing.py`     choosing thread settings, interleaved rounds, medians, spread, ratios
* `products.py`   the matrix products of a training step alone: the machine's sgemm rate
* `growth.py`     how the cost grows with width, depth, batch and rows
* `processes.py`  whole programs, from the start of the process until an accuracy; the programs are in `programs/`
* `sections.py`, `tables.py`, `picture.py`  the report: its parts, their Markdown, the pictures
"""
