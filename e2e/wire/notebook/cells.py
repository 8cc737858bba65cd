# Cells of a notebook; the test runs each by its name.
# %% identity
import json
import os
import sys

import kubernetes

kubernetes.config.load_incluster_config()
core = kubernetes.client.CoreV1Api()
namespace = open("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read()
review = kubernetes.client.AuthenticationV1Api().create_self_subject_review({}).status.user_info.username
try:
    core.list_namespaced_pod("default")
    elsewhere = "listed"
except kubernetes.client.ApiException as error:
    elsewhere = error.status
pods = [pod.metadata.name for pod in core.list_namespaced_pod(namespace).items]
print("RESULT", json.dumps({"user": review, "pods": pods, "elsewhere": elsewhere, "home": os.getcwd()}))
# %% mlflow
import mlflow

mlflow.log_metric("m", 1)
run = mlflow.active_run()
mlflow.end_run()
stored = mlflow.get_run(run.info.run_id)
experiment = mlflow.get_experiment(stored.info.experiment_id).name
print("RESULT", json.dumps({"metrics": stored.data.metrics, "experiment": experiment, "user": stored.info.user_id}))
# %% autolog
import numpy
from sklearn.linear_model import LogisticRegression

mlflow.sklearn.autolog(log_models=False, silent=True)
LogisticRegression().fit(numpy.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1])
logged = mlflow.last_active_run()
print("RESULT", json.dumps([logged.data.params["solver"], "training_accuracy_score" in logged.data.metrics]))
# %% kfp
import warnings

warnings.simplefilter("ignore")
import kfp

client = kfp.Client()
try:
    client.list_experiments()
    refused = None
except Exception as error:
    refused = [error.status, json.loads(error.body)["code"]]
print("RESULT", json.dumps({"namespace": client.get_user_namespace(), "refused": refused}))
# %% training
from kubeflow.training import TrainingClient



def fit(parameters):
    print("fitted", parameters["word"])


client = TrainingClient()
settings = {"base_image": "keelson/python:1", "num_workers": 1}
client.create_job(name="sdk", job_kind="PyTorchJob", train_func=fit, parameters={"word": "well"}, **settings)
client.wait_for_job_conditions("sdk", job_kind="PyTorchJob", timeout=60, polling_interval=1)
logs, _ = client.get_job_logs("sdk", job_kind="PyTorchJob")
client.delete_job("sdk", job_kind="PyTorchJob")
print("RESULT", json.dumps(list(logs.values())))
# %% submit
import keelson


def train(steps, note="$(HOME) $x"):
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_metric("steps", steps)
    print("trained", steps, note, run.info.experiment_id == mlflow.get_experiment_by_name("lab").experiment_id)


job = keelson.submit(train, arguments={"steps": 3}, resources={"cpu": "100m"})
lines = list(job.logs(follow=True))
state = job.wait(timeout=60)
job.delete()
print("RESULT", json.dumps({"lines": [line for line in lines if line.startswith("trained")], "state": state}))
# %% failing
def fails():
    raise SystemExit("no data")


job = keelson.submit(fails)
try:
    job.wait(timeout=60)
except keelson.JobFailed as error:
    print("RESULT", json.dumps(["no data" in str(error), job.status()]))
job.delete()
# %% install
import zipfile

with zipfile.ZipFile("own_package-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("own_package.py", "WORD = 'kept'\n")
    wheel.writestr("own_package-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: own-package\nVersion: 1.0\n")
    wheel.writestr("own_package-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("own_package-1.0.dist-info/RECORD", "own_package.py,,\n")
get_ipython().run_line_magic("pip", "install --quiet --no-index ./own_package-1.0-py3-none-any.whl")
import own_package

print("RESULT", json.dumps([own_package.WORD, own_package.__file__.startswith("/home/jovyan/"), sys.prefix]))
# %% kept
import json
import own_package

print("RESULT", json.dumps(own_package.WORD))
