"""A network as a short NumPy script: it starts from the same weights, trains, and gives the same numbers.

The script holds the data, the weights that the last fit started from, the functions that this network needs, copied
from the library's own source (`python_sources`), and the passes and the loop written out for these layers: the same
operations in the same order, so the numbers agree to the last bit on one machine.

What only decides *when* training ends (early stopping, callbacks, Ctrl-C) is not in the script: it trains for as many
epochs as the weights that the network now has took.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engines.numpy_engine import NumpyEngine
from ..engines.protocol import Data
from ..errors import InputError
from ..maths.by_unit import in_words
from ..maths.passes import start_slots
from ..maths.schedules import flat
from ..model.layers import Layer
from ..model.model import Model
from ..model.parameters import Parameters, copy_arrays
from ..model.state import Snapshot, Stopping, TrainingState
from ..training.examples import SMALL, Examples, as_dtype, prepared_inputs, training_data
from ..training.recording import log_spaced
from .python_network import backward_code, forward_code, masks_code, predict_code, section, update_code
from .python_numbers import Numbers
from .python_preparing import preparing_code
from .python_sources import Sources, literal
from .python_training import loop_code

SHOWN = 200  # rows whose outputs a script prints
FEW = 60  # numbers in a network whose weights a script prints
STEPS, SHORT = 5_000, 500_000  # a training of so many steps, and rows in all steps, is checked to its end
SAME = 1e-6  # how far another engine's rounding may lead


@dataclass(frozen=True)
class Training:
    """What a script trains with: the state's plan, where it starts, its data, and for how many epochs."""

    state: TrainingState
    origin: Snapshot
    data: Data
    epochs: int
    rates: list[float] | None = None


def to_python(model: Model, X: Any = None, y: Any = None) -> str:
    """The script as text; write it to a .py file and run it wherever NumPy is.

    It trains if the model was trained and the data are there: those of the last fit where they are small (1 MB), else
    `X` and `y`. Otherwise it only predicts, and its first lines say so.

    Raises InputError for data that are not those of the last fit or too large to be written out, and for a user's own
    function whose source cannot be copied.
    """
    training, reason = _training(model, X, y)
    examples = _examples(model, X, training)
    return _script(model, training, reason, examples)


def _training(model: Model, X: Any, y: Any) -> tuple[Training | None, str]:
    """What to train with, or None and the reason why there is nothing."""
    state = model.training
    if state is None:
        return None, "It was never trained"
    if state.origin is None:
        return None, "How it was trained is not known, or it grew (net.grow), which a script cannot do again"
    if state.origin.slots is None:
        return None, "The state in which its training began was not kept"
    data = _data(model, state, X, y)
    if data is None:
        return None, "Its training data were not at hand (net.to_python(X, y) writes the training too)"
    rates = None
    if model.history.validation_loss and state.plan.schedule.observe is not None:
        # The schedule looked at validation data, which are not in the script: take the rates that it gave.
        if state.plan.schedule.factor is not flat:
            return None, "The learning rates of its training cannot be had again without the validation data"
        rates = model.history.learning_rate
    end = state.stopping.epoch if _restored(state) else state.epoch
    training = Training(state, state.origin, data, end - state.origin.epoch, rates)
    loss, same_end = _again(model, training)
    _check_data(model, loss)
    if not same_end:
        again = "Its weights are not those that its training gave when made once more"
        return None, f"{again} (they were changed, or hang on roundings)"
    return training, ""


def _data(model: Model, state: TrainingState, X: Any, y: Any) -> Data | None:
    if X is None or y is None:
        return model.data
    data = as_dtype(training_data(model, Examples(X, y), state.plan)[0], model.dtype)
    size = data.X.nbytes + data.Y.nbytes
    if size > SMALL:
        raise InputError(
            f"the training data take {size / 2**20:.1f} MB, too much to be written into a script",
            "at most 1 MB",
            "net.to_python(), a script that only predicts",
        )
    return data


def _restored(state: TrainingState) -> bool:
    """Whether the end of the training put the parameters of its best epoch back."""
    return state.finished and state.stopping.parameters is not None


def _check_data(model: Model, loss: float) -> None:
    """The loss of the first epoch, trained again, must be the one on record: other data would show."""
    first = model.history.data_loss[:1]
    if first and not np.isclose(loss, first[0], rtol=SAME, atol=0.0):
        raise InputError(
            f"on these data the training would have started with the loss {loss:.6g}, "
            f"but it started with {first[0]:.6g}",
            "the X and y of the last fit, in the same order (sample and class weights cannot be passed: fit again, "
            "and the network remembers them)",
            "net.to_python()",
        )


def _again(model: Model, training: Training) -> tuple[float, bool]:
    """Train again: the loss of the first epoch, and whether the end is the network's weights.

    Only a short training is gone through to its end (and none whose schedule looks at the loss); a longer one is
    believed.
    """
    state, origin, data = training.state, training.origin, training.data
    start = replace(
        state,
        slots=copy_arrays(origin.slots),
        step=origin.step,
        epoch=origin.epoch,
        schedule=dict(origin.schedule),
        stopping=Stopping(),
    )
    parameters = Parameters(model.names, origin.parameters).by_layer
    session = NumpyEngine().start(model.layers, parameters, start, data, lambda: False)
    steps = training.epochs * -(-len(data) // (state.plan.batch_size or len(data)))
    whole = steps * len(data) <= SHORT and steps <= STEPS and state.plan.schedule.observe is None
    figures = session.advance(training.epochs if whole else min(1, training.epochs)).figures
    loss = float(figures.data_loss[0]) if figures.epochs else math.nan
    pairs = zip(session.parameters, model.parameters.by_layer, strict=True)
    same = all(np.allclose(now[name], then[name], rtol=SAME, atol=SAME) for now, then in pairs for name in then)
    return loss, same or not whole


def _examples(model: Model, X: Any, training: Training | None) -> np.ndarray:
    """The prepared rows whose outputs the script prints at its end."""
    if training is not None:
        return training.data.X
    if X is not None:
        return np.ascontiguousarray(prepared_inputs(model, X)[0], dtype=model.dtype)
    row = np.zeros(model.n_in) if model.baseline is None else model.baseline
    return row[None, :].astype(model.dtype)


def _script(model: Model, training: Training | None, reason: str, examples: np.ndarray) -> str:
    sources, numbers = Sources(), Numbers()
    data = _data_code(model, training, examples, numbers)
    code = [forward_code(model, sources)]
    if training is not None:
        plan = training.state.plan
        code += [backward_code(model, plan, sources), update_code(model, plan, sources)]
    if model.preprocessing is not None:
        code.append(section("Preprocessing", preparing_code(model.preprocessing, sources)))
    code.append(predict_code(model, sources))
    if training is not None:
        code.append(loop_code(model, training, sources))
    functions = section("The functions, from pellucid's own source; xp is NumPy", *sources.parts)
    imports = sorted({*sources.imports.values(), *numbers.imports}, key=lambda text: ("__future__" not in text, text))
    head = _title(model, training, reason) + "\n\n" + "\n".join(imports)
    return "\n\n\n".join([head, data, functions, *code, _ending(model, training)]) + "\n"


def _title(model: Model, training: Training | None, reason: str) -> str:
    flow = [f"{model.n_in} inputs", *(_in_words(layer) for layer in model.layers)]
    lines = ["A neural network as plain NumPy, written by pellucid:", "", *textwrap.wrap(" -> ".join(flow), 98), ""]
    if training is None:
        lines += textwrap.wrap(f"{reason}, so this script only predicts.", 98)
    else:
        lines += textwrap.wrap(_course(model, training), 98)
    # Names of the user's own records stand here: nothing in them may end the text.
    text = "\n".join(lines).replace("\\", "/").replace('"', "'")
    return f'"""{text}\n"""'


def _course(model: Model, training: Training) -> str:
    """What the script does and what it leaves out, in sentences."""
    state, plan = training.state, training.state.plan
    whole = plan.batch_size is None or plan.batch_size >= len(training.data)
    size = "all rows at once" if whole else f"{plan.batch_size} rows at a time"
    said = [
        f"It starts from the weights that the last fit started from, trains for {training.epochs} epochs on "
        f"{plan.loss!r} with {plan.optimizer!r}, {size}, and ends with the same numbers as the library."
    ]
    if _restored(state):
        said.append(
            f"The fit ran for {state.epoch - training.origin.epoch} epochs and went back to its best one, "
            "which is where this script stops."
        )
    elif training.epochs < plan.epochs:
        said.append(f"The fit was planned for {plan.epochs} epochs, but ended there ({model.history.stopped}).")
    if model.history.validation_loss:
        said.append("The rows that the fit held out for validation are not in here.")
    return " ".join(said)


def _in_words(layer: Layer) -> str:
    if layer.rule.name == "dense":
        wiring = ["no bias"] if not layer.rule.options["bias"] else []
        wiring += ["sees all"] if layer.sees == "all" else []
        wiring += ["masked"] if layer.rule.present("W") is not None else []
        return f"{layer.units} {in_words(layer.activation)}" + (f" ({', '.join(wiring)})" if wiring else "")
    units = "" if layer.units is None else f"{layer.units} "
    return f"{units}{layer.rule!r}" + ("" if layer.activation.name == "linear" else f" {layer.activation!r}")


def _data_code(model: Model, training: Training | None, examples: np.ndarray, numbers: Numbers) -> str:
    """The data, and the weights (and the optimizer's memory) to start from."""
    parts = []
    if training is None:
        weights = dict(zip(model.names, model.parameters.by_layer, strict=True))
        parts.append(section("Rows to show the outputs for", f"X = {numbers.array(examples)}"))
        parts.append(section("The weights", f"parameters = {numbers.arrays(weights)}"))
    else:
        data, origin = training.data, training.origin
        lines = [f"X = {numbers.array(data.X)}", f"Y = {numbers.array(data.Y)}"]
        lines += [] if data.weights is None else [f"SAMPLE_WEIGHTS = {numbers.array(data.weights)}"]
        parts.append(section(f"The data: {len(data)} rows", "\n".join(lines)))
        weights = dict(zip(model.names, origin.parameters, strict=True))
        slots = _slots_code(model, training, numbers)
        start = f"parameters = {numbers.arrays(weights)}\n{slots}"
        parts.append(section("The weights at the start, and what the optimizer remembers", start))
    parts += masks_code(model)
    if model.preprocessing is not None:
        target = model.preprocessing.target
        parts.append(f"TARGET_MEAN = np.array({list(target.mean)})\nTARGET_SCALE = np.array({list(target.scale)})")
    if model.classes is not None:
        parts.append(f"CLASSES = {literal(list(model.classes))}")
    return "\n\n".join(parts)


def _slots_code(model: Model, training: Training, numbers: Numbers) -> str:
    """Fresh slots as the rule that makes them, others as arrays."""
    optimizer, origin = training.state.plan.optimizer, training.origin
    given = [{name: dict(slots) for name, slots in layer.items()} for layer in origin.slots or []]
    if given == [] or not _equal(given, start_slots(np, optimizer, origin.parameters)):
        return f"slots = {numbers.arrays(dict(zip(model.names, given, strict=True)))}"
    values = {name: optimizer.options[v] if isinstance(v, str) else v for name, v in optimizer.slots}
    inside = ", ".join(f'"{name}": np.full_like(w, {literal(value)})' for name, value in values.items())
    return (
        "slots = {\n"
        f"    layer: {{name: {{{inside}}} for name, w in arrays.items()}}\n"
        "    for layer, arrays in parameters.items()\n"
        "}"
    )


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    return np.array_equal(a, b)


def _ending(model: Model, training: Training | None) -> str:
    """What the script prints: the loss now and then, the weights if they are few, the outputs."""
    lines = []
    if training is not None:
        shown = [epoch for epoch in log_spaced(training.epochs) if epoch > 0]
        lines += [
            f"for epoch in {shown}:",
            '    print("loss in epoch", epoch, "before its update:", losses[epoch - 1])',
        ]
    if model.parameters.count <= FEW:
        lines += [
            "for layer, arrays in parameters.items():",
            "    for name, w in arrays.items():",
            "        print(layer, name, *w.ravel().tolist())",
        ]
    lines += [
        f'print("outputs for the first {SHOWN} rows:")'
        if training and len(training.data) > SHOWN
        else 'print("outputs:")'
    ]
    lines += [f"for row in network(X[:{SHOWN}]).tolist():", "    print(*row)"]
    return section("What came of it", "\n".join(lines))
