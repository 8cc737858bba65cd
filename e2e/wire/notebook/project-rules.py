"""What an MLproject's environment becomes, and which are refused: read as `mlflow run` reads them, with nothing started."""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, sys.argv[1])

from keelson.project_rules import Refused, requirements_of
from mlflow.projects.utils import load_project


def told(name, text, running="3.11"):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "MLproject").write_text(f"name: p\n{name}\n")
        for file in ("python_env.yaml", "conda.yaml"):
            if file in name:
                pathlib.Path(folder, file).write_text(text)
        try:
            return requirements_of(load_project(folder), running)
        except Refused as error:
            return str(error)


python, conda = "python_env: python_env.yaml", "conda_env: conda.yaml"
PACKAGES = """channels: [conda-forge]
dependencies:
  - python=3.11.4
  - pip
  - numpy=1.26
  - conda-forge::pytorch==2.4.0
  - scikit-learn=1.5.1=py311
  - pandas>=2
  - pip: [mlflow, "lightgbm==4.5.0"]
"""
print("RESULT", json.dumps({
    "none": told("", ""),
    "python": told(python, "python: '3.11.9'\nbuild_dependencies: [pip]\ndependencies: [numpy, -r requirements.txt]\n"),
    "range": told(python, "python: '>=3.9,<3.12'\ndependencies: [numpy]\n"),
    "other python": told(python, "python: 3.8\ndependencies: []\n"),
    "conda": told(conda, PACKAGES),
    "conda package": told(conda, "dependencies: [cudatoolkit=11.8]\n"),
    "docker": told("docker_env: {image: some/image}", ""),
    "no list": told(python, "dependencies: numpy\n"),
    "no YAML": told(python, "dependencies: [\n"),
}))
