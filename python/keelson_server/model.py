"""A loaded model: what it takes, what it gives, and how it is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pandas as pd
import yaml

from .batching import Batcher
from .datatypes import ANY, COLUMN_TYPES, datatype_of
from .errors import LoadError, RequestError, bad, shorten
from .table import Column, InputSchema

MODEL_SUFFIXES = (".joblib", ".pkl", ".pickle")
PREDICT = "predict"
PREDICT_PROBA = "predict_proba"

Rows = pd.DataFrame | np.ndarray


@dataclass
class LoadedModel:
    """One model in memory. `ask` is safe to call from several threads."""

    platform: str
    version: str | None
    inputs: InputSchema
    outputs: list[dict[str, Any]]
    """V2 metadata of what it can answer; the first is the default of V1."""
    estimator: Any
    pyfunc: bool

    def __post_init__(self) -> None:
        self.output_names = [output["name"] for output in self.outputs]
        steps = getattr(self.estimator, "steps", None)
        # A pipeline prepares the rows once for both its answers: the same thing that its own predict and predict_proba do.
        self._prepare = self.estimator[:-1] if not self.pyfunc and isinstance(steps, list) and len(steps) > 1 else None
        self._last = self.estimator[-1] if self._prepare is not None else self.estimator

        # A pyfunc model may look at its rows together, and columns of unknown type may differ between callers.
        alike = not self.pyfunc and all(column.type != ANY for column in self.inputs.columns)
        self.ask = Batcher(self._guarded).ask if alike else self._guarded

    def _guarded(self, rows: Rows, outputs: list[str]) -> dict[str, np.ndarray]:
        """The asked outputs, one entry per row each. A row the model itself refuses is the caller's fault: 400."""
        try:
            return self._ask(rows, outputs)
        except RequestError:
            raise
        except (ValueError, TypeError, KeyError, IndexError) as problem:
            raise bad(f"the model refused the rows: {_first_line(problem)}") from problem

    def _ask(self, rows: Rows, outputs: list[str]) -> dict[str, np.ndarray]:
        if self.pyfunc:
            answers = _as_outputs(self.estimator.predict(rows))
            if len(answers) == 1 == len(self.output_names):  # a lone answer needs no name to be the signature's one
                answers = {self.output_names[0]: next(iter(answers.values()))}
        else:
            prepared = rows if self._prepare is None else self._prepare.transform(rows)
            answers = {name: _as_array(getattr(self._last, name)(prepared)) for name in outputs}
        for name in outputs:
            if name not in answers:
                raise RequestError(500, f"the model did not answer {name!r}, which its signature promises")
            if len(answers[name]) != len(rows):
                raise RequestError(500, f"the model gave {len(answers[name])} answers to {len(rows)} rows")
        return {name: answers[name] for name in outputs}


def load(folder: Path, version: str | None) -> LoadedModel:
    """Loads an MLflow model (sklearn or pyfunc) or a folder (or file) with exactly one pickled estimator."""
    if not folder.exists():
        raise LoadError(f"there is nothing at {folder}")
    if (folder / "MLmodel").is_file():
        return _load_mlflow(folder, version)
    return _load_pickle(folder, version)


def _load_mlflow(folder: Path, version: str | None) -> LoadedModel:
    try:
        description = yaml.safe_load((folder / "MLmodel").read_text())
        flavors = description["flavors"]
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as problem:
        raise LoadError(f"its MLmodel file cannot be read: {_first_line(problem)}") from problem
    signature = description.get("signature") or {}
    schema = _input_schema(signature.get("inputs"))
    if "sklearn" in flavors:
        import mlflow.sklearn

        estimator = _opened("the sklearn model", lambda: mlflow.sklearn.load_model(str(folder)))
        _warn_of_versions(flavors["sklearn"].get("sklearn_version"))
        return _sklearn(estimator, version, schema)
    if "python_function" in flavors:
        import mlflow.pyfunc

        model = _opened("the pyfunc model", lambda: mlflow.pyfunc.load_model(str(folder)))
        outputs = _pyfunc_outputs(signature.get("outputs"))
        return LoadedModel("mlflow_pyfunc", version, schema or InputSchema((), -1), outputs, model, pyfunc=True)
    raise LoadError(f"its MLmodel file has the flavors {', '.join(flavors)}; this server knows sklearn and python_function")


def _load_pickle(path: Path, version: str | None) -> LoadedModel:
    import joblib

    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix in MODEL_SUFFIXES)
    if len(files) != 1:
        found = f"it has {len(files)}: {', '.join(file.name for file in files)}" if files else "it has none"
        raise LoadError(f"the folder must hold an MLmodel file or exactly one {', '.join(MODEL_SUFFIXES)} file; {found}")
    return _sklearn(_opened(files[0].name, lambda: joblib.load(files[0])), version, None)


def _opened(what: str, read: Callable[[], Any]) -> Any:
    """A file or folder of a stranger's making: whatever reading it throws is a reason for the person."""
    try:
        return read()
    except Exception as problem:
        raise LoadError(f"{what} could not be loaded: {type(problem).__name__}: {_first_line(problem)}") from problem


def _sklearn(estimator: Any, version: str | None, schema: InputSchema | None) -> LoadedModel:
    if not hasattr(estimator, PREDICT):
        raise LoadError(f"it holds a {type(estimator).__name__}, which cannot predict")
    if schema is None:
        schema = _fitted_schema(estimator)
    outputs = [{"name": PREDICT, "datatype": _label_datatype(estimator), "shape": [-1]}]
    classes = getattr(estimator, "classes_", None)
    if hasattr(estimator, PREDICT_PROBA) and isinstance(classes, np.ndarray):
        parameters = {"classes": [str(label) for label in classes.tolist()]}
        outputs.append({"name": PREDICT_PROBA, "datatype": "FP64", "shape": [-1, len(classes)], "parameters": parameters})
    return LoadedModel("sklearn", version, schema, outputs, estimator, pyfunc=False)


def _fitted_schema(estimator: Any) -> InputSchema:
    """What a model without a signature was fitted on: columns whose names are known and types are not, or plain rows."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return InputSchema(tuple(Column(str(name), ANY, True) for name in names), len(names))
    return InputSchema((), int(getattr(estimator, "n_features_in_", -1)))


def _label_datatype(estimator: Any) -> str:
    classes = getattr(estimator, "classes_", None)
    return datatype_of(classes) if isinstance(classes, np.ndarray) else "FP64"


def _input_schema(text: str | None) -> InputSchema | None:
    """The inputs of an MLflow signature (JSON text inside MLmodel); None when there is none."""
    if not text:
        return None
    specs = json.loads(text)
    if specs and specs[0].get("type") == "tensor":
        shape = specs[0]["tensor-spec"]["shape"]
        if len(specs) > 1 or len(shape) != 2:
            raise LoadError("its signature has tensors other than one of two dimensions, which this server does not serve")
        return InputSchema((), int(shape[1]))
    columns = []
    for place, spec in enumerate(specs):
        kind = spec.get("type")
        if kind not in COLUMN_TYPES or kind == ANY:
            raise LoadError(f"its signature has a column of type {kind!r}, which this server does not serve; it knows {', '.join(name for name in COLUMN_TYPES if name != ANY)}")
        columns.append(Column(spec.get("name") or f"input-{place}", kind, bool(spec.get("required", True))))
    return InputSchema(tuple(columns), len(columns))


def _pyfunc_outputs(text: str | None) -> list[dict[str, Any]]:
    specs = json.loads(text) if text else []
    if not specs:
        return [{"name": PREDICT, "datatype": "BYTES", "shape": [-1]}]
    outputs = []
    for spec in specs:
        name = spec.get("name") or PREDICT
        if spec.get("type") == "tensor":
            dtype = np.dtype(spec["tensor-spec"]["dtype"])
            outputs.append({"name": name, "datatype": datatype_of(np.empty(0, dtype)), "shape": spec["tensor-spec"]["shape"]})
        else:
            kind = COLUMN_TYPES.get(spec.get("type"))
            outputs.append({"name": name, "datatype": kind.datatype if kind else "BYTES", "shape": [-1]})
    return outputs


def _as_outputs(answer: Any) -> dict[str, np.ndarray]:
    if isinstance(answer, pd.DataFrame):
        return {str(name): _as_array(answer[name]) for name in answer.columns}
    if isinstance(answer, dict):
        return {str(name): _as_array(value) for name, value in answer.items()}
    return {PREDICT: _as_array(answer)}


def _as_array(answer: Any) -> np.ndarray:
    if isinstance(answer, (pd.Series, pd.Index)):
        answer = answer.to_numpy()
    if hasattr(answer, "toarray"):
        answer = answer.toarray()
    return answer if isinstance(answer, np.ndarray) else np.asarray(answer)


def _warn_of_versions(trained_with: str | None) -> None:
    import sklearn

    if trained_with and trained_with.split(".")[:2] != sklearn.__version__.split(".")[:2]:
        print(f"warning: trained with scikit-learn {trained_with}, served with {sklearn.__version__}", flush=True)


def _first_line(problem: BaseException) -> str:
    text = str(problem.args[0]) if isinstance(problem, KeyError) and problem.args else str(problem)
    return shorten((text.splitlines() or [type(problem).__name__])[0], 300).strip("'\"")
