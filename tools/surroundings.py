"""What of the learner's own surroundings reaches the course: proxies, mirrors and certificates, nothing else.

Variables that one sets for other work (another Python's path, a back end for plots without a screen, a
folder of kernels, `pip install --target`) change what the course does, mostly without a word. They stay
outside. Standard library alone, as course.py needs it first.
"""

import ast
import os
import re
import subprocess
import sys
import tempfile

# Of each family of variables (and of pip's configuration files) what may come in.
PYTHON = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONHASHSEED", "PYTHONUNBUFFERED")
NETWORK = (
    "index",
    "index-url",
    "extra-index-url",
    "default-index",
    "find-links",
    "no-index",
    "trusted-host",
    "allow-insecure-host",
    "insecure-host",
    "cert",
    "client-cert",
    "proxy",
    "retries",
    "timeout",
    "default-timeout",
    "http-timeout",
    "native-tls",
    "system-certs",
    "keyring-provider",
    "offline",
    "cache-dir",
    "no-cache",
    "no-cache-dir",
    "use-feature",
    "use-deprecated",
    "progress-bar",
    "disable-pip-version-check",
    "config-file",
    "concurrent-downloads",
    "link-mode",
)
FAMILIES = {
    "PYTHON": PYTHON,
    "PIP_": NETWORK,
    "UV_": NETWORK,
    "MPL": ("configdir",),
    "MATPLOTLIB": (),
    "JUPYTERLAB_": (),
}
ALONE = ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "__PYVENV_LAUNCHER__")


def cleaned(environment):
    """Return a copy of the environment without what would change the course."""
    kept = {}
    for name, value in environment.items():
        family = next((start for start in FAMILIES if name.upper().startswith(start)), None)
        known = FAMILIES.get(family, ())
        word = name.upper() if family == "PYTHON" else name[len(family or "") :].lower().replace("_", "-")
        if name.upper() not in ALONE and (family is None or word in known or word.startswith("index-")):
            kept[name] = value
    return dict(kept, PYTHONUTF8="1")  # files are UTF-8 on Windows too


def for_installing(environment, python):
    """Return the environment for pip and uv: with the mirrors, proxies and certificates of pip's files alone.

    Parameters
    ----------
    environment : mapping
    python : str
        A Python whose pip is asked what its configuration files say.
    """
    found = dict(cleaned(environment), PIP_USER="0")
    for name, value in pip_settings(environment, python).items():
        found.setdefault("PIP_" + name.upper().replace("-", "_"), value)
    return dict(found, PIP_CONFIG_FILE=os.devnull)


def pip_settings(environment, python):
    """Return what pip's configuration files say about the network, by option; empty where there is no pip."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(
            command, env=dict(cleaned(environment)), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    settings = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        match = re.match(r"(?:global|install)\.([\w-]+)=(.*)", line)
        if match and match[1] in NETWORK:
            try:
                settings[match[1]] = " ".join(str(ast.literal_eval(match[2])).split())
            except (SyntaxError, ValueError):
                pass
    return settings


def for_running(environment, root, venv):
    """Return the environment for JupyterLab and the tests, with the course's own folders in it.

    Where the home folder cannot be written to, what Jupyter, IPython and matplotlib keep goes into `.venv`.
    """
    found = dict(
        cleaned(environment),
        PYTHONPATH=root,
        VIRTUAL_ENV=venv,
        JUPYTER_PREFER_ENV_PATH="1",
        JUPYTER_CONFIG_PATH=os.path.join(root, "tools", "jupyter"),
        MATPLOTLIBRC=os.path.join(root, "tools", "jupyter", "matplotlibrc"),
    )
    for name, usual in usual_folders(found).items():
        if not is_writable(found.get(name) or usual):
            found[name] = os.path.join(venv, "home", name.lower())
            os.makedirs(found[name], exist_ok=True)
    if not is_writable(found.get("JUPYTER_RUNTIME_DIR") or os.path.join(usual_data(found), "runtime")):
        found["JUPYTER_RUNTIME_DIR"] = os.path.join(venv, "home", "runtime")
    return found


def usual_data(environment):
    """Return the folder in which Jupyter keeps data and the addresses of running kernels."""
    home = os.path.expanduser("~")
    if environment.get("JUPYTER_DATA_DIR"):
        return environment["JUPYTER_DATA_DIR"]
    if os.name == "nt":
        return os.path.join(environment.get("APPDATA") or home, "jupyter")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Jupyter")
    share = environment.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    return os.path.join(share, "jupyter")


def usual_folders(environment):
    """Return the folders that are written to in the home folder, by the variable that moves each."""
    home = os.path.expanduser("~")
    config = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return {
        "JUPYTER_DATA_DIR": usual_data(environment),
        "JUPYTER_CONFIG_DIR": os.path.join(home, ".jupyter"),
        "IPYTHONDIR": os.path.join(home, ".ipython"),
        "MPLCONFIGDIR": os.path.join(home if os.name == "nt" else config, "matplotlib"),
    }


def is_writable(folder):
    """Whether files can be made in a folder, or in the nearest one above it that is there."""
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
