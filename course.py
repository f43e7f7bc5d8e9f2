#!/usr/bin/env python3
from __future__ import print_function

USAGE = """Open the course, update it, or run its tests.

    python3 course.py                open JupyterLab on the first notebook
    python3 course.py lab ARGS...    the same, with further arguments for JupyterLab
    python3 course.py test ARGS...   run every test, with further arguments for pytest
    python3 course.py update         fetch a newer course; your own work is kept
    python3 course.py hand-in        make one file of your work for your teacher
    python3 course.py release 03 04 --to FOLDER   make a folder to hand out (for teachers)
    python3 course.py collect FOLDER              mark the files that were handed in (for teachers)
    python3 course.py --help         show this text

On Windows write `py course.py`. The first call makes the folder .venv beside this file and
installs the course there; nothing outside it changes. Deleting .venv undoes everything.
"""
__doc__ = USAGE  # kept by PYTHONOPTIMIZE=2 too, which drops docstrings

# This file is read by whichever Python a learner happens to have. Everything in it must therefore
# parse on old Pythons too (no f-strings, no annotations), so that they reach the next sentence.
import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit(
        "course.py: the course needs Python %d.%d or newer and this is Python %d.%d: install a newer one "
        "from https://www.python.org/downloads/ and start the course with it, as in `python%d.%d course.py`."
        % (OLDEST + sys.version_info[:2] + OLDEST)
    )

import errno
import hashlib
import importlib.util
import itertools
import json
import shutil
import socket
import subprocess
import sysconfig
import time

if ROOT not in sys.path:  # PYTHONSAFEPATH leaves it out
    sys.path.insert(0, ROOT)
from tools import setup_problems, surroundings, updating

WINDOWS = os.name == "nt"
VENV = os.path.join(ROOT, ".venv")
COMPILED = ("numpy", "matplotlib", "pillow", "pyzmq", "scipy", "scikit-learn")  # never to be built at home
INPUTS = ("pyproject.toml", "requirements.txt")
DOWNLOAD_MB = {"lab": 90, "test": 190}  # measured: 88 and 185 MB
NEEDED_MB = {"lab": 600, "test": 1100}  # measured: 406 and 784 MB once installed by pip, and room to unpack
HELP = "Call `python3 course.py --help` for the commands."


class Problem(Exception):
    """Something that stops the course, as one sentence for the learner."""


def say(text):
    print(text, flush=True)


def explain(output, extra):
    """Return the sentence for what pip, uv or the operating system said, or None."""
    return setup_problems.explain(output, folder=ROOT, needed_mb=NEEDED_MB[extra])


# --- the environment -------------------------------------------------------------------------


def scripts_folder():
    """Return the folder of the environment's programs: `bin`, or `Scripts` on Windows."""
    scheme = "nt_venv" if WINDOWS else "posix_venv"
    return sysconfig.get_path("scripts", scheme, vars={"base": VENV, "installed_base": VENV})


def interpreter():
    return os.path.join(scripts_folder(), "python.exe" if WINDOWS else "python")


def wanted_stamp(extra):
    """Describe the environment that this folder asks for: what `.venv/course.json` must say."""
    digest = hashlib.sha256()
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return {
        "folder": ROOT,  # environments do not survive being moved
        "python": "%d.%d" % sys.version_info[:2],
        "inputs": digest.hexdigest(),
        "extra": extra,
    }


def read_stamp():
    """Return what is installed in `.venv`; an empty dict when that is unknown or broken."""
    try:
        with open(os.path.join(VENV, "course.json"), encoding="utf-8") as file:
            stamp = json.load(file)
        with open(os.path.join(VENV, "pyvenv.cfg"), encoding="utf-8") as file:
            settings = dict(line.split(" = ", 1) for line in file.read().splitlines() if " = " in line)
    except (OSError, ValueError):
        return {}
    alive = os.path.exists(interpreter()) and os.path.isdir(settings.get("home", ""))
    return stamp if alive and isinstance(stamp, dict) else {}


def is_ready(have, want):
    """Tell whether the environment described by `have` serves `want` (`test` includes `lab`)."""
    enough = have.get("extra") in (want["extra"], "test") and have.get("inputs") == want["inputs"]
    return enough and is_usable(have, want)


def is_usable(have, want):
    """Tell whether installing into the environment is enough; otherwise it is made anew."""
    return have.get("python") == want["python"] and same_folder(have.get("folder"), want["folder"])


def same_folder(a, b):
    """Tell whether two paths are one folder, spelt alike or not (`c:` and `C:`, a symbolic link)."""
    try:
        return os.path.normcase(a) == os.path.normcase(b) or os.path.samefile(a, b)
    except (OSError, TypeError, ValueError):  # one is not there, or is no path
        return False


def is_inside(path, folder):
    """Tell whether a path lies in a folder; on another drive it does not."""
    try:
        path, folder = (os.path.normcase(os.path.realpath(each)) for each in (path, folder))
        return os.path.commonpath([path, folder]) == folder
    except ValueError:
        return False


def ensure(extra):
    """Bring `.venv` to what pyproject.toml and requirements.txt ask for; at once when it is there."""
    have, want = read_stamp(), wanted_stamp(extra)
    if is_ready(have, want):
        return
    try:
        with only_one():
            check_room(extra)
            install(extra, find_uv(), fresh=not is_usable(have, want))
            lead_back()
            with open(os.path.join(VENV, "course.json"), "w", encoding="utf-8") as file:
                json.dump(want, file, indent=1)
    except OSError as error:
        raise Problem(explain(os.strerror(error.errno or 0), extra) or "%s." % error)


def lead_back():
    """Name the course's folder in the environment in a way that any encoding can read.

    The editable installation writes its path in UTF-8, which Python 3.11 and 3.12 on Windows read in another
    encoding: with an accent in the path, cnnlib is not found by kernels that course.py has not started.
    Relative to the file it is plain ASCII.
    """
    scheme = "nt_venv" if WINDOWS else "posix_venv"
    packages = sysconfig.get_path("purelib", scheme, vars={"base": VENV, "installed_base": VENV})
    if os.path.isdir(packages):
        with open(os.path.join(packages, "cnnlib_course.pth"), "w", encoding="ascii") as file:
            file.write(os.path.relpath(ROOT, packages) + "\n")


def only_one():
    """Return an open file that keeps a second installation out until it is closed, even by a crash."""
    file = open(os.path.join(ROOT, ".course.lock"), "w")
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        file.close()
        raise Problem("the course is being set up in another window: wait until that is done and call again.")
    except OSError:
        pass  # a file system without locks
    return file


def check_room(extra):
    """Refuse early when the disk is nearly full."""
    if shutil.disk_usage(ROOT).free < NEEDED_MB[extra] * 2**20:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def find_uv():
    """Return the path of a uv that works, or None."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0:
        return uv
    return None


def install(extra, uv, fresh):
    """Make or update the environment with uv, or with venv and pip when there is no uv or it fails."""
    start = time.monotonic()
    what = "Setting up the course in" if fresh else "Updating the course in"
    how_long = "some seconds" if uv else "a minute or two"
    say("%s %s: %s, and up to %d MB to download." % (what, VENV, how_long, DOWNLOAD_MB[extra]))
    try:
        install_with(uv, extra, fresh)
    except Problem:
        if not uv:
            raise
        say("  uv did not manage (pip knows other settings and certificates): once more with pip.")
        install_with(None, extra, True)
    say("Done in %.0f seconds; from now on the course starts at once." % (time.monotonic() - start))


def install_with(uv, extra, fresh):
    """Install into an environment made from nothing when `fresh`, else into the one that is there."""
    if fresh:
        discard()
        run_step("Making the environment", make_command(uv), extra)
    else:
        os.remove(os.path.join(VENV, "course.json"))  # until the installation has ended
    run_step("Installing the packages", install_command(extra, uv), extra)


def discard():
    """Remove a `.venv` that is half-made, moved, or of another Python."""
    if os.path.islink(VENV) or os.path.isfile(VENV):
        os.remove(VENV)
    elif os.path.isdir(VENV):
        if is_inside(sys.prefix, VENV):
            raise Problem("the environment .venv must be made anew: call `deactivate`, then this again.")
        say("Removing the old .venv: it is unfinished, was moved, or belongs to another Python.")
        shutil.rmtree(VENV)


def make_command(uv):
    if uv:
        return [uv, "venv", "--no-project", "--python", sys.executable, "--seed", VENV]
    if importlib.util.find_spec("ensurepip") is None:
        raise Problem(
            "this Python lacks its venv module; on Debian and Ubuntu install it with "
            "`sudo apt install python%d.%d-venv` and call again." % sys.version_info[:2]
        )
    return [sys.executable, "-m", "venv", VENV]


def install_command(extra, uv):
    if uv:
        command = [uv, "pip", "install", "--python", interpreter()]
    else:
        command = [interpreter(), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        command += ["--progress-bar", "off", "--retries", "2"]
    for name in COMPILED:
        command += ["--only-binary", name]
    return command + ["-c", "requirements.txt", "-e", ".[%s]" % extra]


def run_step(title, command, extra):
    """Run one command quietly, showing its last line on a terminal; raise a Problem when it fails."""
    say("  " + title + " ...")
    environment = dict(surroundings.for_installing(os.environ, sys.executable), PYTHONUNBUFFERED="1")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    lines, width = [], shutil.get_terminal_size().columns - 5
    with process:
        for line in process.stdout:
            lines.append(line.rstrip())
            if sys.stdout.isatty():
                print("\r    " + lines[-1].strip()[:width].ljust(width), end="", flush=True)
    if sys.stdout.isatty():
        print("\r" + " " * (width + 4), end="\r", flush=True)
    if process.returncode:
        output = "\n".join(lines)
        sentence = explain(output, extra)
        if not sentence:
            say("\n".join(lines[-20:]))
            sentence = "the installation failed for the reason above: see the table in README.md."
        raise Problem(sentence)


# --- the commands ----------------------------------------------------------------------------


def hand_over(arguments):
    """Go on as the environment's Python, with the course importable; return its exit code."""
    environment = surroundings.for_running(os.environ, ROOT, VENV)
    environment["PATH"] = scripts_folder() + os.pathsep + environment.get("PATH", "")
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    command = [interpreter()] + arguments
    if not WINDOWS:
        os.execv(command[0], command)
    process = subprocess.Popen(command)  # Windows has no exec that keeps the terminal
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the child received it too and decides
            pass


def asked_port(arguments):
    """Return the port asked for by `--port N`, `--port=N` or `--ServerApp.port=N`, or None."""
    words = " ".join(arguments).replace("=", " ").split()
    for name, value in itertools.pairwise(words):
        if name in ("--port", "--ServerApp.port") and value.isdigit():
            return int(value)
    return None


def is_taken(port):
    with socket.socket() as probe:
        if not WINDOWS:  # as the server does: a port that was just closed counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def lab(arguments):
    """Start JupyterLab: on the port asked for, or on the first free one from 8888 up."""
    port = asked_port(arguments)
    if port and is_taken(port):
        raise Problem("port %d is in use: choose another, or leave --port out to get a free one." % port)
    ensure("lab")
    say("Starting JupyterLab; press Ctrl+C twice in this window to stop it.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in containers; the server still wants its token
        arguments = ["--allow-root"] + arguments
    return hand_over(["-m", "jupyterlab"] + arguments)


def test(arguments):
    """Run pytest, some files side by side; what it runs is written in pyproject.toml and conftest.py."""
    ensure("test")
    return hand_over(["-m", "pytest", "--numprocesses", "auto"] + arguments)


def update(arguments):
    """Fetch a newer course with git; packages follow at the next start, if they changed."""
    say("Looking for a newer course ...")
    try:
        say(updating.update(ROOT))
    except updating.Refusal as refusal:
        raise Problem(str(refusal))
    return 0


def teaching(name):
    """Return the command that hands over to a tool of tools/teaching."""

    def command(arguments):
        module = name.replace("-", "_")
        if not os.path.exists(os.path.join(ROOT, "tools", "teaching", module + ".py")):
            raise Problem("`%s` is for teachers: the whole course has it, not what was handed out." % name)
        here = os.getcwd()  # what the tool is told counts from here
        ensure("lab")
        return hand_over(["-m", "tools.teaching." + module, "--called-from", here] + arguments)

    return command


COMMANDS = {"lab": lab, "test": test, "update": update}
COMMANDS.update((name, teaching(name)) for name in ("hand-in", "release", "collect"))


def main(arguments):
    command = arguments[0] if arguments else "lab"
    if command in ("-h", "--help", "help"):
        say(USAGE.strip())
        return 0
    if command not in COMMANDS:
        print("course.py: there is no command %r. %s" % (command, HELP), file=sys.stderr)
        return 2
    try:
        return COMMANDS[command](arguments[1:])
    except Problem as problem:
        print("course.py: %s" % problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncourse.py: stopped; the next call puts right what is unfinished.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a folder's name may not fit the terminal's encoding
    sys.exit(main(sys.argv[1:]))
