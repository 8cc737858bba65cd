"""Brings a model to this machine: by the unmodified `mlflow` client, or from a folder that is here already."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from .errors import LoadError

FETCHED_SCHEMES = ("models", "runs", "mlflow-artifacts")
META_FILE = "registered_model_meta"


def fetch(uri: str, into: Path) -> tuple[Path, str | None]:
    """The folder (or file) of the model, and the registered version it is when the address says so."""
    scheme = urlparse(uri).scheme
    if scheme in FETCHED_SCHEMES:
        return _download(uri, into)
    if scheme == "file":
        return _local(Path(unquote(urlparse(uri).path))), None
    if scheme == "" or Path(uri).exists():
        return _local(Path(uri)), None
    known = ", ".join(f"{name}:/" for name in FETCHED_SCHEMES)
    raise LoadError(f"the storage address {uri} is of a kind this server does not fetch; it knows {known} and folders")


def _local(path: Path) -> Path:
    if not path.exists():
        raise LoadError(f"there is nothing at {path}")
    return path


def _download(uri: str, into: Path) -> tuple[Path, str | None]:
    import mlflow.artifacts
    from mlflow.exceptions import MlflowException

    into.mkdir(parents=True, exist_ok=True)
    try:
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(into)))
    except MlflowException as problem:
        raise LoadError(f"{uri} could not be fetched: {problem.message}") from problem
    except Exception as problem:  # the client lets errors of `requests` and of the file system through
        raise LoadError(f"{uri} could not be fetched: {problem}") from problem
    return folder, _version_of(uri, folder)


def _version_of(uri: str, folder: Path) -> str | None:
    named = re.fullmatch(r"models:/[^/@]+/(\d+)/?", uri)
    if named:
        return named.group(1)
    meta = folder / META_FILE  # the client writes what an alias or a stage stood for
    if meta.is_file():
        found = re.search(r"^model_version:\s*['\"]?(\d+)", meta.read_text(), re.MULTILINE)
        return found.group(1) if found else None
    return None
