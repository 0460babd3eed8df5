"""Files that cannot be written or read: each refusal names what is wrong."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import Dense, Dropout, Network
from pellucid.errors import FileFormatError, InputError
from pellucid.io import safetensors_file, writing

ROWS = np.random.default_rng(7).normal(size=(40, 3))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def network(**how: object) -> Network:
    return Network(3, Dense(5, "tanh"), Dropout(0.2), Dense(1, "sigmoid"), seed=3, **how)


def trained(**how: object) -> Network:
    net = network()
    net.fit(ROWS, LABELS, progress=False, **{"epochs": 6, "batch_size": 8, **how})
    return net


def header_of(content: bytes) -> dict[str, object]:
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])


# --- Writing --------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "net"
    network().save(path)
    path.chmod(0o640)
    again = trained()
    again.save(str(path))
    assert path.stat().st_mode & 0o777 == 0o640
    assert pellucid.load(path) == again
    assert os.listdir(tmp_path) == ["net"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "net")
    network().save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert pellucid.load(tmp_path / "net") == network()


def test_nothing_is_left_or_lost_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = network().save(tmp_path / "net")
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(InputError, match="save: .*net' cannot be written: No space left on device"):
        trained().save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net"]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    net = network()
    (tmp_path / "file").write_text("some notes")
    for path, text in [
        (tmp_path, "is a folder"),
        (Path(tmp_path.anchor), "is a folder"),
        (tmp_path / "nowhere" / "net", "nowhere' does not exist"),
        (tmp_path / "file" / "net", "file' is not a folder"),
        (tmp_path / "file", "file' exists and is not a network's file"),
        (tmp_path / ("n" * 300), "cannot be written: File name too long"),
        (5, "path=5"),
        ("", "path=''"),
        ("a\0b", r"path='a\x00b'"),
        (b"net", "path=b'net'"),
    ]:
        with pytest.raises(InputError) as error:
            net.save(path)
        assert text in str(error.value)
        assert str(error.value).startswith("save: ")
    assert (tmp_path / "file").read_text() == "some notes"


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **how: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing.os, "open", refuse)
    with pytest.raises(InputError, match="save: .*net' cannot be written: permission denied"):
        network().save(tmp_path / "net")
    monkeypatch.undo()
    path = network().save(tmp_path / "net")
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(FileFormatError, match="load: .*net' cannot be read: permission denied"):
        pellucid.load(path)


def test_a_description_too_large_for_a_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors_file, "LARGEST_HEADER", 2000)
    with pytest.raises(InputError, match=r"save: the description of the network takes .* MB"):
        trained().save(tmp_path / "net")


def test_arrays_that_are_no_floats(tmp_path: Path) -> None:
    net = network()
    net.model.parameters.by_layer[0]["W"] = np.ones((3, 5), dtype=int)
    with pytest.raises(InputError, match=r"save: parameters\.dense_1\.W holds int64"):
        net.save(tmp_path / "net")


# --- Files that are something else ----------------------------------------------------------------


def refusal(path: object) -> str:
    with pytest.raises(FileFormatError) as error:
        pellucid.load(path)
    assert str(error.value).startswith("load: ")
    return str(error.value)


OTHER_FILES = {
    "empty": (b"", "the file is empty"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "this is a PNG picture"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "this is an HDF5 file"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "this is a gzip file"),
    "pickle": (pickle.dumps([1, 2]) + bytes(100), "this is a Python pickle, which may run code and is never read"),
    "text": (b"a,b,c\n1,2,3\n" * 9, "this is no safetensors file: it begins with b'a,b,c"),
    "json": (b'{"layers": [{"units": 4}]}', "this is no safetensors file"),
    "short": (b"\x01\x02", "this is no safetensors file"),
    "zeros": (bytes(100), "this is no safetensors file"),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_files_of_other_kinds(name: str, tmp_path: Path) -> None:
    content, text = OTHER_FILES[name]
    (tmp_path / name).write_bytes(content)
    assert text in refusal(tmp_path / name)


def test_archives_and_arrays(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zip", "w") as file:
        file.writestr("a", "b" * 100)
    assert "this is a ZIP archive" in refusal(tmp_path / "zip")
    np.save(tmp_path / "a.npy", np.ones(9))
    assert "this is a NumPy array file (.npy)" in refusal(tmp_path / "a.npy")


def test_tensors_of_somebody_else(tmp_path: Path) -> None:
    tensors = {"fc1.weight": np.ones((4, 3)), "fc1.bias": np.ones(4)}
    for k, metadata in enumerate(({"format": "pt"}, None)):
        safetensors.numpy.save_file(tensors, tmp_path / str(k), metadata=metadata)
        text = refusal(tmp_path / str(k))
        assert "this safetensors file was not written by pellucid: it has tensors, but no description" in text


def test_no_file_at_all(tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path / "nothing")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "there is no file" in refusal(tmp_path / "file" / "net")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "is not an ordinary file" in refusal(tmp_path / "pipe")
    with pytest.raises(InputError, match="load: path=None"):
        pellucid.load(None)


# --- Files that were changed ----------------------------------------------------------------------


def forged(content: bytes, change: object, tensors: dict[str, np.ndarray] | None = None) -> bytes:
    """The file with its description (or more) changed by somebody who knows how the checksum is made."""
    meta = json.loads(header_of(content)["__metadata__"]["pellucid"])
    change(meta)
    meta["sha256"] = safetensors_file.NO_DIGEST
    text = json.dumps(meta, sort_keys=True, separators=(",", ":"))
    return safetensors_file._sealed(
        safetensors.numpy.save(
            safetensors.numpy.load(content) if tensors is None else tensors, metadata={"pellucid": text}
        )
    )


def test_a_newer_format(tmp_path: Path) -> None:
    path = trained().save(tmp_path / "net")
    path.write_bytes(forged(path.read_bytes(), lambda meta: meta.update(format=2)))
    text = refusal(path)
    assert "the file has format 2 (or is damaged); this pellucid reads formats up to 1" in text
    assert "pip install --upgrade pellucid" in text


def test_tensors_that_are_missing_or_wrong_are_named(tmp_path: Path) -> None:
    path = trained().save(tmp_path / "net")
    content = path.read_bytes()
    tensors = safetensors.numpy.load(content)

    def refused_with(name: str, array: np.ndarray | None) -> str:
        changed = {**tensors, name: array}
        path.write_bytes(forged(content, lambda meta: None, {k: v for k, v in changed.items() if v is not None}))
        return refusal(path)

    for name in tensors:
        assert f"the tensor '{name}' is missing" in refused_with(name, None)
        if not name.startswith("history"):
            assert f"the tensor '{name}' has shape (7, 2)" in refused_with(name, np.ones((7, 2)))
    assert "the tensor 'extra' belongs to nothing" in refused_with("extra", np.ones(1))


def test_descriptions_that_make_no_network(tmp_path: Path) -> None:
    path = trained().save(tmp_path / "net")
    content = path.read_bytes()
    meta = json.loads(header_of(content)["__metadata__"]["pellucid"])
    for key in meta["description"]:
        path.write_bytes(forged(content, lambda meta, key=key: meta["description"].pop(key)))
        assert "the description of the network is incomplete or of the wrong form" in refusal(path)
        for wrong in (None, 5, "x", [], {}, [[[]]]):
            path.write_bytes(forged(content, lambda meta, k=key, w=wrong: meta["description"].update({k: w})))
            try:
                pellucid.load(path)
            except (FileFormatError, InputError):
                continue


@settings(max_examples=30)
@given(st.integers(0, 2**64 - 1))
def test_an_absurd_header_length_reads_and_allocates_nothing(length: int) -> None:
    start = length.to_bytes(8, "little") + b'{"__metadata__":{"pellucid":"'
    if length > 100:
        with pytest.raises(FileFormatError):
            safetensors_file._header_length(start, 1000 if length > 992 else length)
