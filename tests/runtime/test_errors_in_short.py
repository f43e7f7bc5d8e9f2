"""A cell that fails on purpose shows the last line of its error; any other cell the usual page."""

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(("before", "lines"), [("with in_short(): ", 1), ("", 5)])
def test_a_notebook_shows_one_line(shell, capsys, before, lines):
    result = shell.run_cell(f"from cnnlib.runtime import in_short\n{before}int('x')")
    shown = capsys.readouterr()
    text = (shown.out + shown.err).strip()
    assert isinstance(result.error_in_exec, ValueError)
    assert text.endswith("invalid literal for int() with base 10: 'x'")
    assert (len(text.splitlines()) == 1) == (lines == 1)
