"""The kubeflow-training and kubeflow SDKs: python sdks.py KUBECONFIG NAMESPACE IMAGE. Prints RESULT and JSON.

The kinds' definitions are made here, from the SDKs' own models, and this script plays the operator: it makes the pods with the
labels that the SDKs look for and writes the status. What is tried is that the API server serves the SDKs unchanged.
"""

import json
import sys
import time

from kubeflow.trainer import CustomTrainerContainer, TrainerClient
from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.training import TrainingClient, models
from kubeflow.training.constants import constants
from kubernetes import client, config

kubeconfig, namespace, image = sys.argv[1], sys.argv[2], sys.argv[3]
config.load_kube_config(kubeconfig)
core, custom, extensions = client.CoreV1Api(), client.CustomObjectsApi(), client.ApiextensionsV1Api()
result = {}
anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError("never")
        time.sleep(0.1)
    return value


def schema_of(kind):
    """From an SDK's `openapi_types`; the types of Kubernetes itself are left open."""
    plain = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
    if kind in plain:
        return {"type": plain[kind]}
    if kind.startswith(("list[", "List[")):
        return {"type": "array", "items": schema_of(kind[5:-1])}
    if kind.startswith(("dict(", "Dict[")):
        return {"type": "object", "additionalProperties": schema_of(kind.split(", ", 1)[1][:-1])}
    if kind == "datetime":
        return {"type": "string", "format": "date-time"}
    model = getattr(models, kind, None) if kind.startswith("KubeflowOrg") else None
    if model is None:
        return anything
    return {
        "type": "object",
        "properties": {model.attribute_map[name]: schema_of(inner) for name, inner in model.openapi_types.items()},
    }


def define(group, version, kind, plural, schema, scope="Namespaced", columns=()):
    name = f"{plural}.{group}"
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": list(columns),
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }
    try:
        extensions.create_custom_resource_definition(body)
        defined.append(name)
    except client.ApiException as error:
        if error.status != 409:
            raise

    def established():
        status = extensions.read_custom_resource_definition(name).status
        return status and any(c.type == "Established" and c.status == "True" for c in status.conditions or [])

    until(established)


def pod(name, labels, container, command):
    core.create_namespaced_pod(
        namespace,
        client.V1Pod(
            metadata=client.V1ObjectMeta(name=name, labels=labels),
            spec=client.V1PodSpec(
                restart_policy="Never",
                termination_grace_period_seconds=0,
                containers=[client.V1Container(name=container, image=image, command=["sh", "-c", command])],
            ),
        ),
    )


def ended(name):
    return core.read_namespaced_pod(name, namespace).status.phase == "Succeeded"


def training_job(kind, plural, key, container):
    """A job of one kind through the whole client, with pods that really run."""
    name = f"{kind.lower()}-one"
    template = models.V1PodTemplateSpec(
        spec=models.V1PodSpec(containers=[models.V1Container(name=container, image=image)])
    )
    replica = models.KubeflowOrgV1ReplicaSpec(replicas=1, template=template)
    fields = {key: {"Worker": replica}, "run_policy": models.KubeflowOrgV1RunPolicy(clean_pod_policy="None")}
    job = getattr(models, f"KubeflowOrgV1{kind}")(
        api_version="kubeflow.org/v1",
        kind=kind,
        metadata=models.V1ObjectMeta(name=name, namespace=namespace),
        spec=getattr(models, f"KubeflowOrgV1{kind}Spec")(**fields),
    )
    training = TrainingClient(config_file=kubeconfig, namespace=namespace, job_kind=kind)
    training.create_job(job)
    labels = {"job-name": name, "replica-type": "worker", "replica-index": "0", "job-role": "master"}
    labels = {f"training.kubeflow.org/{key}": value for key, value in labels.items()}
    pod(f"{name}-worker-0", labels, container, f"echo {kind} trains")
    condition = {"type": "Created", "status": "True", "reason": f"{kind}Created", "message": "made"}
    at = {"lastTransitionTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z"}

    def tell(*types):
        conditions = [{**condition, **at, "type": type} for type in types]
        custom.patch_namespaced_custom_object_status(
            "kubeflow.org", "v1", namespace, plural, name, {"status": {"conditions": conditions}}
        )

    tell("Created", "Running")
    seen = [training.is_job_created(name), training.is_job_running(name), training.is_job_succeeded(name)]
    until(lambda: ended(f"{name}-worker-0"))
    tell("Created", "Running", "Succeeded")
    waited = training.wait_for_job_conditions(name, polling_interval=1, wait_timeout=20)
    logs, _ = training.get_job_logs(name)
    training.update_job({"metadata": {"labels": {"x": "y"}}}, name)
    again = training.get_job(name)
    row = [
        type(waited).__name__,
        seen,
        [each.type for each in training.get_job_conditions(name)],
        training.get_job_pod_names(name),
        list(logs.values()),
        again.metadata.labels,
        [each.metadata.name for each in training.list_jobs()],
    ]
    training.delete_job(name)
    until(lambda: training.list_jobs() == [])
    return row


kinds = [
    ("TFJob", "tfjobs", "tf_replica_specs", "tensorflow"),
    ("PyTorchJob", "pytorchjobs", "pytorch_replica_specs", "pytorch"),
    ("XGBoostJob", "xgboostjobs", "xgb_replica_specs", "xgboost"),
    ("MPIJob", "mpijobs", "mpi_replica_specs", "mpi"),
    ("PaddleJob", "paddlejobs", "paddle_replica_specs", "paddle"),
    ("JAXJob", "jaxjobs", "jax_replica_specs", "jax"),
]
state = [
    {"name": "State", "type": "string", "jsonPath": ".status.conditions[-1:].type"},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]
defined = []
runtime_name = f"runtime-{namespace}"
trainer_group, trainer_version = "trainer.kubeflow.org", "v1alpha1"
open_schema = {"type": "object", "properties": {"spec": anything, "status": anything}}
try:
    result["training"] = {}
    for kind, plural, key, container in kinds:
        spec, status = schema_of(f"KubeflowOrgV1{kind}Spec"), schema_of("KubeflowOrgV1JobStatus")
        schema = {"type": "object", "properties": {"spec": spec, "status": status}}
        define("kubeflow.org", "v1", kind, plural, schema, columns=state)
        result["training"][kind] = training_job(kind, plural, key, container)
    assert constants.JOB_PARAMETERS.keys() == {kind for kind, *_ in kinds}, "the SDK knows other kinds"

    define(trainer_group, trainer_version, "TrainJob", "trainjobs", open_schema)
    define(trainer_group, trainer_version, "TrainingRuntime", "trainingruntimes", open_schema)
    define(trainer_group, trainer_version, "ClusterTrainingRuntime", "clustertrainingruntimes", open_schema, "Cluster")
    step = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
    container = {"name": "node", "image": image}
    replicated = {
        "name": "node",
        "template": {
            "metadata": {"labels": step},
            "spec": {"template": {"spec": {"containers": [container]}}},
        },
    }
    runtime = {
        "apiVersion": f"{trainer_group}/{trainer_version}",
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": runtime_name, "labels": {"trainer.kubeflow.org/framework": "torch"}},
        "spec": {"mlPolicy": {"numNodes": 1, "torch": {}}, "template": {"spec": {"replicatedJobs": [replicated]}}},
    }
    custom.create_cluster_custom_object(trainer_group, trainer_version, "clustertrainingruntimes", runtime)
    trainer = TrainerClient(KubernetesBackendConfig(namespace=namespace, config_file=kubeconfig))
    runtimes = [each.name for each in trainer.list_runtimes()]
    name = trainer.train(
        runtime=trainer.get_runtime(runtime_name), trainer=CustomTrainerContainer(image=image, num_nodes=1)
    )
    jobset = {"jobset.sigs.k8s.io/jobset-name": name, "jobset.sigs.k8s.io/replicatedjob-name": "node"}
    pod(
        f"{name}-node-0-0",
        {**jobset, "batch.kubernetes.io/job-completion-index": "0", "jobset.sigs.k8s.io/job-index": "0"},
        "node",
        "echo step one; echo step two",
    )
    until(lambda: ended(f"{name}-node-0-0"))
    made = trainer.get_job(name)
    complete = {"type": "Complete", "status": "True", "reason": "Done", "message": "done"}
    custom.patch_namespaced_custom_object_status(
        trainer_group,
        trainer_version,
        namespace,
        "trainjobs",
        name,
        {"status": {"conditions": [{**complete, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}},
    )
    waited = trainer.wait_for_job_status(name, timeout=20, polling_interval=1)
    result["trainer"] = {
        "runtime": runtime_name in runtimes,
        "steps": [[each.name, each.status] for each in made.steps],
        "status": [made.status, waited.status],
        "logs": list(trainer.get_job_logs(name)),
        "listed": [each.name == name for each in trainer.list_jobs()],
        "events": isinstance(trainer.get_job_events(name), list),
    }
    trainer.delete_job(name)
    until(lambda: trainer.list_jobs() == [])
finally:
    try:
        custom.delete_cluster_custom_object(
            trainer_group, trainer_version, "clustertrainingruntimes", runtime_name
        )
    except client.ApiException:
        pass
    for name in defined:
        extensions.delete_custom_resource_definition(name)
print("RESULT", json.dumps(result))
