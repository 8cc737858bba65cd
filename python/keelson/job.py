"""A job that was made: how it stands, what it says, its end."""

import queue
import threading
import time
from typing import Any, Iterator, Optional

from kubernetes import client

from .kinds import Kind

#: What a job's pods are labelled with, by the job's group.
_LABELS = {"batch": "batch.kubernetes.io/job-name", "kubeflow.org": "training.kubeflow.org/job-name"}
_ENDED = ("Succeeded", "Failed")
_POLL_SECONDS = 0.5


class JobFailed(RuntimeError):
    """The job ended with a failure; the message is what its condition says, and the last lines of its log."""


class Job:
    """A handle by name. It keeps nothing: a handle made anew for the same name is as good."""

    def __init__(self, api: "client.ApiClient", kind: Kind, namespace: str, name: str) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._pods = client.CoreV1Api(api)
        self._kind, self.namespace, self.name = kind, namespace, name

    @classmethod
    def create(cls, api: "client.ApiClient", kind: Kind, namespace: str, manifest: dict) -> "Job":
        objects = client.CustomObjectsApi(api)
        made = objects.create_namespaced_custom_object(kind.group, "v1", namespace, kind.plural, manifest)
        return cls(api, kind, namespace, made["metadata"]["name"])

    def __repr__(self) -> str:
        return f"<Job {self.namespace}/{self.name} ({self._kind.plural})>"

    def read(self) -> dict:
        """The whole object as it is now."""
        return self._objects.get_namespaced_custom_object(
            self._kind.group, "v1", self.namespace, self._kind.plural, self.name
        )

    def status(self) -> str:
        """Pending, Running, Suspended, Succeeded or Failed."""
        return _state(self.read())[0]

    def pods(self) -> list:
        selector = f"{_LABELS[self._kind.group]}={self.name}"
        found = self._pods.list_namespaced_pod(self.namespace, label_selector=selector).items
        return sorted((pod.metadata.name for pod in found))

    def logs(self, follow: bool = False) -> Iterator[str]:
        """The lines of every pod, as they come. With more pods than one each line begins with the pod's name."""
        lines: "queue.Queue[tuple]" = queue.Queue()
        readers: dict = {}
        while True:
            ended = not follow or self.status() in _ENDED
            for pod in self.pods():
                if pod not in readers:
                    readers[pod] = threading.Thread(target=self._read_log, args=(pod, follow, lines), daemon=True)
                    readers[pod].start()
            yield from self._drain(lines, readers, ended)
            if ended:
                return

    @staticmethod
    def _drain(lines: "queue.Queue", readers: dict, until_end: bool) -> Iterator[str]:
        """What has come, for a moment; until_end: until every reader is done."""
        deadline = time.monotonic() + _POLL_SECONDS
        while until_end or time.monotonic() < deadline:
            try:
                pod, line = lines.get(timeout=0.1)
                yield f"{pod}: {line}" if len(readers) > 1 else line
            except queue.Empty:
                if until_end and not any(reader.is_alive() for reader in readers.values()):
                    return

    def _read_log(self, pod: str, follow: bool, lines: "queue.Queue") -> None:
        """A pod that has not started yet is asked again; one that never will has no log."""
        while True:
            try:
                answer = self._pods.read_namespaced_pod_log(
                    pod, self.namespace, container=self._kind.container, follow=follow, _preload_content=False
                )
            except client.ApiException as error:
                # 400: its container has not started.
                if error.status != 400:
                    return
            else:
                # 204: no node has it yet.
                if answer.status == 200:
                    for line in _lines(answer):
                        lines.put((pod, line))
                    return
            if not follow or self._is_over(pod):
                return
            time.sleep(_POLL_SECONDS)

    def _is_over(self, pod: str) -> bool:
        try:
            return self._pods.read_namespaced_pod(pod, self.namespace).status.phase in _ENDED
        except client.ApiException as error:
            return error.status == 404

    def wait(self, timeout: Optional[float] = None) -> str:
        """Waits for the end, `timeout` seconds at most. Gives 'Succeeded'; raises JobFailed or TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            state, message = _state(self.read())
            if state == "Succeeded":
                return state
            if state == "Failed":
                last = "\n".join(list(self.logs())[-20:])
                raise JobFailed("\n".join(filter(None, [message or f"The job {self.name} failed.", last])))
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"The job {self.name} is {state} after {timeout} seconds.")
            time.sleep(_POLL_SECONDS)

    def delete(self) -> None:
        """Takes the job away, and its pods with it. One that is gone already is fine."""
        try:
            self._objects.delete_namespaced_custom_object(
                self._kind.group, "v1", self.namespace, self._kind.plural, self.name, propagation_policy="Background"
            )
        except client.ApiException as error:
            if error.status != 404:
                raise


def _state(job: dict) -> tuple:
    """Of a Job (Complete, Failed, Suspended) and of the training kinds (Succeeded, Failed, Running, …) alike."""
    status: dict = job.get("status") or {}
    true = {each["type"]: each for each in status.get("conditions") or [] if each.get("status") == "True"}
    for kind, state in (("Failed", "Failed"), ("Complete", "Succeeded"), ("Succeeded", "Succeeded"), ("Suspended", "Suspended")):
        if kind in true:
            return state, true[kind].get("message", "")
    return ("Running" if status.get("active") or "Running" in true else "Pending"), ""


def _lines(answer: Any) -> Iterator[str]:
    rest = b""
    for part in answer.stream(amt=None, decode_content=False):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")
