"""Starts JupyterLab as Kubeflow's notebook images do: `python -m keelson_jupyter [arguments of jupyter lab]`.

Reads NB_PREFIX (the path below which it is served), HOME, POD_IP. There is no token and no password: the platform's
notebook site is the door, and nobody else reaches the port.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from . import packages

PORT = 8888


def main() -> None:
    home = find_home()
    state = Path(tempfile.mkdtemp(prefix="jupyter-"))
    environment = {
        **os.environ,
        "HOME": str(home),
        "SHELL": next((shell for shell in ("/bin/bash", "/bin/sh") if os.path.exists(shell)), "sh"),
        # Connection files of kernels that ended with an earlier pod are of no use to this one.
        "JUPYTER_RUNTIME_DIR": str(state / "runtime"),
        **packages.prepare(home, state),
    }
    os.chdir(home)
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments(home, settings(state)), *sys.argv[1:]], environment)


def find_home() -> Path:
    """The folder that the volume is mounted at in Kubeflow's images, else HOME."""
    for folder in (Path("/home/jovyan"), Path.home()):
        if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="home-"))


def settings(state: Path) -> Path:
    """The folder of JupyterLab's settings, which people's own come before: nothing is asked of the web by itself."""
    folder = state / "settings"
    folder.mkdir()
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (folder / "overrides.json").write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))
    return folder


def arguments(home: Path, settings_folder: Path) -> list[str]:
    """The same as in Kubeflow's images (components/example-notebook-servers), as settings of jupyter_server 2."""
    options = {
        "ServerApp.ip": bind_address(),
        "ServerApp.port": PORT,
        "ServerApp.port_retries": 0,
        "ServerApp.base_url": os.environ.get("NB_PREFIX") or "/",
        "ServerApp.root_dir": home,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        # Who asks has been asked already; the proxy sends its own Host and Origin.
        "IdentityProvider.token": "",
        "PasswordIdentityProvider.hashed_password": "",
        "ServerApp.allow_origin": "*",
        "ServerApp.allow_remote_access": True,
        "ServerApp.allow_unauthenticated_access": True,
        "ServerApp.authenticate_prometheus": False,
        "ServerApp.terminals_enabled": True,
        # The server's life is the notebook's: it is stopped there.
        "ServerApp.quit_button": False,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.news_url": None,
        "LabApp.app_settings_dir": settings_folder,
        # The kernel of `packages`, not the server's own Python.
        "KernelSpecManager.ensure_native_kernel": False,
    }
    # Kernels elsewhere have sockets of their own kind.
    if "JUPYTER_GATEWAY_URL" not in os.environ:
        options["ServerApp.kernel_websocket_connection_class"] = "keelson_jupyter.prompt.PromptConnection"
    return [f"--{name}={value}" for name, value in options.items()]


def bind_address() -> str:
    """Every address, but where pods share the machine's: there each has a loopback address, and ports would collide."""
    pod = os.environ.get("POD_IP", "")
    return pod if pod.startswith("127.") else "0.0.0.0"


if __name__ == "__main__":
    main()
