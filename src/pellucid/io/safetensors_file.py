"""pellucid's own files: safetensors, with one JSON text as metadata. Never pickle: reading a file runs nothing.

    8 bytes   the length of the header, little-endian
    header    JSON: name, dtype, shape and place of each tensor, and {"__metadata__": {"pellucid": TEXT}}
    tensors   their bytes

TEXT is a JSON object with sorted keys, in ASCII: `description` (see `description.py`), `format` (this layout's number),
`kind` ("network" or "checkpoint"), for a checkpoint `checkpoint` (its settings), and `sha256`, the SHA-256 in
hexadecimal of the whole file with its own 64 digits written as zeros. So not one bit can change unnoticed, and the same
network gives the same bytes.
Any safetensors reader finds the parameters as "parameters.dense_1.W" and so on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import FileFormatError, InputError, during
from ..model.model import Model
from .description import describe, rebuild
from .reading import check_ordinary, unreadable
from .writing import path_of, write_whole

FORMAT = 1
KEY = "pellucid"
LARGEST_HEADER = 100_000_000  # what safetensors itself reads
NO_DIGEST = "0" * 64
DTYPES = {"float64", "float32"}
WANTED = "a file that net.save(path) wrote"
BEGINNING = b'{"__metadata__":{"' + KEY.encode() + b'":'
OTHERS = {
    b"\x89PNG": "a PNG picture",
    b"PK\x03\x04": "a ZIP archive (.npz, .pt and .keras files are)",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array file (.npy)",
    b"\x1f\x8b\x08": "a gzip file",
    b"%PDF": "a PDF document",
    b"\x80\x02": "a Python pickle, which may run code and is never read",
    b"\x80\x03": "a Python pickle, which may run code and is never read",
    b"\x80\x04": "a Python pickle, which may run code and is never read",
    b"\x80\x05": "a Python pickle, which may run code and is never read",
}


@dataclass(frozen=True)
class Content:
    """What an undamaged file holds: the description, the arrays by name, and a checkpoint's settings (or None)."""

    description: dict[str, Any]
    arrays: dict[str, np.ndarray]
    checkpoint: dict[str, Any] | None


def save(model: Model, path: str | os.PathLike[str]) -> Path:
    """Write the model with all of its training state to `path` and return it as a Path; the training data are left out.

    The file is there whole or not at all. A network's file is replaced; any other file is not, but refused.
    """
    target = path_of(path)
    check_replaceable(target)
    write_whole(target, to_bytes(model))
    return target


def load(path: str | os.PathLike[str], custom: Iterable[Any] = ()) -> Model:
    """The model that `save`, or a checkpoint, wrote to `path`; `custom` holds the user's own records that it uses.

    Raises FileFormatError for anything that is not such a file, whole and unaltered.
    """
    content = read(path_of(path))
    return rebuild(content.description, content.arrays, custom)


def to_bytes(model: Model, checkpoint: dict[str, Any] | None = None) -> bytes:
    """The whole file."""
    import safetensors.numpy

    description, arrays = describe(model)
    # safetensors writes the bytes that lie in memory, whatever the array's strides say.
    tensors = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    for name, tensor in tensors.items():
        if tensor.dtype.name not in DTYPES:
            raise InputError(f"{name} holds {tensor.dtype.name}", "float64 or float32")
    meta = {"description": description, "format": FORMAT, "kind": "network", "sha256": NO_DIGEST}
    if checkpoint is not None:
        meta |= {"checkpoint": checkpoint, "kind": "checkpoint"}
    try:
        text = json.dumps(meta, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise InputError(
            "the network holds a number that is not finite in its preprocessing", "finite numbers"
        ) from None
    if len(text) > LARGEST_HEADER // 2:
        raise InputError(
            f"the description of the network takes {len(text) // 10**6} MB",
            f"at most {LARGEST_HEADER // 2 // 10**6} MB",
            "no large arrays as weights=; set net.parameters[...] = array instead",
        )
    return _sealed(safetensors.numpy.save(tensors, metadata={KEY: text}))


def read(path: Path) -> Content:
    """What the file holds; every check but those that need the user's records."""
    try:
        check_ordinary(path, WANTED)
        with open(path, "rb") as file, during(repr(str(path))):
            return _read(file)
    except OSError as error:
        raise unreadable(path, error, WANTED) from error


def check_replaceable(path: Path) -> None:
    """Refuse to write over a file that is not pellucid's."""
    try:
        with open(path, "rb") as file:
            start = file.read(64)
    except OSError:
        return  # nothing there, or the writing will say what is wrong
    if start and not start[8:].startswith(BEGINNING):
        raise InputError(
            f"{str(path)!r} exists and is not a network's file",
            "a new name, or the file of a network, which is replaced",
        )


def _sealed(content: bytes) -> bytes:
    """The file with its digest in place of the zeros: they stand last in the metadata, and that before the tensors."""
    length = int.from_bytes(content[:8], "little")
    tag = b'\\"sha256\\":\\"'
    place = content.rindex(tag + NO_DIGEST.encode(), 0, 8 + length) + len(tag)
    digest = hashlib.sha256(content).hexdigest().encode()
    return content[:place] + digest + content[place + 64 :]


def _read(file: BinaryIO) -> Content:
    size = os.fstat(file.fileno()).st_size
    start = file.read(72)
    length = _header_length(start, size)
    file.seek(8)
    raw = file.read(length)
    header, meta = _metadata(raw)
    _check_size(header, size - 8 - length)
    content = start[:8] + raw + file.read()
    _check_digest(content, 8 + length, meta["sha256"])
    return Content(meta["description"], _tensors(content), meta.get("checkpoint"))


def _header_length(start: bytes, size: int) -> int:
    """The length of the header from the first bytes, after every check that needs no more than these."""
    if size == 0:
        raise FileFormatError("the file is empty", WANTED)
    length = int.from_bytes(start[:8], "little")
    if start[8:].startswith(BEGINNING) and (length > LARGEST_HEADER or length > size - 8):
        raise _damaged(
            f"it is truncated, or its first bytes are wrong: {size} bytes, and {length} for its header alone"
        )
    if start[8:9] != b"{" or length > LARGEST_HEADER or length > size - 8:
        found = next((name for magic, name in OTHERS.items() if start.startswith(magic)), "no safetensors file")
        raise FileFormatError(f"this is {found}: it begins with {start[:8]!r}", WANTED)
    return length


def _metadata(raw: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the metadata in it, as far as they can be believed before the digest is checked."""
    try:
        header = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _damaged("its header is no JSON") from None
    named = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(named, dict) or not isinstance(named.get(KEY), str):
        raise FileFormatError(
            "this safetensors file was not written by pellucid: it has tensors, but no description of a network",
            WANTED,
            'net.parameters["dense_1.W"] = safetensors.numpy.load_file(path)["..."]',
        )
    try:
        meta = json.loads(named[KEY])
    except (ValueError, RecursionError):
        raise _damaged("its description is no JSON") from None
    if isinstance(meta, dict) and isinstance(meta.get("format"), int) and meta["format"] > FORMAT:
        raise FileFormatError(
            f"the file has format {meta['format']} (or is damaged); this pellucid reads formats up to {FORMAT}",
            "a newer pellucid",
            "pip install --upgrade pellucid",
        )
    wanted = {"description": dict, "format": int, "sha256": str}
    if not isinstance(meta, dict) or any(not isinstance(meta.get(key), kind) for key, kind in wanted.items()):
        raise _damaged("its description lacks " + ", ".join(wanted))
    return header, meta


def _check_size(header: dict[str, Any], size: int) -> None:
    try:
        end = max((int(t["data_offsets"][1]) for name, t in header.items() if name != "__metadata__"), default=0)
    except (KeyError, TypeError, ValueError, IndexError):
        raise _damaged("its list of tensors is not readable") from None
    if size < end:
        raise _damaged(f"it is truncated: {end - size} of {end} bytes of numbers are missing at its end")
    if size > end:
        raise _damaged(f"{size - end} bytes follow its end")


def _check_digest(content: bytes, end: int, digest: str) -> None:
    place = content.rfind(digest.encode("utf-8", "replace"), 0, end)
    if len(digest) != 64 or place < 0:
        raise _damaged("its checksum is not readable")
    whole, now = memoryview(content), hashlib.sha256()
    for part in (whole[:place], NO_DIGEST.encode(), whole[place + 64 :]):
        now.update(part)
    if now.hexdigest() != digest:
        raise _damaged("its checksum (SHA-256) is not that of its content")


def _tensors(content: bytes) -> dict[str, np.ndarray]:
    import safetensors.numpy

    try:
        return dict(safetensors.numpy.load(content))
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise _damaged(f"its tensors are not readable ({error})") from None


def _damaged(what: str) -> FileFormatError:
    return FileFormatError(f"the file is damaged or was altered: {what}", "the file as net.save(path) wrote it")
