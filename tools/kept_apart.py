"""Training, validation and test images are kept apart: what a program can see of it in a notebook."""

from __future__ import annotations

import ast
import re

CHOICE = re.compile(r"\*\*Challenge\b|\bChoose\b")
SCORE = re.compile(r"%\s+of\s+the\s+test\s+images")


def nothing_is_chosen_on_test_images(page):
    """What is met by choosing is judged on validation images; test images are not called validation images.

    Found are challenges and choices in the prose that ask for a share of the test images, cells with a
    ``Challenge(…)`` whose texts do, and the second half of a data set as it was loaded, without
    ``hold_back``, as ``validation=…`` or ``judged="validation…"``.
    """
    faults, loaded = [], set()
    for number, text in page.markdown:
        faults += [
            f"cell {number}: a choice is judged by test images; use validation images"
            for paragraph in re.split(r"\n\s*\n", text)
            if (choice := CHOICE.search(paragraph)) and SCORE.search(paragraph, choice.start())
        ]
    for number, cell in page.code:
        nodes = list(ast.walk(_parsed(cell.source)))
        if _has_challenge_on_test_images(nodes):
            faults.append(f"cell {number}: a challenge is judged by test images; use validation images")
        for node in nodes:
            if isinstance(node, ast.Assign):
                _note(node, loaded)
            elif isinstance(node, ast.Call):
                faults += [f"cell {number}: {fault}" for fault in _faults(node, loaded)]
    return faults


def _parsed(source):
    """The syntax of a cell; nothing where it is no Python, or meant to be none."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def _name(function):
    return getattr(function, "id", getattr(function, "attr", ""))


def _has_challenge_on_test_images(nodes):
    challenges = any(isinstance(node, ast.Call) and _name(node.func) == "Challenge" for node in nodes)
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return challenges and any(SCORE.search(text) for text in texts)


def _note(assignment, loaded):
    """Note the names of data sets as they were loaded; a name that gets something else is none of them."""
    value = assignment.value
    whole = isinstance(value, ast.Call) and _name(value.func).startswith("load_")
    for target in assignment.targets:
        if isinstance(target, ast.Name):
            (loaded.add if whole else loaded.discard)(target.id)


def _faults(call, loaded):
    """What is wrong with one call."""
    for keyword in call.keywords:
        if keyword.arg == "validation":
            parts = {n.value.id for n in ast.walk(keyword.value) if _is_test_half(n)}
        elif keyword.arg == "judged" and "validation" in str(getattr(keyword.value, "value", "")):
            parts = {argument.id for argument in call.args if isinstance(argument, ast.Name)}
        else:
            continue
        for name in sorted(parts & loaded):
            yield f"the test images of {name} are called validation images; use {name}.hold_back(…)"


def _is_test_half(node):
    """Whether it is ``name.x_test`` or ``name.y_test``."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("x_test", "y_test")
        and isinstance(node.value, ast.Name)
    )
