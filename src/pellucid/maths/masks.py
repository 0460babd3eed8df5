"""Masks: which weights of a layer exist.

>>> mask = Mask([[1, 0], [1, 1]])
>>> mask, mask.array.tolist(), mask.count
(Mask(["10", "11"]), [[True, False], [True, True]], 3)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError


class Mask:
    """Which of a layer's weights exist: True (or 1) where one does; `array` is (n_in, units), read-only.

    Two masks are equal if they say the same; they can be hashed, so that the records that hold them can be. One text
    of 0 and 1 for each input is a mask too, which is how files and `repr` write it.
    """

    __slots__ = ("array",)
    array: np.ndarray

    def __init__(self, array: Any) -> None:
        object.__setattr__(self, "array", _checked(array))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a mask cannot be changed: make another one instead of setting {name}")

    @property
    def shape(self) -> tuple[int, int]:
        """(n_in, units)."""
        rows, columns = self.array.shape
        return rows, columns

    @property
    def count(self) -> int:
        """How many weights exist."""
        return int(self.array.sum())

    def rows(self) -> tuple[str, ...]:
        """One text of 0 and 1 for each input."""
        return tuple("".join("01"[bit] for bit in row) for row in self.array.astype(int).tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.array, dtype=dtype, copy=True) if copy or dtype not in (None, bool) else self.array

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.array, other.array) if isinstance(other, Mask) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.shape, self.array.tobytes()))

    def __repr__(self) -> str:
        return f"Mask([{', '.join(f'{chr(34)}{row}{chr(34)}' for row in self.rows())}])"

    def __reduce__(self) -> tuple[Any, ...]:
        return Mask, (self.array,)


def as_mask(value: Any) -> Mask | None:
    """A mask from anything that holds zeros and ones in rows; None stays None, which is every weight."""
    return value if value is None or isinstance(value, Mask) else Mask(value)


def _checked(given: Any) -> np.ndarray:
    wrong = "zeros and ones (or True and False), a row for each input and a column for each unit"
    if isinstance(given, (list, tuple)) and given and all(isinstance(row, str) for row in given):
        given = [[{"0": 0, "1": 1}.get(character, 2) for character in row] for row in given]
    try:
        array = np.asarray(given)
    except (TypeError, ValueError):
        raise InputError("a mask with rows of different lengths", wrong, "mask=[[1, 0], [1, 1]]") from None
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"a mask of shape {array.shape}", wrong, "mask=[[1, 0], [1, 1]]")
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise InputError(f"a mask that holds {_odd(array)}", wrong, "mask=[[1, 0], [1, 1]]")
    bits = np.ascontiguousarray(array != 0)
    if bits is given or bits.base is not None:
        bits = bits.copy()
    bits.setflags(write=False)
    return bits


def _odd(array: np.ndarray) -> str:
    if array.dtype.kind not in "biuf":
        return repr(array.ravel()[0])
    place = tuple(np.argwhere(~np.isin(array, (0, 1)))[0].tolist())
    return f"{array[place]!s} at {list(place)}"
