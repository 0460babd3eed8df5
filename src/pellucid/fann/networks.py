"""`neural_net`, FANN's network in Python: its methods stand by family in `nets/`."""

from __future__ import annotations

from .arguments import speak_as
from .nets.creation import Creation
from .nets.files import Files
from .nets.printing import Printing
from .nets.scaling import Scaling
from .nets.settings import Settings
from .nets.training import Training


class neural_net_parent(Creation, Training, Settings, Scaling, Files, Printing):  # noqa: N801 (FANN's name)
    """The base that FANN's module gives `neural_net`; here it can all that a `neural_net` can."""


class neural_net(neural_net_parent):  # noqa: N801 (FANN's name)
    """A neural network, as FANN's Python module has it.

    >>> nn = neural_net(seed=1)
    >>> nn.create_standard_array((2, 4, 1))
    True
    >>> nn
    <pellucid.fann.libfann.neural_net: 2-4-1>
    """


speak_as(neural_net, neural_net.__name__)
