"""Updating the course loses no work: real git, real notebooks, a learner and a course that both go on."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import updating
from tools.updating import Refusal, update

ROOT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/03_backpropagation.ipynb"
OTHER = "notebooks/01_forward_pass.ipynb"


def git(folder, *arguments, check=True):
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=check)
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def plain_git(monkeypatch, tmp_path):
    """Git as it comes: nobody's settings."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    settings = "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n"
    (tmp_path / "gitconfig").write_text(settings)


@pytest.fixture
def upstream(tmp_path):
    """The course's own repository, with its real notebooks, .gitignore and .gitattributes."""
    folder = tmp_path / "upstream"
    (folder / "notebooks").mkdir(parents=True)
    for name in (NOTEBOOK, OTHER, ".gitignore", ".gitattributes", "course.py"):
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


@pytest.fixture
def clone(upstream, tmp_path):
    """A learner's clone, in a folder with spaces and accents, some exercises done."""
    folder = tmp_path / "Où est le cours ñ"
    git(tmp_path, "clone", "--quiet", str(upstream), str(folder))
    (folder / ".progress.json").write_text('{"exercises": {"03.relu_backward": {"outcome": "right"}}}')
    return folder


def commit(folder, words="Go on"):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", words)


def read(path):
    return json.loads(path.read_text("utf-8"))


def write(path, notebook):
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def add_cell(path, source, place=3):
    notebook = read(path)
    cell = {"cell_type": "code", "execution_count": None, "id": "own", "metadata": {}, "outputs": []}
    notebook["cells"].insert(place, {**cell, "source": [source]})
    write(path, notebook)


def run_cells(path):
    """As if the learner had run the notebook: other outputs, other counts."""
    notebook = read(path)
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            stream = {"name": "stdout", "output_type": "stream", "text": [f"{number}\n"]}
            cell |= {"execution_count": 100 + number, "outputs": [stream]}
    write(path, notebook)


def sources(path):
    return ["".join(cell["source"]) for cell in read(path)["cells"]]


def release(upstream, names=(NOTEBOOK,)):
    """The course goes on: every notebook in `names` gets a cell at the same place."""
    for name in names:
        add_cell(upstream / name, "# new in the course")
        run_cells(upstream / name)
    commit(upstream, "Improve")


def contents(folder):
    """Every file with its bytes, git's own aside."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- course.py update ------------------------------------------------------------------------


def test_what_both_changed_is_kept_beside_the_new_one(upstream, clone):
    add_cell(clone / NOTEBOOK, "# my own answer")
    mine = (clone / NOTEBOOK).read_bytes()
    release(upstream)
    said = update(clone)
    assert "Your notebooks/03_backpropagation.ipynb is kept as 03_backpropagation_mine.ipynb." in said
    assert (clone / "notebooks/03_backpropagation_mine.ipynb").read_bytes() == mine
    assert (clone / NOTEBOOK).read_bytes() == (upstream / NOTEBOOK).read_bytes()
    assert "03.relu_backward" in (clone / ".progress.json").read_text()
    assert git(clone, "status", "--porcelain").split() == ["??", "notebooks/03_backpropagation_mine.ipynb"]


def test_a_second_update_never_touches_the_first_copy(upstream, clone):
    copies = []
    for turn in range(3):
        add_cell(clone / NOTEBOOK, f"# answer {turn}", place=1)
        release(upstream)
        update(clone)
        copies = sorted(path.name for path in (clone / "notebooks").glob("*_mine*"))
    assert copies == [f"03_backpropagation_mine{end}.ipynb" for end in ("", "_2", "_3")]
    for turn, name in enumerate(copies):
        assert f"# answer {turn}" in sources(clone / "notebooks" / name)


def test_what_the_course_does_not_touch_stays_in_place(upstream, clone):
    add_cell(clone / OTHER, "# mine")
    (clone / "notebooks/my_notes.ipynb").write_text("{}")
    before = contents(clone)
    release(upstream)
    update(clone)
    changed = {name for name, data in contents(clone).items() if before.get(name) != data}
    assert changed == {NOTEBOOK}


def test_a_notebook_that_was_only_run_makes_no_copy(upstream, clone):
    run_cells(clone / NOTEBOOK)
    release(upstream)
    assert update(clone) == "The course is updated; files that are new or changed: 1."
    assert (clone / NOTEBOOK).read_bytes() == (upstream / NOTEBOOK).read_bytes()
    assert not list((clone / "notebooks").glob("*_mine*"))


@pytest.mark.parametrize("text", ["", "{", "<<<<<<< HEAD", '{"cells": 3}', '{"cells": [{}]}', "[]", "\x00"])
def test_a_damaged_notebook_is_kept_as_it_is(upstream, clone, text):
    (clone / NOTEBOOK).write_text(text)
    release(upstream)
    update(clone)
    assert (clone / "notebooks/03_backpropagation_mine.ipynb").read_text() == text


def test_a_file_of_the_same_name_as_a_new_one_is_kept(upstream, clone):
    shutil.copy(upstream / OTHER, upstream / "notebooks/11_more.ipynb")
    commit(upstream)
    (clone / "notebooks/11_more.ipynb").write_text("my own eleventh")
    update(clone)
    assert (clone / "notebooks/11_more_mine.ipynb").read_text() == "my own eleventh"
    assert (clone / "notebooks/11_more.ipynb").read_bytes() == (upstream / OTHER).read_bytes()


def test_staged_changes_and_other_kinds_of_files_are_kept(upstream, clone):
    (clone / "course.py").write_text("# mine")
    add_cell(clone / NOTEBOOK, "# staged")
    git(clone, "add", "--all")
    (upstream / "course.py").write_text("# newer")
    release(upstream)
    update(clone)
    assert (clone / "course_mine.py").read_text() == "# mine"
    assert (clone / "course.py").read_text() == "# newer"
    assert "# staged" in sources(clone / "notebooks/03_backpropagation_mine.ipynb")


def test_removed_here_or_there(upstream, clone):
    (clone / NOTEBOOK).unlink()
    add_cell(clone / OTHER, "# mine")
    (upstream / OTHER).unlink()
    release(upstream)
    update(clone)
    assert (clone / NOTEBOOK).exists() and not (clone / OTHER).exists()
    assert "# mine" in sources(clone / "notebooks/01_forward_pass_mine.ipynb")


def test_nothing_new(clone):
    add_cell(clone / NOTEBOOK, "# mine")
    before = contents(clone)
    assert update(clone) == "The course is up to date."
    assert contents(clone) == before


def make_offline(clone, upstream):
    upstream.rename(upstream.with_name("gone"))


def make_commit(clone, upstream):
    add_cell(clone / OTHER, "# mine")
    commit(clone)


def make_conflict(clone, upstream):
    make_commit(clone, upstream)
    git(clone, "fetch", "--quiet")
    add_cell(upstream / OTHER, "# theirs")
    commit(upstream)
    git(clone, "pull", "--no-rebase", "--quiet", check=False)


def make_download(clone, upstream):
    shutil.rmtree(clone / ".git")


def make_part_of_another(clone, upstream):
    make_download(clone, upstream)
    git(clone.parent, "init", "--quiet")


def make_detached(clone, upstream):
    git(clone, "checkout", "--quiet", "--detach")


REASONS = [
    (make_offline, "check the internet connection"),
    (make_commit, "commits of your own"),
    (make_conflict, "unfinished"),
    (make_download, "not made by `git clone`"),
    (make_part_of_another, "not made by `git clone`"),
    (make_detached, "git switch main"),
]


@pytest.mark.parametrize(("prepare", "words"), REASONS, ids=[reason[0].__name__ for reason in REASONS])
def test_what_stops_it_changes_nothing(upstream, clone, prepare, words):
    add_cell(clone / NOTEBOOK, "# mine", place=5)
    if prepare in (make_commit, make_conflict):
        git(clone, "checkout", "--quiet", "--", NOTEBOOK)
    release(upstream)
    prepare(clone, upstream)
    before = contents(clone)
    with pytest.raises(Refusal, match=words):
        update(clone)
    assert contents(clone) == before


def test_a_merge_that_fails_puts_everything_back(upstream, clone, monkeypatch):
    add_cell(clone / NOTEBOOK, "# mine")
    release(upstream)
    before, real = contents(clone), updating._git

    def refuse(root, *arguments):
        if arguments[0] == "merge":
            raise Refusal("the disk is full")
        return real(root, *arguments)

    monkeypatch.setattr(updating, "_git", refuse)
    with pytest.raises(Refusal, match="the disk is full"):
        update(clone)
    assert contents(clone) == before


def test_without_git(clone, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Refusal, match="needs git"):
        update(clone)


def test_the_command(upstream, clone, monkeypatch, capsys):
    """`course.py update` says what was done; it needs no environment, and a failure is one sentence."""
    shutil.copy(ROOT / "course.py", clone / "course.py")
    spec = importlib.util.spec_from_file_location("course_to_update", clone / "course.py")
    course = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course)
    monkeypatch.setattr(course, "ensure", lambda extra: pytest.fail("nothing is to be installed"))
    release(upstream)
    assert course.main(["update"]) == 0
    assert "The course is updated" in capsys.readouterr().out
    make_offline(clone, upstream)
    assert course.main(["update"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("course.py: the new version could not be fetched")


def test_the_standard_library_is_enough():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.updating"
    subprocess.run([sys.executable, "-S", "-c", code], check=True, env={**os.environ, "PYTHONPATH": ""})


# --- plain git, and nbgitpuller, which commits the learner's changes and merges with `-X ours` ---------


def test_git_never_mixes_two_notebooks_into_one(upstream, clone):
    """`git stash`, `git pull`, `git stash pop`: a conflict leaves whole notebooks and the stash."""
    add_cell(clone / NOTEBOOK, "# mine")
    run_cells(clone / NOTEBOOK)
    release(upstream)
    git(clone, "stash")
    git(clone, "pull", "--quiet")
    assert "CONFLICT" in git(clone, "stash", "pop", check=False)
    assert "# new in the course" in sources(clone / NOTEBOOK)
    stashed = json.loads(git(clone, "show", f"stash@{{0}}:{NOTEBOOK}"))
    assert ["# mine"] in [cell["source"] for cell in stashed["cells"]]


@pytest.mark.parametrize("place", [0, 3, 7, 20])
def test_a_merge_that_prefers_the_learner_keeps_the_notebook_whole(upstream, clone, place):
    """What nbgitpuller does: `git commit -am`, then `git merge -X ours`."""
    add_cell(clone / NOTEBOOK, "# mine", place)
    mine = (clone / NOTEBOOK).read_bytes()
    release(upstream, (NOTEBOOK, OTHER))
    git(clone, "commit", "--quiet", "--all", "--message", "Automatic commit")
    git(clone, "fetch", "--quiet")
    git(clone, "merge", "--quiet", "-X", "ours", "origin/main")
    assert (clone / NOTEBOOK).read_bytes() == mine
    assert (clone / OTHER).read_bytes() == (upstream / OTHER).read_bytes()
    assert (clone / ".progress.json").exists()


# --- a course that is kept otherwise upstream ------------------------------------------------


def rename_upstream(upstream):
    git(upstream, "branch", "--quiet", "--move", "main", "trunk")


@pytest.mark.parametrize("single", [False, True])
def test_a_branch_renamed_upstream_is_followed(upstream, clone, tmp_path, single):
    if single:
        clone = tmp_path / "single"
        git(tmp_path, "clone", "--quiet", "--single-branch", f"file://{upstream}", str(clone))
    add_cell(clone / NOTEBOOK, "# mine", place=5)
    rename_upstream(upstream)
    release(upstream)
    assert "03_backpropagation_mine" in update(clone)
    assert "# new in the course" in sources(clone / NOTEBOOK)
    assert "# mine" in sources(clone / NOTEBOOK.replace(".ipynb", "_mine.ipynb"))
    assert update(clone) == "The course is up to date."
    release(upstream, (NOTEBOOK, OTHER))
    assert "updated" in update(clone)


def test_a_branch_that_is_gone_with_no_other_names_a_remedy(upstream, clone):
    git(upstream, "checkout", "--quiet", "--detach")
    git(upstream, "branch", "--quiet", "--delete", "--force", "main")
    before = contents(clone)
    with pytest.raises(Refusal, match=r"is no longer there, .* into a folder of its own"):
        update(clone)
    assert contents(clone) == before


@pytest.mark.parametrize("fetched", [False, True])
def test_rewritten_history_is_no_commit_of_the_learner(upstream, clone, fetched):
    release(upstream)
    update(clone)
    add_cell(clone / NOTEBOOK, "# mine", place=5)
    add_cell(clone / OTHER, "# mine too", place=5)
    git(upstream, "reset", "--quiet", "--hard", "HEAD~1")
    add_cell(upstream / NOTEBOOK, "# told anew")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--amend", "--message", "Begin anew")
    if fetched:
        git(clone, "fetch", "--quiet")
    assert "Your notebooks/03_backpropagation.ipynb is kept" in update(clone)
    assert "# told anew" in sources(clone / NOTEBOOK) and "# new in the course" not in sources(
        clone / NOTEBOOK
    )
    assert "# mine" in sources(clone / NOTEBOOK.replace(".ipynb", "_mine.ipynb"))
    assert "# mine too" in sources(clone / OTHER)
    assert update(clone) == "The course is up to date."


def test_commits_of_one_s_own_under_a_rewritten_history_are_kept(upstream, clone):
    make_commit(clone, upstream)
    git(upstream, "commit", "--quiet", "--amend", "--message", "Begin anew")
    before = contents(clone)
    with pytest.raises(Refusal, match="commits of your own"):
        update(clone)
    assert contents(clone) == before


def test_a_branch_that_follows_none_names_the_remedy(upstream, clone):
    git(clone, "checkout", "--quiet", "-b", "mine", "--no-track")
    with pytest.raises(Refusal, match="call `git branch --set-upstream-to=origin/main`"):
        update(clone)
    git(clone, "branch", "--quiet", "--set-upstream-to=origin/main")
    assert update(clone) == "The course is up to date."


def test_the_remedy_for_a_detached_head_works(upstream, clone):
    release(upstream)
    make_detached(clone, upstream)
    with pytest.raises(Refusal, match="call `git switch main` and then this again"):
        update(clone)
    git(clone, "switch", "--quiet", "main")
    assert "updated" in update(clone)


def test_a_course_reached_by_a_link_is_updated(upstream, clone, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(clone, target_is_directory=True)
    release(upstream)
    assert "updated" in update(link)
