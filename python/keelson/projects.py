"""MLflow Projects as jobs of the workspace: `mlflow run <uri> --backend keelson`, `mlflow.projects.run(uri, backend="keelson")`.

The project is read and checked here, its run is made here as mlflow makes it, and a job runs it. `backend_config` takes what
`keelson.submit` takes: image, resources, env, retries, name, namespace, service_account, labels.
"""

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any, Optional

from mlflow import MlflowClient
from mlflow.entities import RunStatus
from mlflow.projects.backend.abstract_backend import AbstractBackend
from mlflow.projects.submitted_run import SubmittedRun
from mlflow.projects.utils import fetch_and_validate_project, get_or_create_run, load_project

from .git import Git
from .job import Job, JobFailed
from .project_rules import Refused, check_parameters, requirements_of
from .submit import CHECKOUT, submit_program

_TAKEN = ("image", "resources", "env", "retries", "name", "namespace", "service_account", "labels")
#: What may go along as text: a container's argument has room for 128 KiB.
_ARCHIVE_BYTES = 90 * 1024
_LEFT_OUT = {".git", ".venv", "venv", "mlruns", "node_modules", "__pycache__", ".ipynb_checkpoints"}


class Backend(AbstractBackend):
    def run(
        self,
        project_uri: str,
        entry_point: str,
        params: Optional[dict],
        version: Optional[str],
        backend_config: dict,
        tracking_uri: str,
        experiment_id: str,
    ) -> "ProjectRun":
        """Raises ValueError for what cannot be a job, before anything is made."""
        parameters = params or {}
        # The keys in capitals are mlflow's own, of every backend.
        unknown = [key for key in backend_config if key not in _TAKEN and not key.isupper() and key not in ("build_image", "docker_auth")]
        if unknown:
            raise ValueError(f"backend_config has no {', '.join(unknown)}: it takes {', '.join(_TAKEN)}.")
        folder = fetch_and_validate_project(project_uri, version, entry_point, parameters)
        project = load_project(folder)
        check_parameters(project.get_entry_point(entry_point), parameters)
        requirements_of(project)
        spec = {"uri": project_uri, "version": version, "entry_point": entry_point, "parameters": parameters}
        source, commit = _source(project_uri, version, folder)
        run = get_or_create_run(None, project_uri, experiment_id, folder, version, entry_point, parameters)
        run_id = run.info.run_id
        options = {key: backend_config[key] for key in _TAKEN if key in backend_config}
        try:
            job = submit_program(
                ["python", "-m", "keelson.project_runner"],
                git=commit,
                base_name=project.name or "project",
                **{
                    **options,
                    "env": {
                        **options.get("env", {}),
                        "KEELSON_PROJECT": json.dumps({**spec, **source}),
                        "MLFLOW_RUN_ID": run_id,
                        "MLFLOW_EXPERIMENT_ID": str(experiment_id),
                    },
                },
            )
        except Exception:
            MlflowClient().set_terminated(run_id, "FAILED")
            raise
        return ProjectRun(run_id, job)


def _source(uri: str, version: Optional[str], folder: str) -> tuple:
    """How the pod gets the project: as a commit of its repository, or, a folder of this machine, packed."""
    address, _, subfolder = uri.strip("'\"").partition("#")
    if Path(address).exists():
        return {"archive": _packed(Path(folder))}, None
    from mlflow.utils.git_utils import get_git_commit

    commit = get_git_commit(folder) or version
    if commit is None:
        raise Refused(f"{address} is neither a repository nor a folder here.")
    source = Git(address, commit, f"{subfolder}/MLproject" if subfolder else "MLproject")
    return {"folder": f"{CHECKOUT}/{subfolder}"}, source


def _packed(folder: Path) -> str:
    buffer = io.BytesIO()

    def chosen(entry: tarfile.TarInfo) -> Optional[tarfile.TarInfo]:
        return None if _LEFT_OUT & set(Path(entry.name).parts) else entry

    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=".", filter=chosen)
    if buffer.tell() > _ARCHIVE_BYTES:
        raise Refused(
            f"The folder has {buffer.tell() // 1024} KiB packed, and {_ARCHIVE_BYTES // 1024} can be sent: "
            "push it to a repository and give its address."
        )
    return base64.b64encode(buffer.getvalue()).decode()


class ProjectRun(SubmittedRun):
    """The run and its job."""

    def __init__(self, run_id: str, job: Job) -> None:
        super().__init__()
        self._run_id, self.job = run_id, job

    @property
    def run_id(self) -> str:
        return self._run_id

    def wait(self) -> bool:
        """Prints the job's log as it comes. True when it succeeded."""
        for line in self.job.logs(follow=True):
            print(line, flush=True)
        try:
            self.job.wait()
        except JobFailed:
            return False
        return True

    def get_status(self) -> str:
        states: dict[str, Any] = {"Succeeded": RunStatus.FINISHED, "Failed": RunStatus.FAILED, "Running": RunStatus.RUNNING}
        return RunStatus.to_string(states.get(self.job.status(), RunStatus.SCHEDULED))

    def cancel(self) -> None:
        """Takes the job away; its log and its run stay."""
        self.job.delete()
        MlflowClient().set_terminated(self._run_id, "KILLED")
