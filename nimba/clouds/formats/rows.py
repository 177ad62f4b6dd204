"""Rows of numbers in text, by way of pandas, read strictly: what is not a number is refused, never guessed at."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nimba.clouds.formats.limits import check_count
from nimba.runtime.errors import InputError

_CHUNK = 1 << 20  # rows that are read at once
_PIECE = 1 << 25  # bytes that are given to pandas at once
_NAN = [
    *(sign + word for sign in ("", "-", "+") for word in ("nan", "NaN", "NAN", "Nan")),
    *("NA", "na", "N/A", "n/a", "NULL", "null", "None", "none", "-nan(ind)", "nan(ind)"),  # Excel, R, SQL, Python, C
]
_NUMBER = re.compile(
    rb"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)|" + b"|".join(re.escape(word.encode()) for word in _NAN),
    re.IGNORECASE,
)


def read_rows(
    path: Path,
    text: bytes,
    columns: Sequence[int],
    *,
    part: slice | None = None,
    first_line: int = 1,
    delimiter: str | None = None,
    decimal: str = ".",
    slashes: bool = False,
    empty: bool = False,
    what: str = "three numbers",
    unit: str = "line",
) -> np.ndarray:
    """Some columns of lines of numbers.

    Blank lines, and what follows a #, are passed over.

    Args:
        path: for errors.
        text: the lines, in any encoding that has ASCII in it.
        part: of the text that is read; None for all.
        columns: which to take, from 0; what stands in the others is not looked at.
        first_line: number of the first line, for errors.
        delimiter: between columns, one character; None for blanks and tabs.
        decimal: "." or ",".
        slashes: pass over what follows // too.
        empty: whether an empty field is NaN, and not none of a number.
        what: name of the numbers, for errors.
        unit: what a line is, for errors.

    Returns:
        (R, columns) float64, NaN and infinities among them.

    Raises:
        InputError: naming the first line that does not have a number in each of the columns; more rows than the limit.
    """
    start, stop, _ = (part or slice(None)).indices(len(text))
    tables = [np.empty((0, len(columns)))]
    while start < stop:
        # A copy of a piece at a time: one of the whole text would take as much memory as the text.
        end = stop if stop - start <= _PIECE else text.find(b"\n", start + _PIECE, stop) + 1 or stop
        piece = text[start:end]
        if slashes:
            piece = re.sub(rb"//[^\n\r]*", b"", piece)
        try:
            tables.append(_table(path, piece, columns, np.float64, delimiter, decimal, empty))
        except InputError:
            raise
        except (ValueError, OverflowError):
            points = piece.replace(b",", b".") if decimal == "," else piece
            raise InputError(_complaint(path, points, columns, delimiter, first_line, what, unit)) from None
        check_count(path, sum(map(len, tables)), "rows")
        first_line += piece.count(b"\n")
        start = end
    return tables[1] if len(tables) == 2 else np.concatenate(tables)


def read_whole_numbers(path: Path, lines: Sequence[bytes], columns: Sequence[int], what: str) -> np.ndarray:
    """Columns of whole numbers, of lines none of which is blank: (lines, columns) int64.

    Raises:
        InputError: a line without a whole number in each of the columns.
    """
    try:
        table = _table(path, b"\n".join(lines), columns, np.int64)
    except InputError:
        raise
    except (ValueError, OverflowError):
        table = None
    if table is None or len(table) != len(lines):
        raise InputError(f"{path}: {what} that are not whole numbers; is the file complete?")
    return table


def _table(
    path: Path,
    text: bytes,
    columns: Sequence[int],
    dtype: type,
    delimiter: str | None = None,
    decimal: str = ".",
    empty: bool = False,
) -> np.ndarray:
    """(R, columns) of a type.

    Raises:
        ValueError: a row without a number of that type in each of the columns.
    """
    import pandas as pd  # half a second, which files without text need not wait for

    tables: list[np.ndarray] = [np.empty((0, len(columns)), dtype)]
    try:
        # Fractions are refused for whole numbers once they are cast, which numpy need not warn of.
        with (
            np.errstate(invalid="ignore"),
            pd.read_csv(
                io.BytesIO(text),
                engine="c",
                header=None,
                usecols=list(columns),
                dtype=dtype,
                chunksize=_CHUNK,
                sep=delimiter or r"\s+",
                decimal=decimal,
                comment="#",
                skipinitialspace=True,
                na_values=[*_NAN, ""] if empty else _NAN,
                keep_default_na=False,
                encoding_errors="replace",
            ) as chunks,
        ):
            for chunk in chunks:
                if not set(columns) <= set(chunk.columns):
                    raise ValueError("rows that end before the last column")
                tables.append(chunk[list(columns)].to_numpy())  # pandas has them in the order of the file
                check_count(path, sum(map(len, tables)), "rows")
    except pd.errors.EmptyDataError:
        pass
    return tables[1] if len(tables) == 2 else np.concatenate(tables)


def _complaint(
    path: Path, text: bytes, columns: Sequence[int], delimiter: str | None, number: int, what: str, unit: str
) -> str:
    """Which line it was that pandas, which does not say so, stumbled over."""
    for i, line in enumerate(text.splitlines(), number):
        fields = line.partition(b"#")[0].strip().split(delimiter.encode() if delimiter else None)
        if fields and not all(c < len(fields) and _NUMBER.fullmatch(fields[c].strip(b' \t"')) for c in columns):
            hint = " (its decimals have commas; write points)" if re.search(rb"\d,\d", line) else ""
            return f"{path}: {unit} {i} is not {what}: {line[:40].strip().decode('ascii', 'backslashreplace')!r}{hint}"
    return f"{path}: a {unit} from {number} on is not {what}"
