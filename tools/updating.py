"""`python3 course.py update`: fetch a newer course and lose nothing that the learner has written.

Git merges line by line, and a notebook is JSON: a conflict leaves a file that Jupyter cannot open. So nothing
is merged here. What the learner changed and the new course does not touch stays as it is. What both changed
is first copied to `NAME_mine.ipynb` beside it, unless the learner has only run it. Files that git ignores,
such as the exercises' `.progress.json`, are never touched. Standard library alone.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

SECONDS = 300  # the longest that git may take over the network
BY_HAND = "put the new course into a folder of its own, and copy your notebooks and .progress.json into it."


class Refusal(Exception):
    """Why the course is not updated, as one sentence for the learner; nothing has changed."""


def update(root):
    """Bring the course in the folder `root` to its newest version.

    Returns
    -------
    str
        What was done, in sentences; every copy that was made is named.

    Raises
    ------
    Refusal
        If it cannot be done; then no file has changed.
    """
    root = Path(root).resolve()
    _check_clone(root)
    before = _git(root, "rev-list", "--count", "@{upstream}..HEAD").strip()
    _fetch(root)
    ahead, behind = map(int, _git(root, "rev-list", "--count", "--left-right", "HEAD...@{upstream}").split())
    if not behind:
        return "The course is up to date."
    rewritten = ahead and (before == "0" or _was_published(root))
    if ahead and not rewritten:
        raise Refusal(
            "you have commits of your own here: bring both together with `git pull --rebase`, or " + BY_HAND
        )
    incoming = _names(_git(root, "diff", "--name-only", "--no-renames", "-z", "HEAD", "@{upstream}"))
    collisions = sorted(incoming & _changed(root))
    copies = [(root / name, _keep(root, name)) for name in collisions if _is_work(root, name)]
    try:
        _make_way(root, collisions)
        if rewritten:  # the old commits are the course's own: nothing of the learner's is in them
            _git(root, "reset", "--keep", "--quiet", "@{upstream}")
        else:
            _git(root, "merge", "--ff-only", "--quiet", "@{upstream}")
    except Refusal:
        for original, copy in copies:
            os.replace(copy, original)
        raise
    said = [f"The course is updated; files that are new or changed: {len(incoming)}."]
    said += [
        f"Your {original.relative_to(root).as_posix()} is kept as {copy.name}." for original, copy in copies
    ]
    return "\n".join(said)


def _check_clone(root):
    """Refuse where git has nothing to update, or the learner is in the middle of something."""
    if shutil.which("git") is None:
        raise Refusal("updating needs git (https://git-scm.com); without it, " + BY_HAND)
    try:
        top = _git(root, "rev-parse", "--show-toplevel").strip()
    except Refusal as reason:
        if "dubious ownership" in str(reason):
            raise
        top = ""
    if not top or not os.path.samefile(top, root):
        raise Refusal("this copy of the course was not made by `git clone`: " + BY_HAND)
    _check_branch(root)
    folder = root / _git(root, "rev-parse", "--git-dir").strip()
    busy = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
    if any((folder / name).exists() for name in busy):
        raise Refusal("a merge or rebase is unfinished here: end it, or call it off with its `--abort`.")


def _check_branch(root):
    """Refuse where no branch is checked out, or one that follows no other; the sentence names the remedy."""
    branch = _ask(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not branch:
        known = _ask(root, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        usual = _ask(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD").rpartition("/")[
            2
        ]
        name = next((name for name in (usual, "main", "master", *known) if name in known), usual or "main")
        raise Refusal(
            "a single version is checked out here and no branch (a detached HEAD), so there is nothing to "
            f"move on: call `git switch {name}` and then this again."
        )
    if not _ask(root, "config", f"branch.{branch}.merge"):
        raise Refusal(
            f"the branch {branch} follows no other, so there is nowhere to update from: call `git branch "
            f"--set-upstream-to=origin/{_default_branch(root) or 'main'}` and then this again."
        )
    if not _ask(root, "rev-parse", "--verify", "--quiet", "@{upstream}"):
        _follow_default(root, branch)


def _fetch(root):
    """Fetch; where the branch that this one follows is gone upstream, follow the one that took its place."""
    branch = _git(root, "symbolic-ref", "--short", "HEAD").strip()
    try:
        _git(root, "fetch", "--quiet", "--prune")
    except Refusal as reason:
        if "couldn't find remote ref" not in str(reason):  # a clone of this single branch
            raise
        _follow_default(root, branch)
        return
    if not _ask(root, "rev-parse", "--verify", "--quiet", "@{upstream}"):
        _follow_default(root, branch)


def _follow_default(root, branch):
    """Let `branch` follow the remote's default branch: that which it followed has been renamed or removed."""
    remote = _ask(root, "config", f"branch.{branch}.remote") or "origin"
    name = _default_branch(root, remote)
    if not name:
        raise Refusal(
            f"the branch that {branch} follows is no longer there, and {remote} names no other: " + BY_HAND
        )
    _git(root, "fetch", "--quiet", remote, f"+refs/heads/{name}:refs/remotes/{remote}/{name}")
    _git(root, "config", f"remote.{remote}.fetch", f"+refs/heads/*:refs/remotes/{remote}/*")
    _git(root, "branch", "--quiet", f"--set-upstream-to={remote}/{name}")


def _default_branch(root, remote="origin"):
    """Name of the branch that the remote shows first, or an empty text."""
    for line in _ask(root, "ls-remote", "--symref", remote, "HEAD").splitlines():
        if line.startswith("ref: refs/heads/"):
            return line.removeprefix("ref: refs/heads/").partition("\t")[0]
    return ""


def _was_published(root):
    """Whether the present commit was the course's own before its history was written anew."""
    head = _git(root, "rev-parse", "HEAD").strip()
    return _ask(root, "merge-base", "--fork-point", "@{upstream}", "HEAD") == head


def _ask(root, *arguments):
    """What git answers, or an empty text where it has no answer."""
    try:
        return _git(root, *arguments).strip()
    except Refusal:
        return ""


def _git(root, *arguments):
    """Run git and return what it prints; a failure becomes a sentence. It never asks for anything."""
    environment = dict(os.environ, GIT_TERMINAL_PROMPT="0", LC_ALL="C", GIT_OPTIONAL_LOCKS="0")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(name, None)
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Refusal("the new version could not be fetched: check the internet connection.") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        if arguments[0] == "fetch":
            raise Refusal(
                "the new version could not be fetched, and nothing has changed: check the internet "
                f"connection and call again (git says: {' '.join(lines[:2])})."
            )
        raise Refusal(f"git {arguments[0]} did not manage: {' '.join(lines)}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _names(text):
    return {name for name in text.split("\0") if name}


def _changed(root):
    """Names of the files that the learner has changed, added or removed."""
    found = set()
    for entry in _names(_git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")):
        found.add(entry[3:])
    return found


def _is_work(root, name):
    """Whether a changed file holds anything that running a notebook's cells again would not bring back."""
    path = root / name
    if not path.is_file():
        return False
    if path.suffix != ".ipynb":
        return True
    try:
        return _cells(path.read_text("utf-8")) != _cells(_git(root, "show", "HEAD:" + name))
    except (Refusal, ValueError, TypeError, KeyError, AttributeError):  # new here, or no notebook any more
        return True


def _cells(text):
    """What a person wrote into a notebook: kinds and sources of its cells."""
    return [
        (cell["cell_type"], "".join(cell["source"]), cell.get("attachments"))
        for cell in json.loads(text)["cells"]
    ]


def _keep(root, name):
    """Copy a file to the first free name of `NAME_mine`, `NAME_mine_2`, ...; return the copy's path."""
    path, count = root / name, 1
    while True:
        ending = "_mine" if count == 1 else f"_mine_{count}"
        copy = path.with_name(path.stem + ending + path.suffix)
        try:
            with open(copy, "xb") as file:  # never over a file that is there
                file.write(path.read_bytes())
            return copy
        except FileExistsError:
            count += 1


def _make_way(root, names):
    """Put changed files back as the present version has them; all that is work has been copied."""
    for name in names:
        _git(root, "reset", "--quiet", "--", name)
        known = _names(_git(root, "ls-tree", "-z", "--name-only", "HEAD", "--", name))
        if known:
            _git(root, "checkout", "--quiet", "HEAD", "--", name)
        elif (root / name).is_file() or (root / name).is_symlink():
            (root / name).unlink()
