"""Damaged files: one flipped bit, a cut, an addition, wherever it may be, gives an error that says so; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pellucid
from pellucid import Dense, Dropout, Network
from pellucid.errors import FileFormatError
from pellucid.io.safetensors_file import to_bytes

Parts = dict[str, range]


@cache
def content() -> bytes:
    rows = np.random.default_rng(1).normal(size=(12, 2))
    net = Network(2, Dense(2, "tanh"), Dropout(0.2), Dense(1, "sigmoid"), seed=1)
    net.fit(rows, np.where(rows[:, 0] > 0, "ä", "b"), epochs=3, early_stopping=1, validation=0.3, progress=False)
    return to_bytes(net.model)


@cache
def parts() -> Parts:
    """Every kind of byte that the file has."""
    whole = content()
    header = range(8, 8 + int.from_bytes(whole[:8], "little"))
    digest = whole.index(b'\\"sha256\\":\\"') + len(b'\\"sha256\\":\\"')
    text_end = whole.index(b'"},', digest)
    json_end = len(whole[: header.stop].rstrip())
    return {
        "length": range(8),
        "description": range(header.start, digest),
        "digest": range(digest, digest + 64),
        "list of tensors": range(text_end, json_end),
        "padding": range(json_end, header.stop),
        "tensors": range(header.stop, len(whole)),
    }


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], str]:
    path: Path = tmp_path_factory.mktemp("fuzz") / "net.pellucid"

    def load(changed: bytes) -> str:
        path.write_bytes(changed)
        with pytest.raises(FileFormatError) as error:
            pellucid.load(path)
        return str(error.value)

    return load


def test_the_file_itself_is_read(tmp_path: Path) -> None:
    (tmp_path / "net").write_bytes(content())
    assert pellucid.load(tmp_path / "net").classes == ("b", "ä")


@pytest.mark.parametrize("part", ["length", "description", "digest", "list of tensors", "padding", "tensors"])
@given(data=st.data())
def test_one_flipped_bit(part: str, refused: Callable[[bytes], str], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(parts()[part])) if len(parts()[part]) else 0
    bit = data.draw(st.integers(0, 7))
    whole = content()
    text = refused(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
    if part in ("digest", "tensors", "padding"):
        assert "damaged" in text


def test_every_bit_of_the_first_bytes_and_of_the_checksum(refused: Callable[[bytes], str]) -> None:
    whole = content()
    digest = parts()["digest"]
    for place in [*range(40), *range(digest.start - 4, digest.start + 20)]:
        for bit in range(8):
            refused(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])


@given(st.data())
def test_a_cut(refused: Callable[[bytes], str], data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(content()) - 1))
    text = refused(content()[:end])
    if end >= 72:
        assert "truncated" in text


@given(st.binary(min_size=1, max_size=100))
def test_bytes_after_the_end(refused: Callable[[bytes], str], more: bytes) -> None:
    assert f"the file is damaged or was altered: {len(more)} bytes follow its end" in refused(content() + more)


@given(st.data())
def test_some_bytes_overwritten(refused: Callable[[bytes], str], data: st.DataObject) -> None:
    whole = content()
    place = data.draw(st.integers(0, len(whole) - 1))
    new = data.draw(st.binary(min_size=1, max_size=50))
    changed = whole[:place] + new + whole[place + len(new) :]
    if changed != whole:
        refused(changed)


@given(st.data())
def test_a_stretch_taken_out_or_doubled(refused: Callable[[bytes], str], data: st.DataObject) -> None:
    whole = content()
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first + 1, len(whole)))
    refused(whole[:first] + whole[last:])
    refused(whole[:last] + whole[first:])


@given(st.binary(max_size=300))
@example(b"\x10\0\0\0\0\0\0\0" + b'{"__metadata__":{"pellucid":"{}"}}')
def test_any_bytes_at_all(refused: Callable[[bytes], str], anything: bytes) -> None:
    refused(anything)


@given(st.text(max_size=50), st.binary(max_size=20))
def test_any_header(refused: Callable[[bytes], str], inside: str, after: bytes) -> None:
    for header in (inside, "{" + inside + "}", '{"__metadata__":{"pellucid":"' + inside + '"}}', "[" * 90_000):
        raw = header.encode("utf-8", "replace")
        refused(len(raw).to_bytes(8, "little") + raw + after)


@pytest.mark.parametrize("length", [0, 1, 2**31, 2**40, 2**63, 2**64 - 1])
def test_a_header_length_that_is_absurd(refused: Callable[[bytes], str], length: int) -> None:
    assert "damaged" in refused(length.to_bytes(8, "little") + content()[8:])
    assert "no safetensors file" in refused(length.to_bytes(8, "little") + b"\xff" * 100)
