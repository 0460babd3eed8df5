"""The loop: advance to the next epoch at which a hook wants to look, let it look, until the plan is done."""

from __future__ import annotations

from collections.abc import Sequence

from ..engines import Choice
from ..engines.protocol import Data, Session
from ..model.model import Model
from . import divergence
from .hooks import Hook, View
from .interrupt import interruptible

INTERRUPTED = "interrupted by Ctrl-C"


def train(model: Model, data: Data, choice: Choice, hooks: Sequence[Hook]) -> None:
    """Train `model` in place until its plan's epochs are done, a hook stops it, Ctrl-C, or divergence.

    Ctrl-C leaves the last whole epoch and returns; divergence puts the last state with a finite loss back and
    raises `DivergenceError`. Hooks see the end in every case.
    """
    view = View(model)
    view.history.engine = choice.reason
    try:
        with interruptible() as pressed:
            session = choice.engine.start(model.layers, model.parameters.by_layer, view.state, data, pressed)
            for hook in hooks:
                hook.begin(view)
            while view.state.epochs_left and not view.stopped:
                _advance(session, view, data, hooks)
        view.finished = view.stopped != INTERRUPTED
    except KeyboardInterrupt:
        view.stop(INTERRUPTED)
        view.torn = True
    finally:
        _end(view, hooks)


def _advance(session: Session, view: View, data: Data, hooks: Sequence[Hook]) -> None:
    done = view.done
    due = {hook: hook.next(done) for hook in hooks}
    target = min([view.state.plan.epochs, *due.values()])
    advance = session.advance(target - done)
    view.history.add(*advance.figures)
    view.model.parameters.replace(session.parameters)
    if advance.error is not None:
        raise advance.error
    if advance.outcome == "diverged":
        _diverge(session, view, data)
    if advance.outcome == "interrupted":
        view.stop(INTERRUPTED)
        return
    for hook, epoch in due.items():
        if epoch == view.done:
            hook.look(view)


def _diverge(session: Session, view: View, data: Data) -> None:
    """Put the last state with a finite loss back and raise the error that names the cause."""
    state, layers = view.state, view.model.layers
    error = divergence.explain(layers, state, data, session.kept)
    good = divergence.last_finite(layers, state, data, session.kept)
    view.model.parameters.replace(good.parameters)
    state.slots, state.step, state.epoch = good.slots, good.step, good.epoch
    error.history = view.history
    view.stop("diverged")
    raise error


def _end(view: View, hooks: Sequence[Hook]) -> None:
    view.stop("all epochs" if view.finished else "an error")
    view.history.stopped = view.stopped
    view.state.finished = view.finished
    for hook in hooks:
        hook.end(view)
