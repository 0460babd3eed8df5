"""FANN without FANN: its Python bindings, its files and its algorithms, on pellucid's own cores.

    from pellucid.fann import libfann        # the only line that a script has to change

FANN (Fast Artificial Neural Network library, Nissen 2003) is described by its behaviour; see docs/fann.md for every
call, and `quirks.py` for what pellucid does differently unless `fann_compat=True` asks for FANN's very numbers.
`install()` makes `import fann2` and `import pyfann` resolve here; `python -m pellucid.fann script.py` does so for a
script that is not to be touched.
"""

from __future__ import annotations

from .opt_in import install

__all__ = ["install"]
