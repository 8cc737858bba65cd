"""Rows of a V1 request, or tensors of a V2 one, as the data frame (or array) that a model takes. Strict: names what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

import numpy as np
import pandas as pd

from .datatypes import COLUMN_TYPES, DATATYPES, FLOATS, NUMBERS, check_element, convert_column
from .errors import bad, shorten


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class InputSchema:
    """What a model takes: named columns, or (without names) rows of `width` numbers; width -1 = not known."""

    columns: tuple[Column, ...]
    width: int

    @property
    def named(self) -> bool:
        return len(self.columns) > 0

    def metadata(self) -> list[dict[str, Any]]:
        """The `inputs` of V2 model metadata: a tensor per column, or one of two dimensions."""
        if not self.named:
            return [{"name": "input-0", "datatype": "FP64", "shape": [-1, self.width]}]
        return [
            {"name": column.name, "datatype": COLUMN_TYPES[column.type].datatype, "shape": [-1, 1]} for column in self.columns
        ]


def from_instances(schema: InputSchema, instances: Any, field: str) -> pd.DataFrame | np.ndarray:
    """V1 `instances`: lists in the order of the columns, or objects by column name."""
    if not isinstance(instances, list):
        raise bad(f"{field} must be a list of rows, not {_kind(instances)}")
    if not instances:
        raise bad(f"{field} is empty: it must hold at least one row")
    first = instances[0]
    if not isinstance(first, (list, dict)):
        raise bad(f"{field}[0] must be a list of values or an object by column name, not {_kind(first)}")
    if isinstance(first, dict):
        return _from_objects(schema, instances, field)
    return _from_lists(schema, instances, field)


def _from_objects(schema: InputSchema, rows: list[Any], field: str) -> pd.DataFrame:
    if not schema.named:
        raise bad(f"{field}[0] is an object, but this model's columns have no names: send lists of {schema.width} values")
    known = {column.name for column in schema.columns}
    required = [column.name for column in schema.columns if column.required]
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise bad(f"{field}[{index}] must be an object as {field}[0] is, not {_kind(row)}")
        missing = [name for name in required if name not in row]
        if missing:
            raise bad(f"{field}[{index}] lacks the column{_s(missing)} {_names(missing)}")
        if not known.issuperset(row):
            unknown = [name for name in row if name not in known]
            raise bad(f"{field}[{index}] has the unknown column{_s(unknown)} {_names(unknown)}")
    columns = {column.name: [row.get(column.name) for row in rows] for column in schema.columns}
    return _frame(schema, columns, lambda _, row: f"{field}[{row}]")


def _from_lists(schema: InputSchema, rows: list[Any], field: str) -> pd.DataFrame | np.ndarray:
    width = len(schema.columns) if schema.named else schema.width
    if width < 0:
        width = len(rows[0])
    for index, row in enumerate(rows):
        if not isinstance(row, list):
            raise bad(f"{field}[{index}] must be a list as {field}[0] is, not {_kind(row)}")
        if len(row) != width:
            raise bad(f"{field}[{index}] has {len(row)} value{'' if len(row) == 1 else 's'}; the model takes {width}")
    if schema.named:
        columns = {column.name: [row[place] for row in rows] for place, column in enumerate(schema.columns)}
        return _frame(schema, columns, lambda _, row: f"{field}[{row}]")
    for index, row in enumerate(rows):
        for place, value in enumerate(row):
            if type(value) not in (int, float) and value is not None:
                raise bad(f"{field}[{index}][{place}] must be a number, not {shorten(value)}")
    return _matrix(rows, field)


def from_tensors(schema: InputSchema, inputs: Any) -> pd.DataFrame | np.ndarray:
    """V2 `inputs`: a tensor per column ([N] or [N,1]), or one tensor [N,columns]."""
    if not isinstance(inputs, list) or not inputs:
        raise bad("inputs must be a list of at least one tensor")
    tensors = [_tensor(item, f"inputs[{index}]") for index, item in enumerate(inputs)]
    names = [tensor.name for tensor in tensors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise bad(f"inputs has the tensor{_s(twice)} {_names(twice)} more than once")
    known = {column.name for column in schema.columns}
    if len(tensors) == 1 and tensors[0].name not in known and (not schema.named or len(tensors[0].shape) == 2):
        return _from_matrix(schema, tensors[0])
    if not schema.named:
        raise bad(f"inputs has {len(tensors)} tensors; this model takes one of shape [rows, {schema.width}]")
    return _from_columns(schema, tensors, known)


@dataclass(frozen=True)
class Tensor:
    name: str
    shape: list[int]
    datatype: str
    data: list[Any]
    """Flat, in row-major order."""


def _from_columns(schema: InputSchema, tensors: list[Tensor], known: set[str]) -> pd.DataFrame:
    unknown = [tensor.name for tensor in tensors if tensor.name not in known]
    if unknown:
        raise bad(f"inputs has the unknown tensor{_s(unknown)} {_names(unknown)}")
    by_name = {tensor.name: tensor for tensor in tensors}
    missing = [column.name for column in schema.columns if column.required and column.name not in by_name]
    if missing:
        raise bad(f"inputs lacks the tensor{_s(missing)} {_names(missing)}")
    rows = tensors[0].shape[0] if tensors[0].shape else 0
    for tensor in tensors:
        if len(tensor.shape) not in (1, 2) or tensor.shape[1:] not in ([], [1]):
            raise bad(f"inputs {tensor.name!r}: shape must be [{rows}] or [{rows},1], not {tensor.shape}")
        if tensor.shape[0] != rows:
            raise bad(f"inputs {tensor.name!r}: shape {tensor.shape} has another number of rows than {tensors[0].name!r} ({rows})")
    if rows == 0:
        raise bad(f"inputs {tensors[0].name!r}: shape {tensors[0].shape} has no rows")
    columns = {}
    for column in schema.columns:
        tensor = by_name.get(column.name)
        if tensor is not None:
            _check_accepts(column, tensor)
        columns[column.name] = [None] * rows if tensor is None else tensor.data
    return _frame(schema, columns, lambda column, row: f"inputs {column!r} data[{row}]")


def _check_accepts(column: Column, tensor: Tensor) -> None:
    accepts = COLUMN_TYPES[column.type].accepts
    if tensor.datatype not in accepts:
        raise bad(f"inputs {tensor.name!r}: datatype {tensor.datatype} does not fit column {column.name!r}, which takes {', '.join(accepts)}")


def _from_matrix(schema: InputSchema, tensor: Tensor) -> pd.DataFrame | np.ndarray:
    width = len(schema.columns) if schema.named else schema.width
    if len(tensor.shape) != 2 or tensor.shape[0] < 1 or (width >= 0 and tensor.shape[1] != width):
        wanted = f"[rows,{width}]" if width >= 0 else "[rows,columns]"
        raise bad(f"inputs {tensor.name!r}: shape must be {wanted}, not {tensor.shape}")
    rows, columns = tensor.shape
    matrix = [tensor.data[row * columns : (row + 1) * columns] for row in range(rows)]
    if not schema.named:
        if tensor.datatype not in NUMBERS:
            raise bad(f"inputs {tensor.name!r}: datatype must be one of {', '.join(NUMBERS)}, not {tensor.datatype}")
        return _matrix(matrix, f"inputs {tensor.name!r} data")
    for column in schema.columns:
        # A tensor has one datatype for columns of several: whole numbers may come as FP, as every V2 client sends them.
        whole = COLUMN_TYPES[column.type].datatype.startswith("INT") and tensor.datatype in FLOATS
        if not whole:
            _check_accepts(column, tensor)
    by_name = {column.name: [row[place] for row in matrix] for place, column in enumerate(schema.columns)}
    return _frame(schema, by_name, lambda _, row: f"inputs {tensor.name!r} row {row}")


def _tensor(item: Any, where: str) -> Tensor:
    if not isinstance(item, dict):
        raise bad(f"{where} must be an object, not {_kind(item)}")
    name = item.get("name")
    if not isinstance(name, str) or not name:
        raise bad(f"{where}.name must be the tensor's name")
    datatype = item.get("datatype")
    if datatype not in DATATYPES:
        raise bad(f"{where}.datatype must be one of {', '.join(DATATYPES)}, not {shorten(datatype)}")
    shape = item.get("shape")
    if not isinstance(shape, list) or not shape or any(type(size) is not int or size < 0 for size in shape):
        raise bad(f"{where}.shape must be a list of whole numbers, not {shorten(shape)}")
    if not isinstance(item.get("parameters", {}), dict):
        raise bad(f"{where}.parameters must be an object, not {_kind(item['parameters'])}")
    if "data" not in item:
        raise bad(f"{where}.data is missing")
    data = _flatten(item["data"], shape, f"{where}.data")
    for place, value in enumerate(data):
        check_element(datatype, value, f"{where}.data[{place}] (tensor {name!r})")
    return Tensor(name, shape, datatype, data)


def _flatten(data: Any, shape: list[int], where: str) -> list[Any]:
    """Flat or nested data in row-major order; nested data must have exactly the shape."""
    if not isinstance(data, list):
        raise bad(f"{where} must be a list, not {_kind(data)}")
    count = 1
    for size in shape:
        count *= size
    if data and isinstance(data[0], list):
        for depth, size in enumerate(shape):
            if depth > 0:
                if any(not isinstance(part, list) for part in data):
                    raise bad(f"{where} is not nested as its shape {shape} says")
                if any(len(part) != size for part in data):
                    raise bad(f"{where} does not have the shape {shape}")
                data = [value for part in data for value in part]
            elif len(data) != size:
                raise bad(f"{where} has {len(data)} parts; its shape is {shape}")
    if len(data) != count:
        raise bad(f"{where} has {len(data)} value{'' if len(data) == 1 else 's'}; its shape {shape} needs {count}")
    return data


def _frame(schema: InputSchema, columns: dict[str, list[Any]], place: Callable[[str, int], str]) -> pd.DataFrame:
    """`place` says where the value of a column and a row stood in the request."""
    data = {
        column.name: convert_column(column.name, COLUMN_TYPES[column.type], columns[column.name], partial(place, column.name))
        for column in schema.columns
    }
    return pd.DataFrame(data, copy=False)


def _matrix(rows: list[list[Any]], where: str) -> np.ndarray:
    try:
        return np.array(rows, dtype="float64")
    except (ValueError, TypeError, OverflowError):
        raise bad(f"{where} does not hold numbers of 64 bits") from None


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _names(names: list[str]) -> str:
    shown = ", ".join(shorten(name) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def _s(names: list[str]) -> str:
    return "" if len(names) == 1 else "s"
