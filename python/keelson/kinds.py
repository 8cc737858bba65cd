"""What each kind of job calls its replicas (the training kinds' own words) and how it says that it ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    group: str
    plural: str
    #: Key of the replicas in the spec, name of the container, the first replica's type and the others'. Empty for a Job.
    replicas: str = ""
    container: str = "main"
    first: str = ""
    others: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/v1"


KINDS = {
    "Job": Kind("batch", "jobs"),
    "PyTorchJob": Kind("kubeflow.org", "pytorchjobs", "pytorchReplicaSpecs", "pytorch", "Master", "Worker"),
    "TFJob": Kind("kubeflow.org", "tfjobs", "tfReplicaSpecs", "tensorflow", "Worker", "Worker"),
    "XGBoostJob": Kind("kubeflow.org", "xgboostjobs", "xgbReplicaSpecs", "xgboost", "Master", "Worker"),
    "PaddleJob": Kind("kubeflow.org", "paddlejobs", "paddleReplicaSpecs", "paddle", "Worker", "Worker"),
    "JAXJob": Kind("kubeflow.org", "jaxjobs", "jaxReplicaSpecs", "jax", "Worker", "Worker"),
}


def kind_of(name: str) -> Kind:
    if name == "MPIJob":
        raise ValueError("An MPIJob has a launcher and workers that run different programs: write its YAML.")
    if name not in KINDS:
        raise ValueError(f"{name!r} is no kind of job: {', '.join(KINDS)}.")
    return KINDS[name]
