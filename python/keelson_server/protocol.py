"""KServe V1 and V2 (Open Inference Protocol) in JSON: which path is what, and what is answered.

Sources: KServe "V1 Inference Protocol"; Open Inference Protocol, `inference_rest.md`. Where the well-known servers answer a
bad request with 500, this one says 400 and names the field.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from . import table
from .datatypes import datatype_of, to_json_list
from .errors import RequestError, bad, shorten
from .model import PREDICT, PREDICT_PROBA, LoadedModel

SERVER_NAME = "keelson-server"
SERVER_VERSION = "0.1.0"
BINARY_HEADER = "inference-header-content-length"


@dataclass
class Served:
    """The one model of this process, while it loads, when it is there, and when it could not be loaded."""

    name: str
    model: LoadedModel | None = None
    failure: str | None = None
    draining: bool = False
    predict_proba: bool = False
    """V1 answers probabilities instead of labels (KServe's PREDICT_PROBA)."""

    def ready_model(self) -> LoadedModel:
        if self.failure is not None:
            raise RequestError(503, f"Model with name {self.name} could not be loaded: {self.failure}")
        if self.model is None:
            raise RequestError(503, f"Model with name {self.name} is not ready: it is being loaded.")
        return self.model


Answer = tuple[int, Any]
Handler = Callable[[Served, bytes, dict[str, str], dict[str, str]], Answer]


def respond(served: Served, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """The status and the JSON value for one request. Never throws."""
    try:
        methods: set[str] = set()
        for pattern, allowed, handle in ROUTES:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method in allowed:
                return handle(served, body, headers, found.groupdict())
            methods.update(allowed)
        if methods:
            raise RequestError(405, f"{method} is not allowed here; use {', '.join(sorted(methods))}")
        raise RequestError(404, f"there is nothing at {path}")
    except RequestError as refused:
        return refused.status, {"error": refused.message}


def _alive(served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    return 200, {"status": "alive"}


def _live(served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    return 200, {"live": True}


def _ready(served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    if served.draining:
        return 503, {"ready": False, "error": "the server is stopping"}
    try:
        served.ready_model()
    except RequestError as refused:
        return 503, {"ready": False, "error": refused.message}
    return 200, {"ready": True}


def _server(_served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    return 200, {"name": SERVER_NAME, "version": SERVER_VERSION, "extensions": []}


def _list(served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    return 200, {"models": [served.name]}


def _named(served: Served, at: dict[str, str]) -> None:
    if at["model"] != served.name:
        raise RequestError(404, f"Model with name {at['model']} does not exist.")
    version = at.get("version")
    if version is not None and (served.model is None or version != served.model.version):
        raise RequestError(404, f"Model with name {served.name} has no version {version}.")


def _v1_model(served: Served, _body: bytes, _headers: dict[str, str], at: dict[str, str]) -> Answer:
    _named(served, at)
    served.ready_model()
    return 200, {"name": served.name, "ready": True}


def _v1_predict(served: Served, body: bytes, headers: dict[str, str], at: dict[str, str]) -> Answer:
    _named(served, at)
    model = served.ready_model()
    request = _object(body, headers)
    field = "instances" if "instances" in request or "inputs" not in request else "inputs"
    if field not in request:
        raise bad('instances is missing: send {"instances": [[...], ...]} or [{"column": value, ...}, ...]')
    outputs = _v1_outputs(served, model, request)
    answers = model.ask(table.from_instances(model.inputs, request[field], field), outputs)
    main = PREDICT_PROBA if PREDICT_PROBA in answers and PREDICT not in answers else None
    answer: dict[str, Any] = {"predictions": _v1_predictions(answers, main)}
    if main is None and PREDICT_PROBA in answers:
        answer["probabilities"] = to_json_list(answers[PREDICT_PROBA])
    return 200, answer


def _v1_outputs(served: Served, model: LoadedModel, request: dict[str, Any]) -> list[str]:
    """V1 asks for labels; `"parameters": {"predict_proba": true}` asks for the probabilities beside them."""
    parameters = request.get("parameters", {})
    if not isinstance(parameters, dict):
        raise bad(f"parameters must be an object, not {shorten(parameters)}")
    wanted = parameters.get(PREDICT_PROBA, False)
    if not isinstance(wanted, bool):
        raise bad(f"parameters.{PREDICT_PROBA} must be true or false, not {shorten(wanted)}")
    if PREDICT_PROBA not in model.output_names:
        if wanted:
            raise bad(f"parameters.{PREDICT_PROBA}: this model gives no probabilities")
        return list(model.output_names)
    if wanted:
        return [PREDICT, PREDICT_PROBA]
    return [PREDICT_PROBA] if served.predict_proba else [PREDICT]


def _v1_predictions(answers: dict[str, np.ndarray], main: str | None) -> list[Any]:
    if main is not None:
        return to_json_list(answers[main])
    if PREDICT in answers or len(answers) == 1:
        return to_json_list(answers[PREDICT] if PREDICT in answers else next(iter(answers.values())))
    lists = {name: to_json_list(answer) for name, answer in answers.items()}
    return [dict(zip(lists, row)) for row in zip(*lists.values())]


def _v1_explain(served: Served, _body: bytes, _headers: dict[str, str], at: dict[str, str]) -> Answer:
    _named(served, at)
    raise RequestError(501, f"Model with name {served.name} has no explainer.")


def _v2_model(served: Served, _body: bytes, _headers: dict[str, str], at: dict[str, str]) -> Answer:
    _named(served, at)
    model = served.ready_model()
    versions = [] if model.version is None else [model.version]
    described = {"name": served.name, "versions": versions, "platform": model.platform}
    return 200, {**described, "inputs": model.inputs.metadata(), "outputs": model.outputs}


def _v2_model_ready(served: Served, _body: bytes, _headers: dict[str, str], at: dict[str, str]) -> Answer:
    if at["model"] != served.name:
        _named(served, at)
    status, ready = _ready(served, _body, _headers, at)
    return status, {"name": served.name, **ready}


def _v2_infer(served: Served, body: bytes, headers: dict[str, str], at: dict[str, str]) -> Answer:
    _named(served, at)
    if BINARY_HEADER in headers:
        raise RequestError(501, "the binary tensor data extension is not supported here: send the tensors' data as JSON")
    model = served.ready_model()
    request = _object(body, headers)
    request_id = _request_id(request, headers)
    _check_parameters(request.get("parameters", {}), "parameters")
    outputs = _v2_outputs(model, request.get("outputs"))
    if "inputs" not in request:
        raise bad('inputs is missing: send {"inputs": [{"name", "shape", "datatype", "data"}, ...]}')
    answers = model.ask(table.from_tensors(model.inputs, request["inputs"]), outputs)
    described = {"model_name": served.name, "id": request_id, "outputs": [_v2_tensor(name, answers[name]) for name in outputs]}
    return 200, described if model.version is None else {"model_version": model.version, **described}


def _request_id(request: dict[str, Any], headers: dict[str, str]) -> str:
    """The caller's id, else that of the gateway in front, else a new one."""
    given = request.get("id")
    if given is None or given == "":
        return headers.get("x-request-id") or str(uuid.uuid4())
    if not isinstance(given, str):
        raise bad(f"id must be a string, not {shorten(given)}")
    return given


def _check_parameters(parameters: Any, where: str) -> None:
    if not isinstance(parameters, dict):
        raise bad(f"{where} must be an object, not {shorten(parameters)}")
    for name in ("binary_data_output", "binary_data"):
        if parameters.get(name) is True:
            raise RequestError(501, f"{where}.{name}: the binary tensor data extension is not supported here; ask for JSON")
    for name in ("sequence_id", "classification"):
        if parameters.get(name):
            raise RequestError(501, f"{where}.{name} is not supported here")


def _v2_outputs(model: LoadedModel, outputs: Any) -> list[str]:
    """The asked outputs; without any, all that the model has (the protocol's rule)."""
    if outputs is None or outputs == []:
        return list(model.output_names)
    if not isinstance(outputs, list):
        raise bad(f"outputs must be a list, not {shorten(outputs)}")
    names: list[str] = []
    for place, output in enumerate(outputs):
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            raise bad(f"outputs[{place}].name must be the name of an output")
        if name not in model.output_names:
            raise bad(f"outputs[{place}].name: the model has no output {shorten(name)}; it has {', '.join(model.output_names)}")
        _check_parameters(output.get("parameters", {}), f"outputs[{place}].parameters")
        if name in names:
            raise bad(f"outputs[{place}].name: {name!r} is asked for twice")
        names.append(name)
    return names


def _v2_tensor(name: str, answer: np.ndarray) -> dict[str, Any]:
    values = to_json_list(answer.reshape(-1))
    return {"name": name, "shape": list(answer.shape), "datatype": datatype_of(answer), "data": values}


def _repository(_served: Served, _body: bytes, _headers: dict[str, str], _at: dict[str, str]) -> Answer:
    raise RequestError(501, "the model repository extension is not supported here: this server has one model for its life")


def _object(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    encoding = headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise RequestError(415, f"the content encoding {shorten(encoding)} is not supported here: send the body as it is")
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except RequestError:
        raise
    except (ValueError, RecursionError) as problem:
        raise bad(f"the body is not JSON: {shorten(str(problem), 200)[1:-1]}") from None
    if not isinstance(value, dict):
        raise bad("the body must be a JSON object")
    return value


def _no_constant(name: str) -> None:
    raise bad(f"the body is not JSON: it has a bare {name}; send null for a missing number")


_MODEL = r"(?P<model>[^/:]+)"
_V2 = rf"/v2/models/{_MODEL}(?:/versions/(?P<version>[^/]+))?"

ROUTES: list[tuple[re.Pattern[str], tuple[str, ...], Handler]] = [
    (re.compile(pattern), methods, handle)
    for pattern, methods, handle in [
        (rf"/v1/models/{_MODEL}:predict", ("POST",), _v1_predict),
        (rf"{_V2}/infer", ("POST",), _v2_infer),
        (rf"{_V2}/ready", ("GET",), _v2_model_ready),
        (_V2, ("GET",), _v2_model),
        (r"/v2/health/ready", ("GET",), _ready),
        (r"/v2/health/live", ("GET",), _live),
        (r"/v2/?", ("GET",), _server),
        (rf"/v1/models/{_MODEL}", ("GET",), _v1_model),
        (r"/v1/models/?", ("GET",), _list),
        (rf"/v1/models/{_MODEL}:explain", ("POST",), _v1_explain),
        (rf"/v2/repository/(index|models/{_MODEL}/(load|unload))", ("POST",), _repository),
        (r"/", ("GET",), _alive),
    ]
]
