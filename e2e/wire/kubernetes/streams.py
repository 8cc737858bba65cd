"""The real Python kubernetes client's streams against one pod: python streams.py KUBECONFIG POD PORT. Prints RESULT and JSON."""

import json
import sys

from kubernetes import client, config
from kubernetes.stream import portforward, stream

kubeconfig, pod, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
config.load_kube_config(kubeconfig)
api = client.CoreV1Api()
result = {}

# The plain form: everything that the command says, as one text.
shell = ["sh", "-c"]
options = dict(stderr=True, stdin=False, stdout=True, tty=False)
result["text"] = stream(
    api.connect_get_namespaced_pod_exec, pod, "default", container="main", command=[*shell, "echo hi; pwd"], **options
)

# Kept open: outputs apart, input in pieces, exit code.
session = stream(
    api.connect_get_namespaced_pod_exec,
    pod,
    "default",
    container="main",
    command=[*shell, 'while read x; do echo "<$x>"; [ $x = end ] && break; done; echo err >&2; exit 3'],
    stderr=True,
    stdin=True,
    stdout=True,
    tty=False,
    _preload_content=False,
)
for word in ["one", "end"]:
    session.write_stdin(word + "\n")
session.run_forever(timeout=20)
result["stdout"] = session.read_stdout()
result["stderr"] = session.read_stderr()
result["returncode"] = session.returncode

# A terminal, with its size.
terminal = stream(
    api.connect_get_namespaced_pod_exec,
    pod,
    "default",
    container="main",
    command=[*shell, "read x; stty size"],
    stderr=True,
    stdin=True,
    stdout=True,
    tty=True,
    _preload_content=False,
)
terminal.write_channel(4, json.dumps({"Width": 77, "Height": 33}))
terminal.write_stdin("go\n")
terminal.run_forever(timeout=20)
result["terminal"] = terminal.read_stdout()

# Binary, as a copy needs it.
binary = stream(
    api.connect_get_namespaced_pod_exec,
    pod,
    "default",
    container="main",
    command=[*shell, "head -c 300000 /dev/zero | tr '\\0' '\\377'"],
    stderr=False,
    stdin=False,
    stdout=True,
    tty=False,
    binary=True,
)
result["binary"] = [len(binary), binary.count(b"\xff")]

# A connection through the pod's port, and one to a port where nobody listens.
forwarded = portforward(api.connect_get_namespaced_pod_portforward, pod, "default", ports=f"{port},1")
connection = forwarded.socket(port)
connection.settimeout(20)
connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
answer = b""
while piece := connection.recv(65536):
    answer += piece
connection.close()
result["forwarded"] = answer.split(b"\r\n")[0].decode()
result["nobody"] = forwarded.error(1)

for name, call in {
    "missing": lambda: stream(api.connect_get_namespaced_pod_exec, "nope", "default", command=["id"], **options),
    "container": lambda: stream(
        api.connect_get_namespaced_pod_exec, pod, "default", container="nope", command=["id"], **options
    ),
}.items():
    try:
        result[name] = call()
    except client.ApiException as error:
        result[name] = [error.status, error.reason]

metrics = client.CustomObjectsApi().list_namespaced_custom_object("metrics.k8s.io", "v1beta1", "default", "pods")
result["metrics"] = [item["metadata"]["name"] for item in metrics["items"]]
print("RESULT", json.dumps(result))
