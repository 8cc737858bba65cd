"""MLflow Projects by mlflow's own client, with Keelson's backend: a folder of this machine, a tag of a repository, what is refused."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KUBECONFIG"], namespace, helper, address, token = sys.argv[1:]
os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"] = address, token
sys.path.insert(0, helper)

import mlflow
from mlflow import MlflowClient
from mlflow.projects import run

PROJECT = """name: Churn Study
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      name: string
    command: "python train.py --alpha {alpha} {name}"
  fails:
    command: "python -c 'import sys; sys.exit(3)'"
"""
TRAIN = """import sys
import mlflow

with mlflow.start_run() as run:
    mlflow.log_metric("alpha", float(sys.argv[2]))
    print("trained with", sys.argv[1:], "in", run.info.run_id)
"""
client = MlflowClient()
found = {}

with tempfile.TemporaryDirectory() as folder:

    def git(*words):
        own = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        return subprocess.run(["git", *own, "-C", folder, *words], check=True, capture_output=True, text=True).stdout.strip()

    def write(name, text):
        path = pathlib.Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def project(uri, **given):
        given = {"experiment_name": "projects", "backend": "keelson", **given}
        return run(uri, backend_config={"namespace": namespace}, **given)

    def refusal(**given):
        try:
            project(f"{folder}/study", **given)
        except Exception as error:
            return str(error)

    write("study/MLproject", PROJECT)
    write("study/python_env.yaml", "dependencies: []\n")
    write("study/train.py", TRAIN)
    found["refused"] = [
        refusal(),
        refusal(parameters={"name": "x", "alpha": "much"}),
        refusal(parameters={"name": "x"}, entry_point="nowhere"),
    ]
    write("study/python_env.yaml", "python: '2.7'\ndependencies: []\n")
    found["refused"].append(refusal(parameters={"name": "x"}))
    last = client.search_runs([client.get_experiment_by_name("projects").experiment_id], max_results=1)[0]
    found["why"] = [last.info.status, last.data.tags.get("keelson.dev/failed-because")]
    write("study/python_env.yaml", "python: '>=3.9'\nbuild_dependencies: [pip]\ndependencies: []\n")

    local = project(f"{folder}/study", parameters={"name": "a $HOME 'b'", "more": "1"})
    made = client.get_run(local.run_id)
    tags = made.data.tags
    found["local"] = {
        "status": [local.get_status(), made.info.status],
        "params": made.data.params,
        "metrics": made.data.metrics,
        "tags": [tags[f"mlflow.{name}"] for name in ("source.type", "project.entryPoint", "project.backend", "project.env")],
    }

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("tag", "v1")
    commit = git("rev-parse", "HEAD")
    write("study/train.py", "raise SystemExit('not the tag')\n")
    git("commit", "-qam", "two")
    tagged = project(f"file://{folder}#study", version="v1", parameters={"name": "x"})
    tags = client.get_run(tagged.run_id).data.tags
    found["git"] = [client.get_run(tagged.run_id).info.status, tags["mlflow.source.git.commit"] == commit, tags["mlflow.source.name"]]
    found["git"][2] = found["git"][2].replace(folder, "FOLDER")
    annotations = tagged.job.read()["metadata"]["annotations"]
    found["commit on the job"] = annotations["keelson.dev/git-commit"] == commit
    found["job"] = tagged.job.read()["metadata"]["uid"]
    found["run"] = tagged.run_id

    failed = project(f"{folder}/study", entry_point="fails", synchronous=False)
    failed.wait()
    found["failed"] = [failed.get_status(), client.get_run(failed.run_id).info.status]

print("RESULT", json.dumps(found))
