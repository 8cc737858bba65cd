"""The V2 datatypes, MLflow's column types, and which of the first may feed which of the second.

Sources: Open Inference Protocol, "Tensor Data Types"; `mlflow.types.schema.DataType`.
"""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
import pandas as pd

from .errors import bad, shorten

INTEGER_RANGE: dict[str, tuple[int, int]] = {
    **{f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
FLOATS = ("FP16", "FP32", "FP64")
NUMBERS = (*INTEGER_RANGE, *FLOATS)
DATATYPES = ("BOOL", "BYTES", *NUMBERS)


def _within(low: int, high: int) -> tuple[str, ...]:
    return tuple(name for name, (least, most) in INTEGER_RANGE.items() if low <= least and most <= high)


@dataclass(frozen=True)
class ColumnType:
    """How one MLflow column type is spoken of on the wire and put into a data frame."""

    datatype: str
    """The V2 datatype that metadata names."""
    accepts: tuple[str, ...]
    """V2 datatypes that convert to it without loss."""
    wanted: str
    """What a value must be, in words."""
    dtype: str
    """NumPy dtype of the column in the data frame."""
    convert: Callable[[Any], Any]
    """JSON value to column value; raises ValueError when it is of the wrong kind."""
    nullable: bool
    """Whether a missing value can be told from a present one."""


def _float(value: Any) -> float:
    if type(value) is float or type(value) is int:
        return float(value)
    raise ValueError


def _float32(value: Any) -> float:
    number = _float(value)
    if math.isfinite(number) and abs(number) > 3.4028235677973366e38:
        raise ValueError
    return number


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return convert


def _exactly(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError
        return value

    return convert


def _binary(value: Any) -> bytes:
    if type(value) is not str:
        raise ValueError
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as problem:
        raise ValueError from problem


def _datetime(value: Any) -> Any:
    if type(value) is not str:
        raise ValueError
    return np.datetime64(value, "ns")


def _scalar_value(value: Any) -> Any:
    if type(value) not in (str, bool, int, float):
        raise ValueError
    return value


ANY = "any"
"""The type of a column of which only the name is known (an estimator that came without a signature)."""

_LONG = INTEGER_RANGE["INT64"]
_INT = INTEGER_RANGE["INT32"]

COLUMN_TYPES: dict[str, ColumnType] = {
    "double": ColumnType("FP64", NUMBERS, "a number", "float64", _float, True),
    "float": ColumnType("FP32", ("FP32", "FP16", *_within(-(2**24), 2**24)), "a number", "float32", _float32, True),
    "long": ColumnType("INT64", _within(*_LONG), "a whole number of 64 bits", "int64", _integer(*_LONG), False),
    "integer": ColumnType("INT32", _within(*_INT), "a whole number of 32 bits", "int32", _integer(*_INT), False),
    "boolean": ColumnType("BOOL", ("BOOL",), "true or false", "bool", _exactly(bool), False),
    "string": ColumnType("BYTES", ("BYTES",), "a string", "object", _exactly(str), True),
    "binary": ColumnType("BYTES", ("BYTES",), "base64 text", "object", _binary, True),
    "datetime": ColumnType("BYTES", ("BYTES",), "a time in ISO 8601", "datetime64[ns]", _datetime, True),
    ANY: ColumnType("FP64", DATATYPES, "a number, a string or a boolean", "object", _scalar_value, True),
}

MISSING: dict[str, Any] = {"float64": math.nan, "float32": math.nan, "object": None, "datetime64[ns]": np.datetime64("NaT")}


def convert_column(name: str, column: ColumnType, values: list[Any], place: Callable[[int], str]) -> np.ndarray:
    """A column of JSON values as an array; names the place and the column of the first wrong one."""
    convert = column.convert
    converted = []
    for row, value in enumerate(values):
        if value is None:
            if not column.nullable:
                raise bad(f"{place(row)}: column {name!r} must be {column.wanted}, not null")
            converted.append(MISSING[column.dtype])
            continue
        try:
            converted.append(convert(value))
        except (ValueError, OverflowError):
            raise bad(f"{place(row)}: column {name!r} must be {column.wanted}, not {shorten(value)}") from None
    if column.dtype == "object":
        array = np.empty(len(converted), dtype=object)
        array[:] = converted
        return array if column is not COLUMN_TYPES[ANY] else pd.Series(array).infer_objects().to_numpy()
    return np.array(converted, dtype=column.dtype)


def check_element(datatype: str, value: Any, where: str) -> None:
    """Throws unless the JSON value is one of the declared V2 datatype (null stands for a missing FP or BYTES value)."""
    if value is None and (datatype in FLOATS or datatype == "BYTES"):
        return
    if datatype == "BYTES":
        fine = type(value) is str
    elif datatype == "BOOL":
        fine = type(value) is bool
    elif datatype in FLOATS:
        fine = type(value) in (int, float)
    else:
        low, high = INTEGER_RANGE[datatype]
        fine = type(value) is int and low <= value <= high
    if not fine:
        raise bad(f"{where} is {shorten(value)}, which is not of datatype {datatype}")


def datatype_of(array: np.ndarray) -> str:
    """The V2 datatype of an answer."""
    if array.dtype.kind == "b":
        return "BOOL"
    if array.dtype.kind in "iu":
        return f"{'U' if array.dtype.kind == 'u' else ''}INT{array.dtype.itemsize * 8}"
    if array.dtype.kind == "f":
        return {2: "FP16", 4: "FP32"}.get(array.dtype.itemsize, "FP64")
    return "BYTES"


def to_json_list(array: np.ndarray) -> list[Any]:
    """An array as JSON values: not-a-number and infinities as null, what JSON has no word for as text."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return np.where(np.isfinite(array), array.astype(object), None).tolist()
    if array.dtype.kind in "biuf":
        return array.tolist()
    return [_scalar(item) for item in array.tolist()] if array.ndim == 1 else [to_json_list(row) for row in array]


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, np.generic):
        return _scalar(value.item())
    if isinstance(value, (list, tuple)):
        return [_scalar(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _scalar(item) for key, item in value.items()}
    return str(value)


