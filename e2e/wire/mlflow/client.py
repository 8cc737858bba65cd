"""What people do with the unmodified mlflow client, each step asserted. Usage: client.py STEP (address and token in MLFLOW_*)."""
import json
import math
import os
import sys
import tempfile

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from requests import HTTPError
from sklearn.linear_model import LogisticRegression

client = MlflowClient()
# So that the steps can be repeated on a platform that keeps what they make.
W = os.environ.get("WIRE", "wire")


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error}"
        return str(error)
    raise AssertionError(f"{call.__name__} was not refused with {code}")


def frame():
    random = np.random.default_rng(7)
    x = pd.DataFrame({"tenure": random.integers(0, 72, 200).astype("float64"), "monthly": random.normal(60, 20, 200)})
    return x, (x["tenure"] < 20).astype("int64")


def train():
    """A training script: parameters, metrics per step and in batches, data set, artifacts, model, registration, loading back."""
    mlflow.set_experiment(f"{W}-train")
    x, y = frame()
    with mlflow.start_run(run_name="first", tags={"team": "churn"}) as run:
        mlflow.log_params({"C": 1.0, "solver": "lbfgs", "empty": ""})
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.9, "val/auc": 0.85})
        mlflow.log_metric("broken", float("nan"))
        mlflow.log_metric("endless", float("inf"))
        mlflow.log_dict({"a": 1}, "configs/run.json")
        mlflow.log_text("héllo wörld 100%", "notes/späte notiz 100%.txt")
        mlflow.log_input(mlflow.data.from_pandas(x.assign(churn=y), name="churn", targets="churn"), context="training")
        mlflow.set_tag("mlflow.note.content", "a note")
        model = LogisticRegression().fit(x, y)
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(x, model.predict(x)),
            input_example=x.head(3),
            registered_model_name=f"{W}-churn",
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
        )
        mlflow.log_metric("model-auc", 0.91, model_id=info.model_id)
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED" and got.info.run_name == "first", got.info
    assert got.data.params == {"C": "1.0", "solver": "lbfgs", "empty": ""}, got.data.params
    assert got.data.metrics["loss"] == 1 / 20 and got.data.metrics["val/auc"] == 0.85
    assert math.isnan(got.data.metrics["broken"]) and got.data.metrics["endless"] > 1e308
    assert got.data.tags["team"] == "churn" and got.data.tags["mlflow.runName"] == "first"
    assert [i.dataset.name for i in got.inputs.dataset_inputs] == ["churn"]
    assert [t.value for t in got.inputs.dataset_inputs[0].tags if t.key == "mlflow.data.context"] == ["training"]
    assert [o.model_id for o in got.outputs.model_outputs] == [info.model_id]
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(s, 1 / (s + 1)) for s in range(20)]
    listed = sorted(f.path for f in client.list_artifacts(run.info.run_id))
    assert {"configs", "notes"} <= set(listed), listed
    assert [f.path for f in client.list_artifacts(run.info.run_id, "notes")] == ["notes/späte notiz 100%.txt"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/späte notiz 100%.txt") == "héllo wörld 100%"
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/configs/run.json") == {"a": 1}
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/model", f"models:/{W}-churn/1", f"models:/{W}-churn/latest"):
        loaded = mlflow.pyfunc.load_model(uri)
        assert list(loaded.predict(x.head(5))) == list(model.predict(x.head(5))), uri
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.status == "READY" and any(m.key == "model-auc" for m in logged.metrics), logged
    found = mlflow.search_logged_models(experiment_ids=[got.info.experiment_id], filter_string="metrics.`model-auc` > 0.9")
    assert list(found["model_id"]) == [info.model_id]
    version = client.get_model_version(f"{W}-churn", "1")
    assert version.run_id == run.info.run_id and version.status == "READY", version
    return {"run_id": run.info.run_id, "experiment_id": got.info.experiment_id, "model_id": info.model_id}


def search():
    """Filters, orders and pages."""
    experiment = client.create_experiment(f"{W}-search", tags={"kind": W})
    for index in range(25):
        run = client.create_run(experiment, run_name=f"run-{index:02d}", start_time=1_700_000_000_000 + index)
        metrics = [Metric("score", float(index), 1, 0)] if index % 5 else [Metric("score", float("nan"), 1, 0)]
        if index == 24:
            metrics = []
        client.log_batch(run.info.run_id, metrics, [Param("depth", str(index % 3))], [RunTag("even", str(index % 2 == 0))])
    names = lambda **more: [r.info.run_name for r in client.search_runs([experiment], **more)]
    assert names(max_results=3) == ["run-24", "run-23", "run-22"]
    assert names(filter_string="metrics.score > 21") == ["run-23", "run-22"]
    assert names(filter_string="params.depth = '1' and tags.even = 'True' and metrics.score < 8") == ["run-04"]
    assert names(filter_string="attributes.run_name LIKE 'run-0%' AND params.`depth` != '0'")[:2] == ["run-08", "run-07"]
    assert names(filter_string="run_name ILIKE 'RUN-1_' and start_time >= 1700000000018") == ["run-19", "run-18"]
    assert names(filter_string="tags.missing IS NULL and metrics.score = 7") == ["run-07"]
    ordered = names(order_by=["metrics.score DESC"])
    assert ordered[:2] == ["run-23", "run-22"] and ordered[-1] == "run-24" and set(ordered[-6:-1]) == {f"run-{i:02d}" for i in (0, 5, 10, 15, 20)}
    ascending = names(order_by=["metrics.score ASC"])
    assert ascending[0] == "run-01" and ascending[-1] == "run-24" and ascending[-6] == "run-20", ascending
    for order in ([], ["metrics.score ASC"], ["attributes.run_name ASC"]):
        seen, token = [], None
        while True:
            page = client.search_runs([experiment], order_by=order, max_results=7, page_token=token)
            seen += [r.info.run_name for r in page]
            token = page.token
            if not token:
                break
        assert len(seen) == 25 and len(set(seen)) == 25, (order, seen)
    table = mlflow.search_runs([experiment], filter_string="metrics.score >= 22")
    assert list(table["metrics.score"]) == [23.0, 22.0]
    for bad in ("metrics.score > 'x'", "params.depth > 1", "a = 'b' OR c = 'd'", "nothing.x = 'y'", "attributes.what = 'y'", "metrics.score >"):
        refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], bad)
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], order_by=["metrics.score SIDEWAYS"])
    refused("INVALID_PARAMETER_VALUE", client.search_runs, [experiment], page_token="%%%")
    assert [e.name for e in client.search_experiments(filter_string=f"tags.kind = '{W}'")] == [f"{W}-search"]
    assert client.get_experiment_by_name("no such") is None


def lifecycle():
    """Deleting, restoring, renaming, and what is refused in between."""
    experiment = client.create_experiment(f"{W}-lifecycle")
    run = client.create_run(experiment).info.run_id
    client.log_param(run, "p", 1)
    client.log_param(run, "p", 1)
    assert "Changing param values is not allowed" in refused("INVALID_PARAMETER_VALUE", client.log_param, run, "p", 2)
    refused("INVALID_PARAMETER_VALUE", client.log_batch, run, params=[Param("fresh", "1"), Param("p", "2")])
    assert client.get_run(run).data.params == {"p": "1"}
    client.set_tag(run, "mlflow.runName", "renamed")
    assert client.get_run(run).info.run_name == "renamed"
    client.update_run(run, name="again", status="FAILED")
    assert client.get_run(run).data.tags["mlflow.runName"] == "again"
    client.delete_tag(run, "mlflow.runName")
    refused("RESOURCE_DOES_NOT_EXIST", client.delete_tag, run, "mlflow.runName")
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    refused("INVALID_PARAMETER_VALUE", client.log_metric, run, "m", 1)
    assert client.search_runs([experiment]) == [] and len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 1
    client.restore_run(run)
    client.log_metric(run, "m", 1)
    client.rename_experiment(experiment, f"{W}-lifecycle-2")
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, f"{W}-lifecycle-2")
    client.delete_experiment(experiment)
    refused("INVALID_PARAMETER_VALUE", client.create_run, experiment)
    refused("RESOURCE_ALREADY_EXISTS", client.create_experiment, f"{W}-lifecycle-2")
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment)
    assert client.get_run(run).info.lifecycle_stage == "active"
    refused("RESOURCE_DOES_NOT_EXIST", client.get_run, "0" * 32)
    refused("RESOURCE_DOES_NOT_EXIST", client.get_experiment, "999999")
    assert client.create_run("0").info.experiment_id == client.get_experiment_by_name("Default").experiment_id
    with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
        pass
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id


def registry():
    """Models, versions, aliases, tags, stages."""
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, f"{W}-none")
    client.create_registered_model(f"{W}-models", tags={"a": "b"}, description="first")
    refused("RESOURCE_ALREADY_EXISTS", client.create_registered_model, f"{W}-models")
    run = client.create_run(client.create_experiment(f"{W}-registry")).info
    source = f"{run.artifact_uri}/model"
    one = client.create_model_version(f"{W}-models", source, run.run_id)
    two = client.create_model_version(f"{W}-models", f"runs:/{run.run_id}/model", run.run_id, description="second")
    assert (one.version, two.version) == ("1", "2"), (one, two)
    for bad in ("/etc/passwd", f"{run.artifact_uri}/../../other", f"{run.artifact_uri}/%2e%2e/x", "mlflow-artifacts:/999/x"):
        refused("INVALID_PARAMETER_VALUE", client.create_model_version, f"{W}-models", bad, run.run_id)
    client.set_registered_model_alias(f"{W}-models", "champion", "1")
    assert client.get_model_version_by_alias(f"{W}-models", "champion").version == "1"
    assert client.get_model_version(f"{W}-models", "1").aliases == ["champion"]
    refused("INVALID_PARAMETER_VALUE", client.set_registered_model_alias, f"{W}-models", "v2", "1")
    refused("INVALID_PARAMETER_VALUE", client.get_model_version_by_alias, f"{W}-models", "nobody")
    client.set_model_version_tag(f"{W}-models", "2", "checked", "yes")
    assert [v.version for v in client.search_model_versions(f"name = '{W}-models' and tags.checked = 'yes'")] == ["2"]
    assert [v.version for v in client.search_model_versions(f"run_id = '{run.run_id}'", order_by=["version_number ASC"])] == ["1", "2"]
    client.update_model_version(f"{W}-models", "2", description="better")
    assert client.get_model_version(f"{W}-models", "2").description == "better"
    moved = client.transition_model_version_stage(f"{W}-models", "1", "staging")
    assert moved.current_stage == "Staging"
    client.transition_model_version_stage(f"{W}-models", "2", "Staging", archive_existing_versions=True)
    assert client.get_model_version(f"{W}-models", "1").current_stage == "Archived"
    refused("INVALID_PARAMETER_VALUE", client.transition_model_version_stage, f"{W}-models", "1", "Somewhere")
    assert [v.version for v in client.get_latest_versions(f"{W}-models", ["Staging"])] == ["2"]
    assert client.get_model_version_download_uri(f"{W}-models", "1") == source
    client.rename_registered_model(f"{W}-models", f"{W}-models-2")
    assert client.get_registered_model(f"{W}-models-2").aliases == {"champion": "1"}
    assert [m.name for m in client.search_registered_models(f"name LIKE '{W}-models%'")] == [f"{W}-models-2"]
    client.delete_registered_model_alias(f"{W}-models-2", "champion")
    client.delete_model_version(f"{W}-models-2", "2")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_model_version, f"{W}-models-2", "2")
    three = client.create_model_version(f"{W}-models-2", source, run.run_id)
    assert three.version == "3", three.version
    client.delete_registered_model(f"{W}-models-2")
    refused("RESOURCE_DOES_NOT_EXIST", client.get_registered_model, f"{W}-models-2")


def artifacts():
    """Folders up and down, odd names, a large file."""
    mlflow.set_experiment(f"{W}-artifacts")
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/deep/er")
        big = os.urandom(1 << 20) * 12
        for name, content in {"deep/er/a b+c&d=e.txt": b"1", "deep/ünï.bin": b"2", "big.bin": big, "empty": b""}.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        mlflow.log_artifacts(folder, "all")
    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="all", dst_path=folder)
        assert open(f"{path}/deep/er/a b+c&d=e.txt", "rb").read() == b"1"
        assert open(f"{path}/deep/ünï.bin", "rb").read() == b"2"
        assert open(f"{path}/big.bin", "rb").read() == big and open(f"{path}/empty", "rb").read() == b""
    try:
        client.list_artifacts(run.info.run_id, "../..")
    except HTTPError as error:
        assert error.response.status_code == 400 and error.response.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    else:
        raise AssertionError("a listing outside of the run was not refused")


def viewer():
    """Someone who may only look."""
    assert client.search_experiments() is not None
    refused("PERMISSION_DENIED", client.create_experiment, f"{W}-viewer")


def outsider():
    refused("PERMISSION_DENIED", client.search_experiments)


if __name__ == "__main__":
    print("RESULT " + json.dumps(globals()[sys.argv[1]]()))
