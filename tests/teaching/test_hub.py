"""The values for Zero to JupyterHub: valid by the chart's schema, equal to what was measured."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tools.teaching.hub import GUARANTEE_GB, MEASURED, need

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "teaching" / "jupyterhub"
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
README = (FOLDER / "README.md").read_text("utf-8")
SCHEMA = json.loads(Path(__file__).with_name("zero_to_jupyterhub.schema.json").read_text("utf-8"))


def faults(values):
    """What the schema refuses; what it requires and the values leave out, the chart's defaults fill in."""
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(values)
    return [f"{list(error.path)}: {error.message}" for error in found if error.validator != "required"]


def test_the_values_keep_the_charts_schema():
    assert faults(VALUES) == []
    assert "commit 48ea50e3" in SCHEMA["$comment"] and "commit 48ea50e3" in README


@pytest.mark.parametrize(
    "wrong",
    [{"singleuser": {"memoryy": {}}}, {"cull": {"every": "often"}}, {"hub": {"activeServerLimit": "many"}}],
)
def test_the_schema_refuses_what_the_chart_would_refuse(wrong):
    assert faults(VALUES) == [] and faults(VALUES | wrong)


def test_a_server_is_set_as_on_one_machine():
    settings = {}

    class Config:
        def __getattr__(self, name):
            return settings.setdefault(name, type(name, (), {})())

    path = ROOT / "docs" / "jupyterhub_config.py"
    exec(compile(path.read_text("utf-8"), str(path), "exec"), {"get_config": Config, "__file__": str(path)})
    server, spawner = VALUES["singleuser"], settings["Spawner"]
    assert server["defaultUrl"] == spawner.default_url and server["startTimeout"] == spawner.start_timeout
    assert server["memory"]["limit"] == spawner.mem_limit
    assert set(server["extraEnv"]) == set(spawner.environment)
    assert server["extraEnv"]["JUPYTER_CONFIG_PATH"].removeprefix("/srv/course/") == "tools/jupyter"
    assert "--target-repo-dir /srv/course " in README


def test_room_and_cores_are_those_measured():
    load = json.loads(MEASURED.read_text("utf-8"))["load"]
    a_learner = {way: load["cores"][way] / 19 for way in ("class", "storm")}
    assert VALUES["singleuser"]["memory"]["guarantee"] == f"{GUARANTEE_GB}G"
    assert 2 * load["memory"]["learner_mb"] < 1000 * GUARANTEE_GB
    assert a_learner["storm"] <= VALUES["singleuser"]["cpu"]["guarantee"]
    for number in (
        f"{a_learner['class']:.3f}",
        f"{a_learner['storm']:.3f}",
        f"{load['memory']['learner_mb']:.0f} MB",
    ):
        assert number in README and number in (FOLDER / "values.yaml").read_text("utf-8")


def test_the_table_of_machines_is_computed():
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", README, re.MULTILINE)
    assert [int(row[0]) for row in rows] == [20, 100, 500]
    for learners, *numbers in (map(int, row) for row in rows):
        found = need(learners)
        assert numbers == [found.machines, found.by_memory, found.by_cores, round(found.start_s)]
