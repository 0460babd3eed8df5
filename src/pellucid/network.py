"""`Network`: what the user holds. Every method is a short door to the room that does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import StateError, during
from .model.description import described, float_dtype
from .model.history import History
from .model.model import Model
from .model.parameters import Parameters
from .training.initial import draw_parameters, seed_and_source

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from .insight.attribution import Explanation
    from .insight.comparison import Comparison
    from .insight.diagnosis import Diagnosis
    from .insight.gradient_check import GradientCheck
    from .insight.pictures import Svg
    from .insight.trace import Trace
    from .maths.activations import Activation
    from .maths.losses import Loss
    from .maths.metrics import Metric
    from .maths.optimizers import Optimizer
    from .maths.schedules import Schedule
    from .model.layers import Layer
    from .model.plan import EarlyStopping
    from .model.preprocessing import Preprocessing
    from .model.state import TrainingState
    from .training.growth import GrownUnit, Growth
    from .training.recording import Recording


class Network:
    """A neural network that can be seen through.

    Name its inputs and layers, or, in short, its sizes:

    >>> from pellucid import Dense, Network
    >>> net = Network(3, Dense(4, "sigmoid"), Dense(1, "sigmoid"), seed=1)
    >>> net == Network([3, 4, 1], activation="sigmoid", seed=1)
    True
    >>> net.parameters["dense_1.W"].shape
    (3, 4)

    The short form gives every layer `activation`; `output_activation` overrides the last one's. `seed` is a whole
    number (the same seed is the same network everywhere), None for a fresh one (kept in `net.seed`), or a NumPy
    Generator or RandomState for the initial weights. `dtype` is "float64", "float32", or None: float64 until a first
    fit on float32 data.

    A network is exactly what was written down: nothing is scaled or added. `pellucid.fit(X, y)` is the helpful door.
    """

    def __init__(
        self,
        *inputs_and_layers: Any,
        activation: str | Activation | None = None,
        output_activation: str | Activation | None = None,
        seed: Any = None,
        dtype: Any = None,
    ) -> None:
        with during("Network"):
            n_in, layers = described(inputs_and_layers, activation, output_activation)
            kind = float_dtype(dtype)
            number, source = seed_and_source(seed)
            parameters = draw_parameters(n_in, layers, source, kind)
            self.model = Model(
                n_in, layers, parameters, number, kind, dtype_given=dtype is not None, seeded=isinstance(source, int)
            )
        self.recording: Recording | None = None

    @classmethod
    def of(cls, model: Model) -> Network:
        """The network that a `Model` describes; both share its arrays."""
        net = cls.__new__(cls)
        net.model, net.recording = model, None
        return net

    # --- What it is -------------------------------------------------------------------------------

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers as frozen records."""
        return self.model.layers

    @property
    def parameters(self) -> Parameters:
        """The parameters by name ("dense_1.W"): read them, set them, edit them in place."""
        return self.model.parameters

    @property
    def seed(self) -> int:
        """The seed of everything random in training."""
        return self.model.seed

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or float32."""
        return self.model.dtype

    @property
    def preprocessing(self) -> Preprocessing | None:
        """How raw columns become inputs; None for a network that was written down."""
        return self.model.preprocessing

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The labels in the order of the outputs; None for numbers."""
        return self.model.classes

    @property
    def training(self) -> TrainingState | None:
        """Plan, optimizer memory, step and epoch; None before the first fit."""
        return self.model.training

    @property
    def history(self) -> History:
        """The history of the last fit."""
        return self.model.history

    def __repr__(self) -> str:
        from .insight.summary import summary

        return summary(self.model)

    def _repr_html_(self) -> str:
        from .insight.summary import summary_html

        return summary_html(self.model)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        mine, theirs = self.model, other.model
        return (mine.n_in, mine.layers, mine.parameters) == (theirs.n_in, theirs.layers, theirs.parameters)

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Network:
        """A network of its own with the same parameters and training state."""
        from copy import deepcopy

        return deepcopy(self)

    # --- Training ---------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | None = None,
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        epochs: int = 100,
        batch_size: int | None = 32,
        shuffle: bool = True,
        reduction: str = "mean",
        clip: float | None = None,
        validation: Any = None,
        sample_weight: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        early_stopping: bool | int | EarlyStopping | None = None,
        metrics: str | Metric | Iterable[str | Metric] = (),
        callbacks: Any = None,
        record: Any = None,
        record_memory: int = 256 * 2**20,
        checkpoint: Any = None,
        progress: bool | None = None,
        engine: str = "auto",
        threads: int | None = None,
    ) -> History:
        """Train on examples and return the history.

        X is (n, n_in); y holds one number or label for each row, or is (n, n_out). Arrays, lists, pandas and polars
        frames.

        - `loss`, `optimizer`: names or records; left out, those of the last fit, at first the loss that suits the
          output (cross entropy for softmax, binary cross entropy for sigmoid, else squared error) and Adam.
          `learning_rate` overrides the optimizer's, `schedule` moves it.
        - `batch_size`: rows in each update; None for all at once, 1 for one at a time. Rows are shuffled each epoch
          where there is more than one batch, unless `shuffle=False`.
        - `reduction`: "mean" divides a batch's loss by the sum of its weights, "sum" does not. `clip` bounds the
          gradient's norm.
        - `validation`: a share of the rows to hold out, or (X, y). `early_stopping`: True, a patience in epochs, or
          `EarlyStopping(...)`.
        - `callbacks`: functions of one `EpochReport`, or (every, function). `record`: True (log-spaced epochs), a
          step, a list of epochs, or "parameters"; see `at`. `checkpoint`: a path, or `Checkpoints(...)`; see
          `pellucid.resume`.
        - `progress`: True or False; None shows a bar where there is a terminal or a notebook.
        - `engine`: "native" (the C++ core) or "numpy"; "auto" takes the core wherever it has what is needed, and says
          so in `history.engine`. `threads` for the core; left out, one, and all cores where batches are large.
          Results do not depend on it.

        Fitting again with the same optimizer goes on from its memory; with another one it starts afresh, and says so.
        Ctrl-C keeps what was learnt and returns. Divergence raises `DivergenceError` and keeps the last finite state.

        >>> net = Network([2, 1], activation="sigmoid", seed=0)
        >>> net.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], epochs=3, learning_rate=0.1).epochs
        3
        """
        from .io.checkpoints import checkpoint_hooks
        from .training import fitting
        from .training.examples import Examples
        from .training.planning import Options

        with during("fit"):
            hooks = checkpoint_hooks(checkpoint)
            examples = Examples(X, y, sample_weight, validation, class_weight)
            options = Options(
                loss=loss, optimizer=optimizer, learning_rate=learning_rate, schedule=schedule, epochs=epochs,
                batch_size=batch_size, shuffle=shuffle, reduction=reduction, clip=clip, metrics=metrics,
                early_stopping=early_stopping, validation=validation,
            )  # fmt: skip
            looks = fitting.Looks(
                callbacks, record, record_memory, progress, engine, threads, hooks, fingerprint=bool(hooks)
            )
            self.recording = fitting.fit(self.model, examples, options, looks)
        return self.history

    def resume(
        self,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        validation: Any = None,
        callbacks: Any = None,
        record: Any = None,
        checkpoint: Any = None,
        progress: bool | None = None,
        engine: str = "auto",
        threads: int | None = None,
    ) -> History:
        """Train on to the planned end of a fit that was broken off, exactly as if it never had been.

        The data must be those the fit began with. What was recorded before stays.
        `net.at(epoch).resume(X, y)` goes on from a recorded moment.
        """
        from .io.checkpoints import checkpoint_hooks
        from .training import fitting
        from .training.examples import Examples
        from .training.recording import joined

        with during("resume"):
            hooks = checkpoint_hooks(checkpoint)
            looks = fitting.Looks(callbacks, record, progress=progress, engine=engine, threads=threads, hooks=hooks)
            examples = Examples(X, y, sample_weight, validation, class_weight)
            self.recording = joined(self.recording, fitting.resume(self.model, examples, looks))
        return self.history

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        classes: Sequence[Any] | None = None,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | None = None,
        learning_rate: float | None = None,
        reduction: str = "mean",
        clip: float | None = None,
        sample_weight: Any = None,
    ) -> Network:
        """One update on one batch, all its rows at once; for data that comes in pieces.

        A first batch of labels may lack some: name all `classes` then. Returns the network.
        """
        from .training import fitting
        from .training.examples import Examples
        from .training.planning import Options

        with during("partial_fit"):
            options = Options(
                loss=loss, optimizer=optimizer, learning_rate=learning_rate, reduction=reduction, clip=clip,
                epochs=1, batch_size=None,
            )  # fmt: skip
            fitting.partial_fit(self.model, Examples(X, y, sample_weight), options, classes)
        return self

    def grow(
        self,
        X: Any,
        y: Any,
        *,
        units: int = 10,
        candidates: int = 8,
        activations: Any = ("tanh", "sigmoid", "softsign"),
        steepness: Any = (0.5, 1.0),
        loss: str | Loss | None = None,
        goal: float = 0.0,
        patience: int = 3,
        validation: Any = None,
        epochs: int = 200,
        candidate_epochs: int = 200,
        optimizer: str | Optimizer = "rprop",
        sample_weight: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        callback: Callable[[GrownUnit], Any] | None = None,
        engine: str = "auto",
        threads: int | None = None,
    ) -> Growth:
        """Let the network grow (cascade correlation): hidden units come one by one, each seeing all before it.

        Start from inputs and outputs alone, `Network([2, 1])`, or from any network without dropout. Each round trains
        the output layer, then `candidates` units for each activation and steepness, side by side; the best is put
        before the output layer as a layer of one unit with `sees="all"`, and its weights rest from then on.

        - It stops after `units` units, when the loss is at most `goal`, or when `patience` units have gained less than
          a hundredth: on the `validation` rows (a share, or (X, y)) if there are any, else in training. The best
          network is kept.
        - `activations`: monotone ones generalise best; waves ("sine", "gaussian") fit fast and may say nothing in
          between. `loss`, `optimizer`, `sample_weight`, `class_weight`, `engine`, `threads` are as in `fit`.
        - `epochs` and `candidate_epochs` bound the training of the output layer and of the candidates, each on all rows
          at once; both end earlier when they gain no more.
        - `callback` is given each round; True ends the growth.

        Returns the rounds: each unit, its score, and the losses. The training's memory starts afresh: a `fit` after it
        trains all weights together, as a first one would.

        >>> net = Network([2, 1], activation="tanh", seed=1)
        >>> growth = net.grow([[-1, -1], [-1, 1], [1, -1], [1, 1]], [-1, 1, 1, -1], goal=0.01)
        >>> growth.stopped, net.layers[0].sees
        ('the goal is met', 'all')
        """
        from .engines import wish
        from .training.examples import Examples
        from .training.growing import grow
        from .training.growth import Wishes
        from .training.planning import Options

        with during("grow"):
            wishes = Wishes(
                units, candidates, activations, steepness, candidate_epochs, goal, patience, callback,
                wish(engine, threads),
            )  # fmt: skip
            options = Options(loss=loss, optimizer=optimizer, epochs=epochs, batch_size=None, validation=validation)
            growth = grow(self.model, Examples(X, y, sample_weight, validation, class_weight), options, wishes)
            self.recording = None
        return growth

    def reset(self, seed: Any = None) -> Network:
        """Forget all training: new initial parameters, from the same seed or another one. Returns the network.

        Labels, column names and an adopted float32 are forgotten too; preprocessing belongs to the network and stays.
        """
        from .training.initial import reset

        with during("reset"):
            reset(self.model, seed)
            self.recording = None
        return self

    def at(self, epoch: int) -> Network:
        """The network as it was after so many epochs of the recorded fit (0: before the first update; -1: at its
        end, before early stopping put the best epoch back).

        It is a copy that can be traced, compared, and resumed exactly; from record="parameters" resuming restarts the
        optimizer.
        """
        if self.recording is None:
            raise StateError("this network's last fit was not recorded", "", "net.fit(X, y, record=True)")
        from .training.rewinding import rewound

        with during("at"):
            return Network.of(rewound(self.model, self.recording.at(epoch)))

    # --- Answers ----------------------------------------------------------------------------------

    def predict(self, X: Any) -> np.ndarray:
        """Outputs in the target's units: (n, n_out); (n_out,) for a single row in 1-D."""
        from .training.answers import predict

        with during("predict"):
            return predict(self.model, X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n, n_classes), rows summing to 1; two columns for a single sigmoid output."""
        from .training.answers import predict_proba

        with during("predict_proba"):
            return predict_proba(self.model, X)

    def classify(self, X: Any) -> Any:
        """Labels (n,); one label for a single row in 1-D.

        Where y was rows (n, k) for k sigmoid outputs, a row may have many labels: the answer is 0 and 1, (n, k). (k
        sigmoids trained on labels (n,) tell k classes apart, and answer with a label.)
        """
        from .training.answers import classify

        with during("classify"):
            return classify(self.model, X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy for a classifier (the share of right labels, where a row may have many), R² else."""
        from .training.answers import score

        with during("score"):
            return score(self.model, X, y, sample_weight)

    def compile(self) -> Callable[..., np.ndarray]:
        """A callable that answers rows quickly, for a hot loop: microseconds less than `predict`, a row at a time.

        `fast(x)` takes one row (n_in,) or rows (n, n_in) and answers what `predict` would, up to rounding. An array of
        the network's dtype in C order costs least; anything that `predict` takes will do. `out=` takes an array for the
        answer, so that nothing is allocated. It is a copy: training further does not change it, and any number of
        threads may call it at once.

        >>> net = Network([2, 1], activation="tanh", seed=0)
        >>> fast = net.compile()
        >>> fast
        compiled network 2 -> 1, float64 (...)
        >>> fast(np.array([0.5, -0.5])).shape
        (1,)
        """
        from .training.compiling import compiled

        with during("compile"):
            return compiled(self.model)

    # --- Seeing through it ------------------------------------------------------------------------

    def trace(
        self,
        X: Any,
        y: Any = None,
        *,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer | None = None,
        sample_weight: Any = None,
    ) -> Trace:
        """One forward and, with `y`, one backward pass, with every number kept: print it, ask it, save it as JSON.

        Loss and optimizer are those of the last fit unless named. Nothing is changed.

        >>> from pellucid import Dense
        >>> net = Network(2, Dense(1, "sigmoid", weights=[[7.0], [3.0]], biases=[-5.0]))
        >>> float(net.trace([[1, 1]]).layers[0].a[0, 0])
        0.9933071490757153
        """
        from .insight.trace import trace

        with during("trace"):
            return trace(self.model, X, y, loss=loss, optimizer=optimizer, sample_weight=sample_weight)

    def explain(self, x: Any, *, output: Any = None) -> Explanation:
        """How each original column pushed the prediction for one row `x` (on the logit for classifiers).

        `output` names the output column or class; left out, the predicted one.
        """
        from .insight.attribution import explain

        with during("explain"):
            return explain(self.model, x, output=output)

    def check_gradients(
        self,
        X: Any,
        y: Any,
        *,
        loss: str | Loss | None = None,
        tolerance: float = 1e-6,
        max_rows: int = 200,
        max_entries: int | None = 200,
    ) -> GradientCheck:
        """Analytic against central-difference gradients for every parameter, in float64; names the worst.

        `tolerance` bounds the relative error; of more than `max_rows` rows, and of more than `max_entries` numbers of a
        parameter (None: check all), a fixed choice is used.
        """
        from .insight.gradient_check import check_gradients

        with during("check_gradients"):
            return check_gradients(
                self.model, X, y, loss=loss, tolerance=tolerance, max_rows=max_rows, max_entries=max_entries
            )

    def diagnose(self, X: Any, y: Any = None) -> Diagnosis:
        """What is wrong with this network on these data, where, and what to try; an empty list is good news."""
        from .insight.diagnosis import diagnose

        with during("diagnose"):
            return diagnose(self.model, X, y)

    def compare(self, first: int, second: int, X: Any, y: Any = None) -> Comparison:
        """Two recorded moments side by side on the same data ("after the first iteration and after the last")."""
        from .insight.comparison import compare

        with during("compare"):
            return compare(self.at(first).model, self.at(second).model, X, y, names=(first, second))

    # --- Pictures ---------------------------------------------------------------------------------

    def draw(self, x: Any = None) -> Svg:
        """The network as a diagram, weights as coloured lines; with a row `x` its numbers stand in the units."""
        from .insight.drawing import draw

        with during("draw"):
            return draw(self.model, x)

    def plot_loss(self) -> Svg:
        """The loss (and validation loss) by epoch."""
        from .insight.drawing import plot_loss

        with during("plot_loss"):
            return plot_loss(self.model)

    def plot_weights(self, name: str) -> Svg:
        """A weight matrix by name ("dense_1.W") as a coloured grid."""
        from .insight.drawing import plot_weights

        with during("plot_weights"):
            return plot_weights(self.model, name)

    def plot_activations(self, X: Any) -> Svg:
        """A histogram of each layer's activations."""
        from .insight.drawing import plot_activations

        with during("plot_activations"):
            return plot_activations(self.model, X)

    def plot_boundary(self, X: Any, y: Any) -> Svg:
        """What a network of two inputs answers over the plane, with the examples on it."""
        from .insight.drawing import plot_boundary

        with during("plot_boundary"):
            return plot_boundary(self.model, X, y)

    def plot_confusion(self, X: Any, y: Any) -> Svg:
        """How often each class was taken for each other."""
        from .insight.drawing import plot_confusion

        with during("plot_confusion"):
            return plot_confusion(self.model, X, y)

    # --- Files and code ---------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write all of it (layers, parameters, preprocessing, labels, training state) to a file for `pellucid.load`.

        A name that ends in `.net` asks for FANN's format, which keeps layers, weights, scaling and the algorithm's
        numbers, weights exactly; an error says what FANN cannot express (dropout, softmax, relu).
        """
        from .io.formats import save

        with during("save"):
            return save(self.model, path)

    def to_python(self, X: Any = None, y: Any = None) -> str:
        """A short NumPy script that starts from the weights the last fit started from, trains, and runs exactly this
        network.

        It needs the training data: those of the last fit are remembered if they are small (1 MB), else pass them.
        Without a fit, or without data, the script is inference only and says so.
        """
        from .io.python_code import to_python

        with during("to_python"):
            return to_python(self.model, X, y)

    def to_c(self, number: str = "double", *, name: str = "network", bounds: Any = None) -> str:
        """This network as one C99 file that needs nothing and allocates nothing: `void NAME_run(const T *x, T *y)`.

        `number` is "double", "float", or "fixed": whole numbers only (int32_t, with int64_t sums), for processors
        without floating point. Preprocessing is in it. Fixed point needs to know what may come in: `bounds`, the lowest
        and the highest input, or such a pair for each; left out, the extremes in training where there is preprocessing,
        else (-1, 1). The file's first comment says how x and y are scaled and how far off an answer can be.

        >>> print(Network([2, 1], activation="tanh", seed=0).to_c().splitlines()[2].strip("* "))
        void network_run(const double *x, double *y);
        """
        from .io.c_code import to_c

        with during("to_c"):
            return to_c(self.model, number, name, bounds)


def load(path: str | os.PathLike[str], custom: Iterable[Any] = ()) -> Network:
    """Read a network that `save` wrote; `custom` holds the user's own records (activations, losses ...) it needs.

    A `.net` file is FANN's: its net becomes a network of the same weights and functions, scaling parameters become
    preprocessing. `fit` then goes on with the algorithm that the file names, unless told otherwise. To run FANN's own
    arithmetic use `pellucid.fann`.
    """
    from .io.formats import load as load_model

    with during("load"):
        return Network.of(load_model(path, custom))


def resume(
    path: str | os.PathLike[str],
    X: Any,
    y: Any,
    *,
    custom: Iterable[Any] = (),
    sample_weight: Any = None,
    class_weight: str | Mapping[Any, float] | None = None,
    validation: Any = None,
    callbacks: Any = None,
    progress: bool | None = None,
) -> Network:
    """Go on with a training from its latest checkpoint under `path`, to the end of its plan, and return the network.

    The end is bit for bit that of a training that was never broken off, on the same machine and engine. Data or
    settings whose fingerprint differs are refused. Checkpoints go on being written.
    """
    from .io.checkpoints import load_checkpoint

    with during("resume"):
        model, checkpoint = load_checkpoint(path, custom)
        net = Network.of(model)
    net.resume(
        X, y, sample_weight=sample_weight, class_weight=class_weight, validation=validation, callbacks=callbacks,
        checkpoint=checkpoint, progress=progress,
    )  # fmt: skip
    return net
