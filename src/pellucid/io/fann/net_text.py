"""A `.net` file's text, cut into its keys and their values: `learning_rate=0.700000`.

FANN wants every key in its place. This takes them in any order, apart by any white space, with Windows' line ends, a
byte order mark, comments (`# ...`) and keys that it does not know. Every value remembers where it stood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .faults import KEY, FannFileError, counted, fault, shown
from .numbers import to_float, to_whole

BOM = b"\xef\xbb\xbf"
ASSIGNMENT = re.compile(rb"(?<![^\s)])([A-Za-z_]\w*+)(?:\s*+\([^()=]*+\))?\s*+=")
COMMENT = re.compile(rb"#[^\n]*")
LARGEST = 2**32 - 1
NUMBERS = {"whole": "a whole number from 0 up", "number": "a number such as 0.7"}


@dataclass(frozen=True)
class Value:
    """What stands after a key, from `place` on."""

    key: str
    content: bytes
    place: int


@dataclass(frozen=True)
class Text:
    """A file's text without BOM and comments, with "\\n" as line ends; every byte stands on its line of the file."""

    content: bytes

    @classmethod
    def of(cls, raw: bytes) -> Text:
        """The text of a whole file."""
        content = raw.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"#" in content:
            content = COMMENT.sub(lambda found: b" " * len(found.group()), content)
        return cls(content)

    def line(self, place: int) -> int:
        """The line of the file, from 1, in which a byte stands."""
        return self.content.count(b"\n", 0, place) + 1

    def head(self) -> tuple[str, int]:
        """The first word, which names the format, and where it ends."""
        found = re.compile(rb"\s*(\S*)").match(self.content)
        assert found is not None  # it matches any text
        return found.group(1).decode("ascii", "replace"), found.end()

    def values(self, start: int) -> Values:
        """Keys and values from `start` on."""
        found = list(ASSIGNMENT.finditer(self.content, start))
        ends = [*(match.start() for match in found[1:]), len(self.content)] if found else []
        values: dict[str, Value] = {}
        for match, end in zip(found, ends, strict=True):
            key = match.group(1).decode("ascii")
            if key in values and key != "_":
                raise fault(KEY, "it is there twice", "every key once", line=self.line(match.start()), key=key)
            values[key] = Value(key, self.content[match.end() : end], match.end())
        return Values(self, values)


@dataclass(frozen=True)
class Values:
    """A file's values by key, read as what they should be; what is not raises FannFileError with line and key."""

    text: Text
    by_key: dict[str, Value]

    def __contains__(self, key: str) -> bool:
        return key in self.by_key

    def value(self, key: str) -> Value:
        """The value of a key that must be there."""
        if key in self.by_key:
            return self.by_key[key]
        likely = [known for known in self.by_key if known.lower() == key.lower()]
        line = self.text.line(len(self.text.content.rstrip()))
        given = f"the file has {likely[0]!r} in its place" if likely else f"the file (of {line} lines) lacks this key"
        raise fault(KEY, given, f"a line {key}=...", key=key)

    def fault(self, key: str, given: str, expected: str = "", number: int = KEY) -> FannFileError:
        """The error for a value, with its line."""
        value = self.by_key.get(key)
        return fault(number, given, expected, line=self.text.line(value.place) if value else 0, key=key)

    def token(self, key: str, wanted: str) -> bytes:
        """The one word that a value is."""
        words = self.value(key).content.split()
        if len(words) != 1:
            found = shown(b" ".join(words).decode(errors="replace")) if words else "nothing"
            raise self.fault(key, f"{found} stands there", wanted)
        return words[0]

    def whole(self, key: str, largest: int = LARGEST) -> int:
        """A whole number, 0 .. largest."""
        token = self.token(key, NUMBERS["whole"])
        value = to_whole(token)
        if value is None:
            raise self.fault(key, f"{shown(token.decode(errors='replace'))} is no whole number", NUMBERS["whole"])
        if not 0 <= value <= largest:
            raise self.fault(key, f"the number is {value}", f"0 to {largest}")
        return value

    def number(self, key: str) -> float:
        """A real number."""
        token = self.token(key, NUMBERS["number"])
        value = to_float(token)
        if value is None:
            raise self.fault(key, f"{shown(token.decode(errors='replace'))} is no number", NUMBERS["number"])
        return value

    def wholes(self, key: str, count: int) -> list[int]:
        """So many whole numbers, each 0 .. 2^32 - 1."""
        words = self._words(key, count)
        return [self._whole_of(key, word) for word in words]

    def numbers(self, key: str, count: int) -> list[float]:
        """So many real numbers."""
        words = self._words(key, count)
        found = [to_float(word) for word in words]
        for word, value in zip(words, found, strict=True):
            if value is None:
                raise self.fault(key, f"{shown(word.decode(errors='replace'))} is no number", NUMBERS["number"])
        return [value for value in found if value is not None]

    def _words(self, key: str, count: int) -> list[bytes]:
        words = self.value(key).content.split()
        if len(words) != count:
            raise self.fault(key, f"{counted(len(words), 'number')} stand there", f"{count}")
        return words

    def _whole_of(self, key: str, word: bytes) -> int:
        value = to_whole(word)
        if value is None or not 0 <= value <= LARGEST:
            raise self.fault(key, f"{shown(word.decode(errors='replace'))} stands there", NUMBERS["whole"])
        return value
