"""Set up what `make` needs, by uv: python .ci/environment.py [check | book | test | course] …

The book, its tests and the course share the environment ``.venv``; ``make check`` has a small one of its own. Any
Python with a pip or ensurepip will do to begin: pip installs uv (``.ci/uv.txt`` says which), uv installs the rest,
from where pip would take it. Every archive is checked against the hashes in the locked files, PyTorch excepted: which
of its builds comes depends on the machine.

    python .ci/environment.py --uv pip list     runs uv itself, with pip's settings but for its extra indexes
"""

import ast
import os
import platform
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = {  # environment, locked files, and whether the package is installed into it
    "check": (".venv-check", ["requirements-check.txt"], False),
    "book": (".venv", ["requirements.txt"], True),
    "test": (".venv", ["requirements-test.txt"], False),
    "course": (".venv", ["requirements-course.txt"], False),
}
HAS_TORCH = "import importlib.metadata as m; print('torch==' + m.version('torch'))"
TORCH = "https://download.pytorch.org/whl/cpu"


def main(words):
    """Set up every kind that is asked for, and say where Python now is."""
    if words[:1] == ["--uv"]:
        python = executable(ROOT / ".venv")
        return subprocess.run([uv(python), *words[1:]], env=lean(settings(python)), cwd=ROOT, check=False).returncode
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older one should read it here)
        here = platform.python_version()
        return f"The book needs Python 3.11 or newer; this is {here}. Say which to use: make PYTHON=python3.12 …"
    unknown = set(words) - set(KINDS)
    if unknown or not words:
        return __doc__
    for word in words:
        try:
            set_up(word)
        except subprocess.CalledProcessError as error:
            return f"Setting up the environment failed at: {' '.join(map(str, error.cmd))}"
    return 0


def set_up(kind):
    """Make the environment if it is not there, and install what the kind needs."""
    name, files, package = KINDS[kind]
    folder = ROOT / name
    python = create(folder)
    if not uv(python).exists() or run_quietly(uv(python), "--version") != wanted_uv():
        quiet = ["-qq", "--disable-pip-version-check"]  # not a warning for each index that has no uv
        call(*pip(python), "install", *quiet, "--require-hashes", "-r", ROOT / ".ci/uv.txt")
    env = settings(python)
    unfinished = folder / f"unfinished-{kind}"
    again = ["--reinstall"] if unfinished.exists() else []  # what a killed run left may lack files
    unfinished.touch()

    def install(*tries):
        first_that_works([([uv(python), "pip", "install", "--quiet", "--python", python, *t], e) for t, e in tries])

    locked = [*again, "--require-hashes", *(word for file in files for word in ("-r", ROOT / file))]
    # other indexes only if the first has not all: PyTorch's has copies of much else, with other hashes
    install((locked, lean(env)), *([(locked, env)] if lean(env) != env else []))
    if package:
        install((["--no-deps", "--no-build-isolation", "-e", ROOT], env))
    if kind == "test" and (again or not run_quietly(python, "-c", HAS_TORCH).startswith(torch_pin())):
        # the build for the CPU where pip's settings, or PyTorch's own index, have one; else what PyPI has
        cpu = [f"{torch_pin()}+cpu", "--no-deps", *again]
        builds = [(cpu, env), ([*cpu, "--index", TORCH], env)] if sys.platform == "linux" else []
        install(*builds, ([torch_pin()], env))
    if kind == "course":  # uv leaves bytecode to the first import, and the grader's sandbox cannot write it
        writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        call(
            python, "-c", "import IPython.core.inputtransformer2, matplotlib.pyplot, rnnbook, scipy.stats", env=writing
        )
    unfinished.unlink()


def torch_pin():
    """The requirement of PyTorch."""
    return re.search(r"(?m)^torch==\S+", (ROOT / "requirements-torch.txt").read_text("utf-8"))[0]


def first_that_works(tries):
    """Run commands, each with its environment variables, until one succeeds; if none does, say why the last did not."""
    for command, env in tries:
        done = subprocess.run([*map(str, command)], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            return
    sys.stderr.write(done.stderr)
    done.check_returncode()


def create(folder):
    """The environment's Python; made anew if there is none, or one of another version."""
    python = executable(folder)
    version = run_quietly(python, "-c", "import platform; print(platform.python_version())") if python.exists() else ""
    if version != platform.python_version():
        venv.create(folder, clear=folder.exists(), symlinks=os.name != "nt", with_pip=False)
    return python


def executable(folder):
    """Where an environment keeps its Python."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def uv(python):
    """Where an environment keeps uv."""
    return python.with_name("uv.exe" if os.name == "nt" else "uv")


def wanted_uv():
    """What the pinned uv says of itself, up to the platform."""
    return "uv " + re.search(r"(?m)^uv==(\S+)", (ROOT / ".ci/uv.txt").read_text("utf-8"))[1]


def pip(python):
    """The command for a pip that installs into the environment: its own, that of this Python, or the bundled one."""
    if run_quietly(python, "-m", "pip", "--version"):
        return [python, "-m", "pip"]
    outer = re.match(r"pip (\d+)\.(\d+)", run_quietly(sys.executable, "-m", "pip", "--version"))
    if outer and (int(outer[1]), int(outer[2])) >= (22, 3):  # the first that knows --python
        return [sys.executable, "-m", "pip", "--python", python]
    call(python, "-m", "ensurepip", "--default-pip", stdout=subprocess.DEVNULL)
    return [python, "-m", "pip"]


def settings(python):
    """The environment variables that make uv look where pip looks; those that are set already stay."""
    found = {}
    for line in run_quietly(*pip(python), "config", "list").splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in (":env:", "install", "global"):
            found[section, name.removeprefix("default-")] = str(ast.literal_eval(value))

    def get(name):
        return next((found[s, name].split() for s in (":env:", "install", "global") if (s, name) in found), [])

    more = get("extra-index-url")
    env = {
        "UV_DEFAULT_INDEX": " ".join(get("index-url")),
        "UV_INDEX": " ".join(more),
        "UV_FIND_LINKS": ",".join(get("find-links")),
        "UV_INDEX_STRATEGY": "unsafe-best-match" if more else "",  # pip takes the best of all indexes; hashes decide
        "UV_INSECURE_HOST": " ".join(get("trusted-host")),
        "UV_HTTP_TIMEOUT": " ".join(get("timeout")),
        "UV_NO_INDEX": "1" if get("no-index") and get("no-index")[0].lower() in ("1", "true", "yes", "on") else "",
        "SSL_CERT_FILE": " ".join(get("cert")),
        "ALL_PROXY": " ".join(get("proxy")),
    }
    return {name: value for name, value in env.items() if value} | os.environ


def lean(env):
    """The same without pip's extra indexes; those that were set for uv stay."""
    return {name: value for name, value in env.items() if name not in ("UV_INDEX", "UV_INDEX_STRATEGY")} | os.environ


def run_quietly(*command):
    """What a command prints, up to the first parenthesis; nothing if it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return done.stdout.split(" (")[0].strip() if done.returncode == 0 else ""


def call(*command, **options):
    """Run a command; an error if it fails."""
    subprocess.run([*map(str, command)], check=True, cwd=ROOT, **options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
