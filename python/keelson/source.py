"""A function or a script as text that runs by itself."""

import ast
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any, Callable, Mapping, Union

#: One argument of a program is at most 128 KiB on Linux (MAX_ARG_STRLEN).
LIMIT_BYTES = 120 * 1024

#: Runs in the pod. The source becomes a file, so that tracebacks show its lines and child processes can import it.
LOADER = """import json, os, pathlib, runpy, subprocess, sys, tempfile
folder = pathlib.Path(tempfile.mkdtemp(prefix="keelson-"))
source, requirements, *arguments = sys.argv[1:]
if json.loads(requirements):
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode != 0:
        pip = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "--python", sys.executable]
    into = str(folder / "packages")
    done = subprocess.run([*pip, "install", "--quiet", "--disable-pip-version-check", "--target", into, *json.loads(requirements)])
    if done.returncode != 0:
        sys.exit("The requirements could not be installed: see above, or use an image that has them.")
    sys.path.insert(1, into)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [into, os.environ.get("PYTHONPATH")]))
if source.startswith("file:"):
    main = pathlib.Path(source[5:])
else:
    main = folder / "main.py"
    main.write_text(source, encoding="utf-8")
sys.argv = [str(main), *arguments]
sys.path[0] = str(main.parent)
runpy.run_path(str(main), run_name="__main__")
"""


def source_of(what: Union[Callable[..., Any], str, Path], arguments: Mapping[str, Any]) -> str:
    """The program's text: the script's, or the function's with a call of it. The function is read as source, so it must
    stand by itself: its imports are inside it, and it uses nothing of the module or the notebook around it."""
    text = _script(what) if isinstance(what, (str, Path)) else _function(what, arguments)
    if len(text.encode()) > LIMIT_BYTES:
        raise ValueError(f"The source has more than {LIMIT_BYTES // 1024} KiB: put it into a repository and give git=…")
    return text


def _script(path: Union[str, Path]) -> str:
    return Path(path).expanduser().read_text(encoding="utf-8")


def _function(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        raise TypeError("Give a function that was made with def, or the path of a script.")
    if function.__closure__:
        names = ", ".join(function.__code__.co_freevars)
        raise ValueError(f"{function.__name__} uses {names} from the function around it: hand it over by arguments={{…}}.")
    inspect.signature(function).bind(**arguments)
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError:
        raise ValueError(f"The source of {function.__name__} cannot be read here: put it into a file or a cell.") from None
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise TypeError(f"{function.__name__} is no plain function.")
    # Decorators are names of the module around it, which the pod has not got; this line number is that of `def`.
    source = "\n".join(source.splitlines()[definition.lineno - 1 :])
    try:
        values = json.dumps(dict(arguments))
    except TypeError as error:
        raise TypeError(f"arguments must be what JSON can say: {error}") from None
    return f"import json\n\n{source}\n\nif __name__ == '__main__':\n    {function.__name__}(**json.loads({values!r}))\n"


def literal(text: str) -> str:
    """As a container's argument: Kubernetes puts values in the place of $(NAME), and `$$` stands for one `$`."""
    return text.replace("$", "$$")
