"""The schedules: their curves at chosen points, plateau's memory, errors."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import InputError
from pellucid.maths.schedules import schedules


def curve(spec, epochs, at):
    schedule = schedules.resolve(spec)
    return [float(schedule.run(np, e, epochs)) for e in at]


def test_constant():
    assert curve("constant", 10, [0, 3.5, 10]) == [1.0, 1.0, 1.0]


def test_step_drops_at_whole_multiples():
    assert curve("step(every=2, factor=0.5)", 10, [0, 1.99, 2, 3.5, 4, 9]) == [1, 1, 0.5, 0.5, 0.25, 0.0625]


def test_cosine():
    values = curve("cosine", 8, [0, 2, 4, 8, 9])
    assert values == pytest.approx([1.0, (1 + math.sqrt(0.5)) / 2, 0.5, 0.0, 0.0])
    assert curve("cosine(final=0.1)", 8, [0, 4, 8]) == pytest.approx([1.0, 0.55, 0.1])


def test_warm_up():
    assert curve("warm_up(length=4, start=0.2)", 100, [0, 1, 2, 4, 50]) == pytest.approx([0.2, 0.4, 0.6, 1.0, 1.0])


def test_one_cycle():
    values = curve("one_cycle(peak=0.25, start=0.04, final=0.001)", 100, [0, 12.5, 25, 62.5, 100])
    assert values == pytest.approx([0.04, 0.52, 1.0, 0.5005, 0.001])


@pytest.mark.parametrize("name", schedules)
@given(epoch=st.floats(0, 50), epochs=st.integers(1, 50))
def test_factors_lie_between_0_and_1(name, epoch, epochs):
    assert 0.0 <= float(schedules[name].run(np, min(epoch, epochs), epochs)) <= 1.0


@pytest.mark.parametrize("name", schedules)
def test_curves_have_no_jumps_but_steps(name):
    at = np.linspace(0, 20, 2001)
    values = np.array(curve(name, 20, at))
    assert np.max(abs(np.diff(values))) < (1.0 if name == "step" else 0.003)


def watch(spec, losses):
    """The factor after each epoch's loss."""
    schedule, memory, factors = schedules.resolve(spec), {}, []
    for epoch, loss in enumerate(losses, start=1):
        memory = schedule.remember(memory, loss)
        factors.append(float(schedule.run(np, epoch, 100, memory)))
    return factors, memory


def test_plateau_waits_then_drops():
    factors, memory = watch("plateau(factor=0.5, patience=2)", [1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.9, 0.9, 0.5])
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert memory == {"factor": 0.25, "best": 0.5, "waited": 0}


def test_plateau_asks_for_a_real_improvement_and_has_a_floor():
    assert watch("plateau(patience=0, threshold=0.1)", [1.0, 0.95, 0.89])[0] == pytest.approx([1.0, 0.1, 0.1])
    factors, _ = watch("plateau(patience=0, minimum=0.03)", [1.0] * 4)
    assert factors == pytest.approx([1.0, 0.1, 0.03, 0.03])


def test_plateau_with_negative_losses():
    factors, memory = watch("plateau(patience=0, threshold=0.1)", [-1.0, -1.05, -1.2])
    assert factors == pytest.approx([1.0, 0.1, 0.1])
    assert memory["best"] == -1.2


def test_plateau_does_not_change_the_memory_it_was_given():
    schedule = schedules.plateau
    memory = schedule.remember({}, 1.0)
    kept = dict(memory)
    schedule.remember(memory, 2.0)
    assert memory == kept
    assert schedules.cosine.remember(memory, 3.0) == kept


def test_a_loss_that_is_no_number_is_no_new_best():
    assert watch("plateau(patience=0)", [1.0, math.nan, math.inf])[1] == pytest.approx(
        {"factor": 0.01, "best": 1.0, "waited": 0}
    )


def test_errors():
    with pytest.raises(InputError, match="every=0") as error:
        schedules.step(every=0)
    assert error.value.expected == "above 0"
    with pytest.raises(InputError, match="peak=1.0"):
        schedules.one_cycle(peak=1.0)
    with pytest.raises(InputError, match="patience=1.5") as error:
        schedules.plateau(patience=1.5)
    assert error.value.expected == "a whole number"
