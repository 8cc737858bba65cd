"""The real Python kubernetes client: python client.py KUBECONFIG NAMESPACE [EXPIRED_VERSION]. Prints RESULT and JSON.

Watches and where they go on, informers, the dynamic client, leader election, the four kinds of patches, manifests from a file.
"""

import json
import sys
import tempfile
import threading
import time

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.informer import ADDED, DELETED, MODIFIED, SharedInformer
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

kubeconfig, namespace = sys.argv[1], sys.argv[2]
config.load_kube_config(kubeconfig)
core = client.CoreV1Api()
result = {}


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": "test"}}, "data": data}


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(condition.__doc__ or "never")
        time.sleep(0.05)


def status_of(call):
    try:
        call()
    except client.ApiException as error:
        return error.status
    return 200


own = dict(namespace=namespace, label_selector="of=test")

# A watch that begins at a list's version sees what came after it, and goes on by itself when the server ends it.
start = core.list_namespaced_config_map(**own).metadata.resource_version
for name in ["w1", "w2"]:
    core.create_namespaced_config_map(namespace, config_map(name))
core.patch_namespaced_config_map("w1", namespace, {"data": {"a": "b"}})
core.delete_namespaced_config_map("w2", namespace)
watcher = watch.Watch()
seen = []
for event in watcher.stream(core.list_namespaced_config_map, resource_version=start, timeout_seconds=20, **own):
    seen.append([event["type"], event["object"].metadata.name, type(event["object"]).__name__])
    if len(seen) == 4:
        watcher.stop()
result["watch"] = seen
# Where the first one stopped, the next one goes on.
core.create_namespaced_config_map(namespace, config_map("w3"))
resumed = watch.Watch()
for event in resumed.stream(
    core.list_namespaced_config_map, resource_version=watcher.resource_version, timeout_seconds=20, **own
):
    result["resumed"] = [event["type"], event["object"].metadata.name]
    resumed.stop()
# The server ends a watch at its time, which ends the loop.
quiet = dict(resource_version=resumed.resource_version, timeout_seconds=1, **own)
result["timeout"] = list(watch.Watch().stream(core.list_namespaced_config_map, **quiet))
result["raw"] = [
    json.loads(core.list_namespaced_config_map(_preload_content=False, **own).data)["kind"],
    core.list_namespaced_config_map(limit=1, **own).metadata._continue is not None,
]

# A watch from a version that is no longer kept is told so, and goes on after a new list.
for version in sys.argv[3:]:
    try:
        result["expired"] = list(
            watch.Watch().stream(
                core.list_namespaced_config_map, resource_version=version, timeout_seconds=5, **own
            )
        )
    except client.ApiException as error:
        result["expired"] = [error.status, error.reason.split(":")[0]]
listed = core.list_namespaced_config_map(**own)
core.patch_namespaced_config_map("w3", namespace, {"data": {"after": "relist"}})
relisted = watch.Watch()
for event in relisted.stream(
    core.list_namespaced_config_map, resource_version=listed.metadata.resource_version, timeout_seconds=20, **own
):
    result["relisted"] = [event["type"], event["object"].data]
    relisted.stop()

# An informer's cache and handlers follow.
heard = []
informer = SharedInformer(core.list_namespaced_config_map, namespace=namespace, label_selector="of=test")
for kind in [ADDED, MODIFIED, DELETED]:
    informer.add_event_handler(kind, lambda obj, kind=kind: heard.append([kind, obj.metadata.name]))
informer.start()
until(lambda: sorted(informer.cache.list_keys()) == [f"{namespace}/w1", f"{namespace}/w3"])
core.create_namespaced_config_map(namespace, config_map("i1"))
until(lambda: ["ADDED", "i1"] in heard)
core.patch_namespaced_config_map("i1", namespace, {"data": {"x": "y"}})
until(lambda: ["MODIFIED", "i1"] in heard and informer.cache.get_by_key(f"{namespace}/i1").data == {"x": "y"})
core.delete_namespaced_config_map("i1", namespace)
until(lambda: ["DELETED", "i1"] in heard and informer.cache.get_by_key(f"{namespace}/i1") is None)
informer.stop()
result["informer"] = [event for event in heard if event[1] == "i1"]

# Patches by their content types.
api = client.ApiClient()


def patch(body, content_type, **query):
    return core.patch_namespaced_config_map("w1", namespace, body, _content_type=content_type, **query).data


result["patches"] = [
    patch({"data": {"b": "merge"}}, "application/merge-patch+json"),
    patch([{"op": "remove", "path": "/data/b"}], "application/json-patch+json"),
    patch({"data": {"c": "strategic"}}, "application/strategic-merge-patch+json"),
    patch(config_map("w1", d="apply"), "application/apply-patch+yaml", field_manager="python"),
]

# The dynamic client: discovery, apply, watch, a kind that comes with a definition.
dyn = dynamic.DynamicClient(api)
maps = dyn.resources.get(api_version="v1", kind="ConfigMap")
applied = dyn.server_side_apply(maps, body=config_map("d1", k="v"), namespace=namespace, field_manager="dynamic")
group = f"{namespace}.keelson.test"
definition = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"toys.{group}"},
    "spec": {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": "toys", "kind": "Toy", "singular": "toy", "shortNames": ["ty"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "properties": {"size": {"type": "integer", "default": 3}}},
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}
definitions = dyn.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
definitions.create(body=definition)
try:

    def is_established():
        found = definitions.get(name=f"toys.{group}").status
        return found and any(c.type == "Established" and c.status == "True" for c in found.conditions or [])

    until(is_established)
    toys = None

    def is_found():
        global toys
        try:
            dyn.resources.invalidate_cache()
            toys = dyn.resources.get(api_version=f"{group}/v1", kind="Toy")
            return True
        except dynamic.exceptions.ResourceNotFoundError:
            return False

    until(is_found)
    toy = toys.create(
        body={"apiVersion": f"{group}/v1", "kind": "Toy", "metadata": {"name": "t1"}, "spec": {}}, namespace=namespace
    )
    events = []
    stopper = watch.Watch()
    threading.Timer(
        0.3,
        lambda: toys.status.patch(
            body={"status": {"done": True}}, name="t1", namespace=namespace, content_type="application/merge-patch+json"
        ),
    ).start()
    for event in toys.watch(
        namespace=namespace, resource_version=toy.metadata.resourceVersion, timeout=20, watcher=stopper
    ):
        events.append([event["type"], event["object"].status.done])
        stopper.stop()
    result["dynamic"] = [
        applied.data.to_dict(),
        toy.spec.size,
        events,
        [each.kind for each in dyn.resources.search(group=group, kind="Toy")],
    ]
    toys.delete(name="t1", namespace=namespace)
finally:
    definitions.delete(name=f"toys.{group}")

# Two candidates, one leader; the second one leads when the first is gone.
led = []


def candidate(name):
    lock = LeaseLock("leader", namespace, name)

    def lead():
        led.append(name)

    return leaderelection.LeaderElection(
        electionconfig.Config(lock, 3, 2, 1, onstarted_leading=lead, onstopped_leading=lambda: None)
    )


threading.Thread(target=candidate("one").run, daemon=True).start()
until(lambda: led == ["one"])
lease = client.CoordinationV1Api().read_namespaced_lease("leader", namespace).spec
result["leader"] = [led, lease.holder_identity, lease.lease_duration_seconds]

# Manifests from a file.
with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
    file.write(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y1}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: y2}\n"
        "spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}\n"
    )
    file.flush()
    made = utils.create_from_yaml(api, file.name, namespace=namespace)
    result["from_yaml"] = [each[0].metadata.name for each in made]
    try:
        utils.create_from_yaml(api, file.name, namespace=namespace)
    except utils.FailToCreateError as error:
        result["from_yaml_again"] = [each.status for each in error.api_exceptions]

# Deletion options and preconditions.
uid = core.read_namespaced_config_map("w1", namespace).metadata.uid
wrong = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="other"))
result["precondition"] = status_of(lambda: core.delete_namespaced_config_map("w1", namespace, body=wrong))
right = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=uid))
result["deleted"] = core.delete_namespaced_config_map("w1", namespace, body=right)["status"]
core.delete_collection_namespaced_config_map(namespace, label_selector="of=test")
result["left"] = len(core.list_namespaced_config_map(**own).items)
print("RESULT", json.dumps(result))
