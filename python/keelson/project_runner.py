"""Runs an MLflow Project in the pod of a job: `python -m keelson.project_runner`.

Reads KEELSON_PROJECT, a JSON object:
    uri            where the project is from, as a person wrote it; recorded on the run
    folder         where it is in the pod; or
    archive        a gzipped tar of it, in base64
    version        branch, tag or commit that was asked for, or null
    entry_point    "main" by default
    parameters     names and values of the entry point's parameters
and MLFLOW_RUN_ID where the run was made already. What of it is recorded, and how, is mlflow's own doing.
"""

import base64
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.projects.utils import get_entry_point_command, get_or_create_run, get_run_env_vars, load_project
from mlflow.tracking.fluent import _get_experiment_id
from mlflow.utils.mlflow_tags import MLFLOW_PROJECT_BACKEND, MLFLOW_PROJECT_ENV

from .project_rules import Refused, check_parameters, requirements_of

_WHY = "keelson.dev/failed-because"


def main() -> None:
    spec = json.loads(os.environ["KEELSON_PROJECT"])
    run_id = os.environ.get("MLFLOW_RUN_ID") or None
    client = MlflowClient()
    try:
        folder = _folder(spec)
        project = load_project(folder)
        name, parameters = spec.get("entry_point") or "main", spec.get("parameters") or {}
        entry = project.get_entry_point(name)
        check_parameters(entry, parameters)
        if run_id is None:
            run = get_or_create_run(
                None, spec["uri"], _get_experiment_id(), folder, spec.get("version"), name, parameters
            )
            run_id = run.info.run_id
            client.set_tag(run_id, MLFLOW_PROJECT_BACKEND, "keelson")
        # From here on the run is this pod's: when the pod goes, it ends.
        client.update_run(run_id, status="RUNNING")
        client.set_tag(run_id, MLFLOW_PROJECT_ENV, "conda" if project.env_type == "conda_env" else "virtualenv")
        packages = _install(requirements_of(project, f"{sys.version_info[0]}.{sys.version_info[1]}"), folder)
        code = _run(client, run_id, folder, get_entry_point_command(project, name, parameters, None)[0], packages)
    except (Refused, MlflowException) as error:
        if run_id is not None:
            client.set_tag(run_id, _WHY, str(error)[:5000])
            client.set_terminated(run_id, "FAILED")
        sys.exit(f"The project cannot run: {error}")
    except Exception:
        if run_id is not None:
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED" if code == 0 else "FAILED")
    sys.exit(code)


def _folder(spec: dict) -> str:
    if "archive" not in spec:
        folder = spec["folder"]
        if not Path(folder).is_dir():
            raise Refused(f"The repository has no folder {Path(folder).name!r}.")
        return folder
    folder = tempfile.mkdtemp(prefix="project-")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(spec["archive"])), mode="r:gz") as archive:
        # Python 3.10 and 3.11 have the filter in their later releases only. The archive is the submitter's own.
        archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return folder


def _install(packages: list, folder: str) -> str:
    """Lays the project's packages over the image's; gives their folder. pip may be the image's or of the Python below it."""
    if not packages:
        return ""
    into = tempfile.mkdtemp(prefix="packages-")
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode != 0:
        pip = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "--python", sys.executable]
    words = [word for each in packages for word in (each.split(maxsplit=1) if each.startswith("-") else [each])]
    print(f"=== Installing {', '.join(packages)} ===", flush=True)
    done = subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", "--target", into, *words], cwd=folder)
    if done.returncode != 0:
        raise Refused("Its packages could not be installed: pip says above why.")
    return into


def _run(client: Any, run_id: str, folder: str, command: str, packages: str) -> int:
    path = os.pathsep.join(filter(None, [packages, os.environ.get("PYTHONPATH")]))
    own = os.pathsep.join(filter(None, [f"{packages}/bin" if packages else "", str(Path(sys.executable).parent)]))
    experiment_id = client.get_run(run_id).info.experiment_id
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        **get_run_env_vars(run_id, experiment_id),
    }
    print(f"=== Running {command!r} in run {run_id} ===", flush=True)
    process = subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment)
    # The pod is asked to end by a signal to this process alone.
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main()
