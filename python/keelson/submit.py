"""From a function, a script or a commit to a job of the cluster."""

import json
import os
import re
import uuid
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from kubernetes import client

from .cluster import connect, own_namespace
from .git import Git
from .job import Job
from .kinds import Kind, kind_of
from .source import LOADER, literal, source_of

_DEFAULT_IMAGE = "keelson/python:1"
_GIT_IMAGE = "alpine/git"
CHECKOUT = "/opt/keelson/source"
_MOUNT = {"name": "source", "mountPath": CHECKOUT}


def submit(
    what: Union[Callable[..., Any], str, Path, None] = None,
    *,
    kind: str = "Job",
    replicas: int = 1,
    image: Optional[str] = None,
    arguments: Union[Mapping[str, Any], Sequence[str], None] = None,
    requirements: Sequence[str] = (),
    env: Optional[Mapping[str, str]] = None,
    resources: Optional[Mapping[str, Union[str, int]]] = None,
    git: Optional[Git] = None,
    retries: int = 0,
    name: Optional[str] = None,
    namespace: Optional[str] = None,
    service_account: str = "default-editor",
    labels: Optional[Mapping[str, str]] = None,
    dry_run: bool = False,
) -> Union[Job, dict]:
    """Makes a job that runs `what` (a function, or the path of a script), or a file of a commit (`git=`).

    kind: Job, PyTorchJob, TFJob, XGBoostJob, PaddleJob or JAXJob. replicas: all of them, the first one included; each runs the
    same program. arguments: keyword arguments of a function, or words for a script. requirements: as pip takes them, installed
    when a pod starts. resources: per replica, as requests and limits alike ({"cpu": "500m", "memory": "1Gi",
    "nvidia.com/gpu": 1}). retries: how often pods that failed are started anew. The pods run as `service_account` and find MLflow
    as notebooks do; a run that they log carries the commit. dry_run: gives the manifest and makes nothing.

    Raises ValueError or TypeError for what cannot be a job, kubernetes.client.ApiException for what the cluster refuses.
    """
    if (what is None) == (git is None):
        raise TypeError("Give either a function or a script, or git=Git(…).")
    if replicas < 1 or retries < 0:
        raise ValueError("replicas is 1 or more, retries is 0 or more.")
    kind_of(kind)
    commit = git.pinned() if git else None
    return submit_program(
        ["python", "-c", LOADER, *_words(what, commit, arguments, requirements)],
        base_name=commit.path if commit else what if isinstance(what, (str, Path)) else getattr(what, "__name__", ""),
        kind=kind,
        replicas=replicas,
        image=image,
        env=env,
        resources=resources,
        git=commit,
        retries=retries,
        name=name,
        namespace=namespace,
        service_account=service_account,
        labels=labels,
        dry_run=dry_run,
    )


def submit_program(
    program: Sequence[str],
    *,
    base_name: Union[str, Path],
    kind: str = "Job",
    replicas: int = 1,
    image: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    resources: Optional[Mapping[str, Union[str, int]]] = None,
    git: Optional[Git] = None,
    retries: int = 0,
    name: Optional[str] = None,
    namespace: Optional[str] = None,
    service_account: str = "default-editor",
    labels: Optional[Mapping[str, str]] = None,
    dry_run: bool = False,
) -> Union[Job, dict]:
    """Makes a job whose replicas run `program`, in the checkout of `git` (a whole hash) where there is one. The rest as in submit."""
    wanted, commit = kind_of(kind), git
    base = name or _name_of(base_name)
    container = _container(wanted, commit, program, env or {}, resources or {})
    container["image"] = image or os.environ.get("KEELSON_JOB_IMAGE", _DEFAULT_IMAGE)
    pod = {"serviceAccountName": service_account, "containers": [container], **(_checkout(commit) if commit else {})}
    manifest = {
        "apiVersion": wanted.api_version,
        "kind": kind,
        "metadata": {
            "name": base if name else f"{base}-{uuid.uuid4().hex[:6]}",
            "labels": {"app.kubernetes.io/created-by": "keelson-python", **(labels or {})},
            "annotations": _annotations(commit),
        },
        "spec": _spec(wanted, replicas, retries, pod),
    }
    if dry_run:
        return manifest
    api = connect()
    return Job.create(api, wanted, namespace or own_namespace(), manifest)


def _name_of(what: Union[str, Path]) -> str:
    text = Path(what).stem
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "job"


def _annotations(commit: Optional[Git]) -> dict:
    if commit is None:
        return {}
    return {
        "keelson.dev/git-repository": commit.repository,
        "keelson.dev/git-commit": commit.commit,
        "keelson.dev/git-path": commit.path,
    }


def _spec(kind: Kind, replicas: int, retries: int, pod: dict) -> dict:
    if not kind.replicas:
        pod["restartPolicy"] = "Never"
        indexed = {"completionMode": "Indexed", "completions": replicas} if replicas > 1 else {}
        return {"parallelism": replicas, **indexed, "backoffLimit": retries, "template": _template(pod)}
    pod["restartPolicy"] = "OnFailure" if retries else "Never"
    counts = {kind.first: 1, kind.others: replicas - 1} if kind.first != kind.others else {kind.first: replicas}
    types = {
        name: {"replicas": count, "restartPolicy": pod["restartPolicy"], "template": _template(pod)}
        for name, count in counts.items()
        if count > 0
    }
    return {"runPolicy": {"backoffLimit": retries, "cleanPodPolicy": "None"}, kind.replicas: types}


def _template(pod: dict) -> dict:
    return {"metadata": {"annotations": {"sidecar.istio.io/inject": "false"}}, "spec": pod}


def _words(what, commit, arguments, requirements) -> list:
    """What LOADER reads: the source, the requirements, and a script's own arguments."""
    given = arguments if arguments is not None else {}
    is_function = what is not None and not isinstance(what, (str, Path))
    if is_function and not isinstance(given, Mapping):
        raise TypeError("arguments of a function are a mapping of its parameters' names.")
    if not is_function and isinstance(given, (Mapping, str)) and given:
        raise TypeError("arguments of a script are a list of words.")
    source = f"file:{CHECKOUT}/{commit.path}" if commit else source_of(what, given if is_function else {})
    return [source, json.dumps(list(requirements)), *([] if is_function else map(str, given))]


def _container(kind: Kind, commit: Optional[Git], program: Sequence[str], env: Mapping[str, str], resources: Mapping) -> dict:
    amounts = {key: str(value) for key, value in resources.items()}
    return {
        "name": kind.container,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "command": [literal(word) for word in program],
        "envFrom": [{"configMapRef": {"name": "keelson", "optional": True}}],
        "env": _environment(commit, env),
        **({"resources": {"requests": amounts, "limits": amounts}} if amounts else {}),
        **({"volumeMounts": [_MOUNT], "workingDir": CHECKOUT} if commit else {}),
    }


def _checkout(commit: Git) -> dict:
    fetch = {
        "name": "fetch",
        "image": os.environ.get("KEELSON_GIT_IMAGE", _GIT_IMAGE),
        "command": [literal(word) for word in commit.fetch_command(CHECKOUT)],
        "volumeMounts": [_MOUNT],
    }
    return {"initContainers": [fetch], "volumes": [{"name": _MOUNT["name"], "emptyDir": {}}]}


def _environment(commit: Optional[Git], own: Mapping[str, str]) -> list:
    values = {"PYTHONUNBUFFERED": "1"}
    # Runs of the job land where those of the notebook do.
    if os.environ.get("MLFLOW_EXPERIMENT_NAME"):
        values["MLFLOW_EXPERIMENT_NAME"] = os.environ["MLFLOW_EXPERIMENT_NAME"]
    if commit:
        # mlflow gives these tags to every run (tracking/context/system_environment_context.py).
        tags = {"mlflow.source.git.commit": commit.commit, "mlflow.source.git.repoURL": commit.repository}
        values["MLFLOW_RUN_CONTEXT"] = json.dumps({**tags, "mlflow.source.name": commit.path})
    values.update(own)
    return [{"name": key, "value": literal(str(value))} for key, value in values.items()]
