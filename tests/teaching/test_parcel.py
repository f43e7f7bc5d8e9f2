"""Hostile archives are refused with a sentence, broken notebooks marked zero."""

import stat
import zipfile
from pathlib import Path

import pytest

from tests.teaching.archives import ABOUT, NAME, pack
from tools.teaching import marking, parcel
from tools.teaching.asking import Limits
from tools.teaching.parcel import Refused

ROOT = Path(__file__).parents[2]
TASK = marking.Task("03.relu_backward", "03_backpropagation", "relu_backward")
QUICK = Limits(computing=20, clock=15, memory_mb=1500)


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HOSTILE_FILES = {
    "a way out": ([("../../evil.ipynb", "x")], ABOUT, "no hand-in holds"),
    "an absolute path": ([("/etc/cron.d/evil", "x")], ABOUT, "no hand-in holds"),
    "backslashes": ([("notebooks\\..\\evil.ipynb", "x")], ABOUT, "no hand-in holds"),
    "a link": ([(link(NAME), "/etc/passwd")], ABOUT, "holds a link"),
    "a bomb": ([(NAME, b"0" * (parcel.LARGEST_MEMBER + 1))], ABOUT, "too large once unpacked"),
    "many bombs": (
        [(f"notebooks/{i:02}_a.ipynb", b"0" * (15 * 2**20)) for i in range(5)],
        ABOUT,
        "too large",
    ),
    "many files": ([(f"notebooks/n{i}.ipynb", "") for i in range(80)], ABOUT, "more than"),
    "nothing of ours": ([(NAME, "{}")], None, "hand-in.json is missing"),
    "another format": ([(NAME, "{}")], {"format": 99}, "newer course"),
}


@pytest.mark.parametrize(("members", "about", "words"), HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_hostile_archive_is_refused_with_a_sentence(tmp_path, members, about, words):
    with pytest.raises(Refused, match=words):
        parcel.read(pack(tmp_path / "a.zip", members, about))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", [(NAME, b"0" * 3_000_000)])
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")  # the last entry of the directory: its size once unpacked
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    try:
        assert parcel.read(path).said  # ten bytes of zeros are no notebook
    except Refused as refused:
        assert str(refused)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\0" * 100, "héllo".encode()])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Refused):
        parcel.read(tmp_path / "a.zip")


def test_an_archive_that_is_a_link_is_refused(tmp_path):
    pack(tmp_path / "b.zip", [])
    try:
        (tmp_path / "a.zip").symlink_to(tmp_path / "b.zip")
    except OSError:  # Windows asks for rights
        return
    with pytest.raises(Refused, match="link"):
        parcel.read(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "text", ["{broken", "[" * 100_000, "[]", '{"cells": 3}', "", '{"cells": [1, {"source": 4}]}']
)
def test_a_broken_notebook_is_said_and_marked_zero(tmp_path, text):
    found = parcel.read(pack(tmp_path / "a.zip", [(NAME, text)]))
    mark = marking.mark(found, TASK, 7, QUICK)
    assert mark.outcome in ("not handed in", "not attempted") and mark.sentence


def test_a_record_loses_what_the_report_cannot_count():
    odd = {"what": "answer", "id": "03.falls", "when": "2026", "belief": ["x"], "right": 1, "more": {"a": 1}}
    events = [
        odd,
        {"what": "attack", "id": "x", "when": "1"},
        7,
        {"what": "answer", "id": ["x"], "when": "1"},
    ]
    clean = parcel.clean_record({"events": events, "key": 3})
    assert clean == {
        "version": 1,
        "key": "",
        "events": [{"what": "answer", "id": "03.falls", "when": "2026"}],
    }
    assert parcel.clean_record([1]) is None
