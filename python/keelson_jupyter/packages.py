"""Where `pip install` in a notebook goes: a virtual environment on the notebook's volume, laid over the image's packages.

It outlives the pod, and neither the image's environment (on a laptop shared by all notebooks) nor the server's own
packages change by it: what a person installs cannot keep JupyterLab from starting.
"""

import json
import os
import sys
import venv
from pathlib import Path

_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "metadata": {"debugger": True}}


def prepare(home: Path, state: Path) -> dict[str, str]:
    """Makes the overlay and its kernel ready. Gives the variables by which server, kernels and terminals find them."""
    overlay = home / ".local/share/keelson" / f"python-{sys.version_info[0]}.{sys.version_info[1]}"
    python = overlay / "bin/python"
    if not is_usable(python):
        venv.EnvBuilder(clear=overlay.exists(), symlinks=True, with_pip=False).create(overlay)
    # Written at each start: an upgrade brings the image's packages at another path.
    [site] = overlay.glob("lib/python*/site-packages")
    lines = [*image_paths(), "import keelson_jupyter.clients"]
    (site / "keelson.pth").write_text("".join(f"{line}\n" for line in lines))
    command(overlay / "bin/pip", f'exec "{python}" -m pip "$@"')
    command(overlay / "bin/pip3", f'exec "{python}" -m pip "$@"')
    spec = {**_KERNEL, "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    folder = state / "share/kernels/python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    return {
        "VIRTUAL_ENV": str(overlay),
        "PATH": f"{overlay / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(state / "share"), os.environ.get("JUPYTER_PATH")])),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def is_usable(python: Path) -> bool:
    """False also when the Python that it was made from is gone, as after a move to another machine."""
    return python.exists() and (python.parent.parent / "pyvenv.cfg").exists()


def image_paths() -> list[str]:
    own = str(Path(__file__).resolve().parent.parent)
    return list(dict.fromkeys([*filter(lambda path: path.endswith(("site-packages", "dist-packages")), sys.path), own]))


def command(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
