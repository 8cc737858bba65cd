"""What of an MLproject can run as a job, and what keeps it from that. Reads the project; installs and starts nothing."""

import math
import re
from pathlib import Path
from typing import Any, Mapping, Optional

import yaml

#: Packages of conda's channels by their names on PyPI. Of others nobody can say which package of PyPI is the same.
_ON_PYPI = {
    **{name: name for name in (
        "cloudpickle dask fastapi flask gensim h5py joblib jupyter keras lightgbm lxml matplotlib mlflow networkx nltk "
        "numba numpy openpyxl optuna pandas pillow plotly polars psutil pyarrow pyyaml requests scikit-image scikit-learn "
        "scipy seaborn setuptools shap spacy sqlalchemy statsmodels sympy tensorflow tqdm transformers wheel xgboost"
    ).split()},
    "pytorch": "torch",
    "torchvision": "torchvision",
    "py-xgboost": "xgboost",
    "matplotlib-base": "matplotlib",
}
_CONDA = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)$")


class Refused(ValueError):
    """The project cannot run here as it is; the message says why, and what to do."""


def check_parameters(entry: Any, parameters: Mapping[str, Any]) -> None:
    """`entry` is mlflow's EntryPoint. Raises Refused for a parameter that is missing or not of its type; mlflow itself looks at
    those of the types `uri` and `path` only (mlflow/projects/_project_spec.py). Others than the declared ones are allowed, as there:
    they become `--name value`."""
    missing = [name for name, each in entry.parameters.items() if name not in parameters and each.default is None]
    if missing:
        raise Refused(f"No value given for missing parameters: {', '.join(map(repr, missing))}.")
    for name, each in entry.parameters.items():
        value = parameters.get(name, each.default)
        if each.type == "float" and not _is_number(value):
            raise Refused(f"The parameter {name!r} is a number (float), and {value!r} is none.")
        if each.type == "uri" and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/?/?\S", str(value)):
            raise Refused(f"The parameter {name!r} is an address (uri), and {value!r} is none.")


def _is_number(value: Any) -> bool:
    try:
        return not math.isnan(float(value)) or str(value).lower() == "nan"
    except (TypeError, ValueError):
        return False


def requirements_of(project: Any, running: Optional[str] = None) -> list:
    """What pip installs for the project (mlflow's Project), paths relative to its folder. `running` is the Python of the image,
    such as "3.11": where it is given, a project that wants another one is refused."""
    if project.env_type == "docker_env":
        raise Refused("A project with docker_env needs its image built: give image= in backend_config and take docker_env away.")
    if project.env_config_path is None:
        return []
    path = Path(project.env_config_path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise Refused(f"{path.name} is no YAML: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("dependencies", []), list):
        raise Refused(f"{path.name} must be a mapping, with dependencies as a list.")
    wanted, packages = (_of_conda if project.env_type == "conda_env" else _of_python)(content, path.name)
    if running is not None and wanted is not None and not _same_python(wanted, running):
        raise Refused(
            f"{path.name} wants Python {wanted}, and the image has {running}: choose an image with {wanted}, or change the file."
        )
    return packages


def _of_python(content: dict, name: str) -> tuple:
    packages = content.get("dependencies", [])
    if not all(isinstance(each, str) for each in packages):
        raise Refused(f"The dependencies of {name} are words, as pip takes them.")
    python = content.get("python")
    return (None if python is None else str(python)), packages


def _of_conda(content: dict, name: str) -> tuple:
    python, packages = None, []
    for each in content.get("dependencies", []):
        if isinstance(each, dict) and isinstance(each.get("pip"), list):
            packages += map(str, each["pip"])
            continue
        match = _CONDA.match(each) if isinstance(each, str) else None
        if match is None:
            raise Refused(f"{name} has a dependency that cannot be read: {each!r}.")
        package, version = match["name"].lower(), _version(match["rest"])
        if package == "python":
            python = version.lstrip("=") or None
        elif package != "pip":
            if package not in _ON_PYPI:
                raise Refused(
                    f"{name} wants the conda package {package!r}, and there is no conda here: "
                    "list what you need of it under pip:, or choose an image that has it."
                )
            packages.append(f"{_ON_PYPI[package]}{version}")
    return python, packages


def _version(text: str) -> str:
    """conda's `=1.2` means 1.2 and all that begins so, three parts are taken as the whole, and `=1.2=build` names a build."""
    text = re.sub(r"\s+", "", text)
    match = re.match(r"^(={1,2})([\w.!+*-]+)(=[\w.]+)?$", text)
    if match is None:
        return text
    sign, version = match[1], match[2]
    begins = sign == "=" and version.count(".") < 2 and not version.endswith("*")
    return f"=={version}.*" if begins else f"=={version}"


def _same_python(wanted: str, running: str) -> bool:
    """Held by major and minor version; a range (`>=3.9`) is held by what it says."""
    if re.match(r"^\d", wanted):
        parts = wanted.split(".")
        return running.split(".")[: min(len(parts), 2)] == [part.rstrip("*") or part for part in parts[:2]]
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(wanted).contains(running)
    except InvalidSpecifier:
        return False
