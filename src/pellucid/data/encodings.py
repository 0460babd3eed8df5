"""From the bytes of a file to its text: gzip, byte order marks, encodings, and files that are no text."""

from __future__ import annotations

import codecs
import difflib
import gzip
import os
import zlib
from pathlib import Path
from typing import NoReturn

from ..errors import FileFormatError, InputError
from .frames import bare, show

SAMPLE = 1 << 16  # bytes by which UTF-16 without a mark is recognised
BINARY = 0.05  # share of control characters above which a file is no text
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KINDS = {
    b"PK\x03\x04": "a zip archive, as spreadsheets (.xlsx, .ods) are",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF file",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "a NumPy array file",
    b"\x89HDF": "an HDF5 file",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def read_bytes(path: Path) -> bytes:
    """What is in the file, decompressed if it is gzip; taught errors where it cannot be read."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise InputError(f"{bare(path.name)} is a folder", "a file") from None
    except FileNotFoundError:
        near = _near_files(path)
        raise InputError(f"there is no file {show(str(path))}", "the path of a table", near) from None
    except (OSError, ValueError) as error:
        # Windows refuses a folder as if it were locked.
        reason = "it is a folder" if os.path.isdir(path) else getattr(error, "strerror", None) or str(error)
        raise InputError(f"{show(str(path))} cannot be read: {reason}", "a file that can be read") from None
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise FileFormatError(f"{bare(path.name)} is a damaged gzip file ({error})", "a whole one") from None
    if not data:
        raise FileFormatError(f"{bare(path.name)} is empty", "a header and rows")
    return data


def _near_files(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return str(path.parent / near[0]) if near else ""


def decode(data: bytes, name: str, encoding: str | None) -> tuple[str, str, list[str]]:
    """The text, the encoding's name, and what is to be said about it."""
    if encoding is not None:
        return _decode_as(data, name, encoding), encoding, []
    kind = next((kind for magic, kind in KINDS.items() if data.startswith(magic)), "")
    if kind:
        _refuse_binary(name, kind)
    for mark, codec in BOMS:
        if data.startswith(mark):
            return _decode_as(data, name, codec), codec.removesuffix("-sig").upper() + " with a byte order mark", []
    wide = _wide(data[:SAMPLE])
    if wide:
        return _decode_as(data, name, wide), wide.upper(), []
    if sum(data.count(byte) for byte in _CONTROL) > BINARY * len(data):
        _refuse_binary(name, "no text")
    try:
        return data.decode("utf-8"), "UTF-8", []
    except UnicodeDecodeError as error:
        finding = f"Byte {error.start} is not UTF-8: read as Windows-1252 (Western European); encoding= says otherwise."
    try:
        return data.decode("cp1252"), "Windows-1252", [finding]
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1", [finding.replace("Windows-1252", "Latin-1")]


def _decode_as(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError:
        raise InputError(f"encoding={encoding!r}", "an encoding that Python knows", 'encoding="utf-8"') from None
    except UnicodeError as error:
        place = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise FileFormatError(f"{bare(name)} is not {encoding}{place}", "text in this encoding") from None


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: in mostly Western text every second byte is 0."""
    if len(data) < 4 or data.count(0) < 0.3 * len(data):
        return ""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _refuse_binary(name: str, kind: str) -> NoReturn:
    raise FileFormatError(f"{bare(name)} is {kind}", "a text file of rows and columns", "the table exported as CSV")
