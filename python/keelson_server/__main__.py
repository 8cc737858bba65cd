"""`python -m keelson_server --model_name churn --storage_uri models:/churn/3 --host 127.0.0.1 --port 8080`"""

from __future__ import annotations

import argparse
import atexit
import collections
import json
import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from .http_server import HttpServer
from .protocol import Served, respond

DRAIN_SECONDS = 20.0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="keelson_server", description="Serves one model by KServe V1 and V2.")
    parser.add_argument("--model_name", required=True, help="the name in the paths: /v1/models/NAME")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--storage_uri", help="models:/, runs:/, mlflow-artifacts:/, or a folder")
    source.add_argument("--model_dir", help="a folder that is here already (KServe's /mnt/models)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", "--http_port", type=int, default=8080)
    parser.add_argument("--max_body_bytes", type=int, default=64 * 1024 * 1024)
    parser.add_argument(
        "--predict_proba", action="store_true", default=os.environ.get("PREDICT_PROBA", "").lower() == "true",
        help="V1 answers a classifier's probabilities instead of its labels (also PREDICT_PROBA=true)",
    )  # fmt: skip
    parser.add_argument("--failure_linger_seconds", type=float, default=3.0, help="how long a failed load is told to probes before the exit")
    parser.add_argument("--termination_log", default="/dev/termination-log", help="written (when it exists) with the reason of a failed load")
    return parser.parse_args()


def main() -> int:
    chosen = options()
    served = Served(chosen.model_name, predict_proba=chosen.predict_proba)
    try:
        server = HttpServer(chosen.host, chosen.port, answerer(served), chosen.max_body_bytes, head_of(served))
    except OSError as problem:
        return fail(chosen, f"cannot listen on {chosen.host}:{chosen.port}: {problem.strerror or problem}", [])
    server.start()
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    print(f"listening on http://{chosen.host}:{server.port}, loading {chosen.storage_uri or chosen.model_dir}", flush=True)
    lines = keep_last_lines()
    threading.Thread(target=load, args=(chosen, served, stopped), name="load", daemon=True).start()
    stopped.wait()
    if served.failure is not None:
        time.sleep(chosen.failure_linger_seconds)
        return fail(chosen, served.failure, list(lines))
    served.draining = True
    server.stop(DRAIN_SECONDS)
    return 0


def answerer(served: Served):
    """The protocol as bytes. What is thrown here is a fault of this server: logged in full, told in one sentence."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            status, value = respond(served, method, path, headers, body)
            return status, json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        except Exception:
            traceback.print_exc()
            return 500, b'{"error":"the model server failed on this request; its log says why"}'

    return answer


def head_of(served: Served):
    """Says on each answer which revision and version gave it: while two are behind one address, nothing else knows."""
    revision = os.environ.get("KEELSON_REVISION", "")
    line = f"x-keelson-revision: {revision}\r\n" if re.fullmatch(r"[a-z0-9.-]{1,253}", revision) else ""

    def head() -> str:
        version = served.model.version if served.model is not None else None
        return line if version is None else f"{line}x-keelson-model-version: {version}\r\n"

    return head


def load(chosen: argparse.Namespace, served: Served, stopped: threading.Event) -> None:
    """Fetches and loads the model beside the listener, so that probes are answered meanwhile."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="keelson-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # a pyfunc model may read its files at any time
    try:
        # Imported here: mlflow and scikit-learn take seconds, and liveness is answered meanwhile.
        from . import model, storage

        path, version = storage.fetch(chosen.storage_uri or chosen.model_dir, folder)
        served.model = model.load(path, version)
        print(f"ready after {time.monotonic() - started:.1f} s: {served.model.platform}, {len(served.model.inputs.columns)} named columns", flush=True)
    except BaseException as problem:
        logging.getLogger("keelson_server").error("the model could not be loaded", exc_info=True)
        served.failure = reason_of(problem)
        stopped.set()


def reason_of(problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    known = type(problem).__name__ == "LoadError"
    return text[:1000] if known else f"{type(problem).__name__}: {text}"[:1000]


class LastLines(logging.Handler):
    """The last lines that were logged, for the termination message."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: collections.deque[str] = collections.deque(maxlen=20)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(self.format(record).splitlines())


def keep_last_lines() -> collections.deque[str]:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    handler = LastLines()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger().addHandler(handler)
    return handler.lines


def fail(chosen: argparse.Namespace, reason: str, lines: list[str]) -> int:
    """Says the reason last on the log (the fallback termination message) and in the termination file. Exit code 1."""
    message = f"ModelLoadFailed: {reason}"
    print(message, file=sys.stderr, flush=True)
    log = Path(chosen.termination_log)
    if log.exists():  # Kubernetes makes it; elsewhere nothing is left behind
        try:
            log.write_text("\n".join([message, *lines[-20:]])[-4000:])
        except OSError:
            pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
