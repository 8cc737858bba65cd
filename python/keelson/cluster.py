"""Who we are and where: the pod's ServiceAccount, or the kubeconfig's current context."""

from pathlib import Path
from typing import Optional

from kubernetes import client, config

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def connect() -> "client.ApiClient":
    """A client of its own, so that nobody else's default configuration is changed."""
    configuration = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        try:
            config.load_kube_config(client_configuration=configuration)
        except config.ConfigException:
            raise RuntimeError("There is no cluster here: set KUBECONFIG to the file that Keelson gave you.") from None
    return client.ApiClient(configuration)


def own_namespace() -> str:
    if _NAMESPACE_FILE.exists():
        return _NAMESPACE_FILE.read_text().strip()
    namespace: Optional[str] = None
    try:
        namespace = config.list_kube_config_contexts()[1].get("context", {}).get("namespace")
    except config.ConfigException:
        pass
    if not namespace:
        raise ValueError("The kubeconfig names no namespace: give namespace=…")
    return namespace
