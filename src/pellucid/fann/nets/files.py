"""Files, and the way between a FANN network and a pellucid one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import FileFormatError, InputError
from ...io.fann import convert, fixed, net_file
from ...network import Network
from ..arguments import ArgumentTypeError, file_name
from ..messages import CANNOT_READ, CANNOT_WRITE
from .base import Base


class _Load:
    """`neural_net.load(path)` makes a network, `nn.load(path)` loads into one."""

    def __get__(self, instance: Any, owner: type) -> Callable[[Any], Any]:
        def load(configuration_file: Any) -> Any:
            """The network of a `.net` file: `neural_net.load(path)` makes one, `nn.load(path)` fills this one."""
            nn = owner() if instance is None else instance
            nn._load(configuration_file)
            return nn

        return load


class Files(Base):
    """Saving, loading, and pellucid's own networks."""

    load = _Load()

    def create_from_file(self, configuration_file: Any) -> bool:
        """Load a `.net` file, floating or fixed point. False, and no change, where it cannot be opened.

        A file that is there but is no network raises FileFormatError, which says line and key. Either way the network
        is as it was, and `get_errno` and `get_errstr` know why; with fann_compat it is empty then, as FANN's.
        """
        path = file_name(configuration_file, "configuration_file")
        try:
            self._load(path)
        except FileFormatError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            self._error.tell(CANNOT_READ, path, keep=self._exact)
            return False
        return True

    def save(self, configuration_file: Any) -> bool:
        """Write a `.net` file, which FANN reads too. False where it cannot be written.

        An empty network is an error; with fann_compat False, as in FANN.
        """
        path = file_name(configuration_file, "configuration_file")
        if self._net is None and self.fann_compat:
            return False
        net = self._structure()
        return self._written(path, lambda: net_file.write(net, path, compat=self.fann_compat))

    def save_to_fixed(self, configuration_file: Any) -> int:
        """Write a fixed point `.net` file; the place of the point, -1 where it cannot be written.

        An empty network is an error; with fann_compat 0, as in FANN.
        """
        path = file_name(configuration_file, "configuration_file")
        if self._net is None and self.fann_compat:
            return 0
        net, points = self._structure(), []
        return points[0] if self._written(path, lambda: points.append(fixed.save_net(net, path))) else -1

    def _written(self, path: str, write: Callable[[], object]) -> bool:
        try:
            write()
        except InputError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            self._error.tell(CANNOT_WRITE, path)
            return False
        return True

    def _load(self, path: Any) -> None:
        name = file_name(path, "configuration_file")
        try:
            net = net_file.read(name)
        except FileFormatError as error:
            if self.fann_compat:
                self._set_net(None)
            else:
                self._error.note_unread(name, error)
            raise
        self._set_net(net)

    @property
    def network(self) -> Network:
        """The same network as a pellucid `Network`, to be traced, explained, drawn, exported, trained with Adam.

        It is a copy: `neural_net.from_network` makes a `neural_net` of what became of it.
        """
        return Network.of(convert.to_model(self._structure()))

    @classmethod
    def from_network(cls, net: Any) -> Any:
        """The `neural_net` of a pellucid `Network`; an error says what FANN cannot express."""
        if not isinstance(net, Network):
            raise ArgumentTypeError(f"net is of type {type(net).__name__}", "a pellucid.Network", "")
        nn = cls()
        nn._set_net(convert.from_model(net.model))
        return nn
