"""The slips that everybody makes once: names from other libraries, a rate for a rule that has none, no function."""

import pytest

from pellucid import Activation, Custom, Dense, Dropout, InputError, LayerRule, Loss, Network, Optimizer, PellucidError
from pellucid.maths.activations import activations
from pellucid.maths.losses import losses
from pellucid.maths.optimizers import optimizers

X, Y = [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0]


def text_of(function, *args, **values) -> str:
    with pytest.raises(PellucidError) as error:
        function(*args, **values)
    return str(error.value)


def fit(**told):
    return Network([2, 1], activation="linear").fit(X, Y, **told)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mse", "squared_error"),
        ("Mean Squared Error", "squared_error"),
        ("mae", "absolute_error"),
        ("bce", "binary_cross_entropy"),
        ("crossentropy", "cross_entropy"),
        ("nll", "cross_entropy"),
    ],
)
def test_a_loss_by_its_name_elsewhere(name, meant):
    assert text_of(fit, loss=name).endswith(f"\n  Instead:  '{meant}'")
    assert losses.resolve(meant)


@pytest.mark.parametrize(("name", "meant"), [("gd", "sgd"), ("momentum", "sgd(momentum=0.9)"), ("Adam", "adam")])
def test_an_optimizer_by_its_name_elsewhere(name, meant):
    assert text_of(fit, optimizer=name).endswith(f"\n  Instead:  '{meant}'")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("logistic", "sigmoid"), ("identity", "linear"), ("swish", "silu"), ("heaviside", "threshold"),
     ("step", "threshold")],
)  # fmt: skip
def test_an_activation_by_its_name_elsewhere(name, meant):
    text = text_of(Dense, 3, name)
    assert text.startswith(f"Dense: there is no activation named '{name}'.")
    assert text.endswith(f"\n  Instead:  '{meant}'")


@pytest.mark.parametrize("table", [activations, losses, optimizers])
def test_every_suggestion_is_a_name_of_the_table(table):
    for name, meant in table._elsewhere.items():
        assert table.resolve(meant)
        assert name not in table


@pytest.mark.parametrize("name", ["lr", "eta"])
def test_a_learning_rate_by_its_name_elsewhere(name):
    assert text_of(fit, optimizer=f"adam({name}=0.1)") == (
        f"fit: adam was given {name}=0.1.\n"
        "  Expected: values by name; adam has learning_rate, beta1, beta2, epsilon.\n"
        "  Instead:  adam(learning_rate=0.1)"
    )


@pytest.mark.parametrize("told", [{"optimizer": "rprop", "learning_rate": 0.1}, {"optimizer": "rprop(lr=0.1)"}])
def test_a_learning_rate_for_a_rule_that_has_none(told):
    assert text_of(fit, **told).endswith(
        "\n  Expected: rprop has no learning rate: it adapts a step for each weight.\n"
        "  Instead:  leave it out, or take one of sgd, rmsprop, adagrad, adam, adamw, quickprop"
    )


def test_what_is_no_record_at_all():
    assert text_of(Dense, 3, None) == (
        "Dense: None as activation.\n  Expected: the name of an activation, or an Activation.\n  Instead:  'linear'"
    )
    assert text_of(fit, loss=3) == (
        "fit: 3 as loss.\n  Expected: the name of a loss, or a Loss.\n  Instead:  'squared_error'"
    )
    assert repr(losses).startswith("<table of losses: ")


@pytest.mark.parametrize(
    ("build", "begins"),
    [
        (lambda: Dense(0), "Dense: the number of units = 0."),
        (lambda: Dense(2, bias=False, biases="zeros"), "Dense: biases= together with bias=False."),
        (lambda: Dropout(3), "Dropout: rate=3."),
        (lambda: Custom("dens", 3), "Custom: there is no layer named 'dens'."),
    ],
)
def test_a_layers_error_names_its_door(build, begins):
    assert text_of(build).startswith(begins)


# --- records with a piece missing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (
            lambda: Activation(name="", forward=abs, slope=abs),
            "Activation(name='').\n  Expected: a name, as a text.\n  Instead:  Activation(name=\"mine\", ...)",
        ),
        (
            lambda: Loss(name=None, forward=abs, slope=abs),
            'Loss(name=None).\n  Expected: a name, as a text.\n  Instead:  Loss(name="mine", ...)',
        ),
        (
            lambda: Activation(name="a", forward=None, slope=abs),
            "Activation 'a' has forward=None.\n  Expected: a function.\n"
            "  Instead:  Activation(..., forward=my_forward)",
        ),
        (
            lambda: Activation(name="a", forward=abs, slope="1"),
            "Activation 'a' has slope='1'.\n  Expected: a function, or None.\n"
            "  Instead:  Activation(..., slope=my_slope)",
        ),
        (
            lambda: Optimizer(name="a", update=3),
            "Optimizer 'a' has update=3.\n  Expected: a function.\n  Instead:  Optimizer(..., update=my_update)",
        ),
        (
            lambda: LayerRule(name="a", shapes=abs, forward=abs, gradients=None, input_gradient=abs),
            "LayerRule 'a' has gradients=None.\n  Expected: a function.\n"
            "  Instead:  LayerRule(..., gradients=my_gradients)",
        ),
        (
            lambda: Activation(name="a", forward=abs),
            "activation 'a' has neither slope nor vector_backward.\n"
            "  Expected: slope(xp, z, a), which is da/dz element by element, or vector_backward(xp, z, a, da), "
            "which is dz.\n"
            '  Instead:  Activation(..., slope=my_slope), or refusal="why it cannot be trained through"',
        ),
        (
            lambda: Activation(name="a", forward=abs, slope=abs, range=(1, 0)),
            "activation 'a' has range=(1, 0).\n  Expected: the least and the largest value that it gives.\n"
            "  Instead:  range=(0.0, 1.0)",
        ),
        (
            lambda: Optimizer(name="a", update=abs, slots=("v",)),
            "optimizer 'a' has the slot 'v'.\n"
            "  Expected: pairs of a name and what it starts from: a number, or the name of one of its parameters.\n"
            '  Instead:  slots=(("velocity", 0.0),)',
        ),
        (
            lambda: Optimizer(name="a", update=abs, slots=(("v", "begin"),)),
            "optimizer 'a' has the slot ('v', 'begin').\n"
            "  Expected: pairs of a name and what it starts from: a number, or the name of one of its parameters.\n"
            '  Instead:  slots=(("velocity", 0.0),)',
        ),
    ],
)  # fmt: skip
def test_a_record_with_a_piece_missing(build, text):
    with pytest.raises(InputError) as error:
        build()
    assert str(error.value) == text


def test_what_cannot_be_trained_through_needs_no_slope():
    stairs = Activation(name="stairs", forward=abs, refusal="it is flat")
    assert stairs.slope is None
