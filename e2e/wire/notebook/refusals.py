"""What keelson.submit refuses before it asks a cluster, and two manifests. The functions are read as source: this is a file."""

import json
import linecache
import sys

helper = sys.argv[1]
sys.path.insert(0, helper)

import keelson

# inspect reads sources by file name; this program came as an argument.
SOURCE = """
def train(epochs):
    print(epochs)

def within(secret):
    def inner():
        print(secret)
    return inner

def large():
    return %r
""" % ("x" * 130_000)
linecache.cache["given.py"] = (len(SOURCE), None, SOURCE.splitlines(True), "given.py")
exec(compile(SOURCE, "given.py", "exec"))

commit = "a" * 40
attempts = [
    lambda: keelson.submit(lambda: 1, dry_run=True),
    lambda: keelson.submit(train, dry_run=True),
    lambda: keelson.submit(train, arguments={"epochs": object()}, dry_run=True),
    lambda: keelson.submit(train, kind="MPIJob", dry_run=True),
    lambda: keelson.submit(train, kind="Deployment", dry_run=True),
    lambda: keelson.submit(dry_run=True),
    lambda: keelson.submit(within(1), dry_run=True),
    lambda: keelson.Git("--upload-pack=x", commit, "a.py"),
    lambda: keelson.Git("https://me:secret@example.org/a", commit, "a.py"),
    lambda: keelson.Git("https://example.org/a", commit, "../a.py"),
    lambda: keelson.submit(large, dry_run=True),
]
refused = []
for attempt in attempts:
    try:
        attempt()
        refused.append("not refused")
    except (TypeError, ValueError) as error:
        refused.append(str(error))
torch = keelson.submit(train, arguments={"epochs": 1}, kind="PyTorchJob", replicas=3, dry_run=True)
job = keelson.submit(train, arguments={"epochs": 1}, replicas=3, retries=1, dry_run=True)
types = torch["spec"]["pytorchReplicaSpecs"]
counts = {key: value for key, value in job["spec"].items() if key != "template"}
replicas = {name: each["replicas"] for name, each in types.items()}
print("RESULT", json.dumps({"refused": refused, "replicas": replicas, "counts": counts}))
