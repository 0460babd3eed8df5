"""What every C file of a network has around its arithmetic: the comment, the declarations, a program for trying it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..data.targets import many_labels, middle
from ..model.model import Model
from ..training.answers import is_classifier, loss_of
from .c_text import Real, comment, signature, wrapped

PROGRAM = """#ifdef FLAG
#include <stdio.h>

int main(void)
{
    T x[N_IN], y[N_OUT];
    int i;
    for (;;) {
        for (i = 0; i < N_IN; i++)
            if (scanf("%FORMAT", &x[i]) != 1)
                return 0;
        NAME_run(x, y);
        for (i = 0; i < N_OUT; i++)
            printf("%.DIGITSg%c", (double)y[i], i + 1 < N_OUT ? ' ' : '\\n');
    }
}
#endif"""


@dataclass(frozen=True)
class CFile:
    """The parts of one file, in its order; `kind` is the type of x and y."""

    name: str
    kind: str
    n_in: int
    n_out: int
    about: list[str]
    said: list[str]
    constants: list[str]
    functions: list[str]
    arrays: dict[str, int]
    statements: list[str]
    program: str
    includes: tuple[str, ...] = ()

    def text(self) -> str:
        """The whole file."""
        run = self._run()
        math = [] if self.includes else self._math(run)
        declared = [f"{signature(self.kind, self.name)};"]
        if any(f"int {self.name}_classify(" in function for function in self.functions):
            declared.append(f"int {self.name}_classify(const {self.kind} *y);")
        head = [f"#include <{include}>" for include in (*self.includes, *math)]
        parts = ["\n".join(head)] if head else []
        parts += ["\n".join(declared), *self.constants, *self.functions, run, self.program]
        return "\n\n".join([self._comment(), *parts]) + "\n"

    def _math(self, run: str) -> list[str]:
        text = "\n".join([*self.functions, run])
        return ["math.h"] if re.search(r"\b(exp|expm1|log1p|fabs|erfc|sin|cos|tanh)f?\(", text) else []

    def _run(self) -> str:
        lines = [f"{self.kind} {', '.join(f'{array}[{size}]' for array, size in self.arrays.items())};"]
        lines = lines if self.arrays else []
        lines += ["int i;"] if any("(i = " in statement for statement in self.statements) else []
        body = "".join(f"    {line}\n" for line in [*lines, *self.statements])
        return f"{signature(self.kind, self.name)}\n{{\n{body}}}"

    def _comment(self) -> str:
        """What the file is, what goes in and what comes out."""
        flag = f"{self.name.upper()}_MAIN"
        math = " -lm" if not self.includes else ""
        lines = [
            *wrapped(f"{self.name}: a neural network as C99, written by pellucid."),
            "",
            f"    {signature(self.kind, self.name)};",
            "",
            *wrapped(
                f"x: {self.n_in} numbers, y: {self.n_out}; they must not overlap. It allocates nothing, keeps nothing "
                "between two calls, and may be called from any number of threads."
            ),
            *(line for text in self.about for line in wrapped(text)),
            "",
            *(line for text in self.said for line in wrapped(text, "      ")),
            *([""] if self.said else []),
            *wrapped(f"To try it: cc -std=c99 -D{flag} FILE.c{math}, then type rows of {self.n_in} numbers."),
        ]
        return comment(lines)


def real_program(real: Real, name: str, n_in: int, n_out: int) -> str:
    """A `main` that reads rows and prints answers, for floating-point numbers."""
    values = {"T": real.name, "FORMAT": "f" if real.suffix else "lf", "DIGITS": "9" if real.suffix else "17"}
    return program(PROGRAM, name, n_in, n_out, values)


def program(pattern: str, name: str, n_in: int, n_out: int, values: dict[str, str]) -> str:
    """A `main` from its pattern; all words are put in at once, as a network may be called "digits" or "n_in"."""
    words = {"FLAG": f"{name.upper()}_MAIN", "N_IN": str(n_in), "N_OUT": str(n_out), "NAME": name, **values}
    return re.sub(r"FLAG|N_IN|N_OUT|NAME|FORMAT|DIGITS|\bT\b", lambda found: words[found[0]], pattern)


def knows_labels(model: Model) -> bool:
    """Whether one output, or the largest one, stands for a label."""
    if model.classes is None or not is_classifier(model):
        return False
    return not many_labels(loss_of(model), model.n_out, model.classes)


def to_label(model: Model, name: str, kind: str, number: Callable[[float], str]) -> list[str]:
    """`NAME_classify(y)`: which label an answer means, by its place."""
    if not knows_labels(model):
        return []
    head = f"int {name}_classify(const {kind} *y)\n{{\n"
    if model.n_out == 1:
        limit = number(middle(model.layers[-1].activation.bounds()))
        return [f"{head}    return y[0] > {limit};\n}}"]
    return [
        f"{head}    int i, best = 0;\n    for (i = 1; i < {model.n_out}; i++)\n"
        "        best = y[i] > y[best] ? i : best;\n    return best;\n}"
    ]


def labels_said(model: Model) -> list[str]:
    """What the answers of `NAME_classify` mean."""
    if not knows_labels(model):
        return []
    assert model.classes is not None
    labels = ", ".join(f"{k} {label}" for k, label in enumerate(model.classes))
    return [f"classify(y) tells the label: {labels}"]
