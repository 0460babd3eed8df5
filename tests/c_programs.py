"""Compiling C files of networks and running rows of numbers through them, all networks of one type in one program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wdouble-promotion", "-Werror")
SANE = ("-O0", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SCANNED = {"double": "%lf", "float": "%f", "int32_t": "%d"}
PRINTED = {"double": "%.17g", "float": "%.9g", "int32_t": "%.0f"}


def compiler() -> str:
    """A C compiler, or the test is skipped."""
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler (gcc or cc) on this machine")
    return found


def built(text: str, folder: Path, *flags: str) -> Path:
    """The program that a C text is."""
    source, program = folder / "network.c", folder / "network"
    source.write_text(text, encoding="ascii")
    run = subprocess.run(
        [compiler(), *STRICT, *SANE, *flags, str(source), "-o", str(program), "-lm"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[:4000]
    return program


def run_program(program: Path, rows: str) -> str:
    """What the program answers to lines of numbers."""
    run = subprocess.run([str(program)], input=rows, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:4000]
    return run.stdout


def all_answers(kind: str, sources: dict[str, str], rows: dict[str, Any], n_out: dict[str, int], folder: Path) -> Any:
    """Rows through every network, each by its own name: {name: answers (n, n_out)}."""
    parts = [*sources.values(), "#include <stdio.h>\n\nint main(void)\n{"]
    for name, given in rows.items():
        n, n_in = given.shape
        parts.append(
            f"    for (int n = 0; n < {n}; n++) {{\n        {kind} x[{n_in}], y[{n_out[name]}];\n"
            f"        for (int i = 0; i < {n_in}; i++)\n"
            f'            if (scanf("{SCANNED[kind]}", &x[i]) != 1)\n                return 1;\n'
            f"        {name}_run(x, y);\n        for (int i = 0; i < {n_out[name]}; i++)\n"
            f'            printf("{PRINTED[kind]} ", (double)y[i]);\n    }}'
        )
    program = built("\n".join([*parts, "    return 0;\n}\n"]), folder)
    numbers = [repr(v) for given in rows.values() for v in given.ravel().tolist()]
    found = np.array(run_program(program, " ".join(numbers)).split(), dtype=np.float64)
    sizes = [len(given) * n_out[name] for name, given in rows.items()]
    parts = np.split(found, np.cumsum(sizes)[:-1])
    return {name: part.reshape(-1, n_out[name]) for name, part in zip(rows, parts, strict=True)}
