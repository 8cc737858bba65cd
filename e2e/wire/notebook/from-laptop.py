"""keelson.submit outside the cluster, by a kubeconfig: a tag of a repository becomes a job of its commit."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KUBECONFIG"], namespace, helper = sys.argv[1:]
sys.path.insert(0, helper)

import keelson

MAIN = """import sys
import mlflow
from words import WORD

with mlflow.start_run() as run:
    print("from git:", WORD, sys.argv[1:], run.data.tags["mlflow.source.git.commit"])
"""

with tempfile.TemporaryDirectory() as repository:

    def git(*words):
        own = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
        command = ["git", *own, "-C", repository, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    folder = pathlib.Path(repository, "jobs")
    folder.mkdir()
    (folder / "main.py").write_text(MAIN)
    (folder / "words.py").write_text("WORD = 'first'\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("tag", "-am", "the first", "v1")
    commit = git("rev-parse", "HEAD")
    (folder / "words.py").write_text("WORD = 'second'\n")
    git("commit", "-qam", "two")
    source = keelson.Git(f"file://{repository}", "v1", "jobs/main.py")
    job = keelson.submit(git=source, arguments=["--note", "$(HOME)"], namespace=namespace)
    lines = list(job.logs(follow=True))
    job.wait(timeout=60)
    annotation = job.read()["metadata"]["annotations"]["keelson.dev/git-commit"]
    said = [line.replace(commit, "COMMIT") for line in lines if line.startswith("from git:")]
    job.delete()
    print("RESULT", json.dumps({"said": said, "annotation": annotation == commit}))
