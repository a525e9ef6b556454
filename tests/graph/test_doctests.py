"""Every example in a docstring of graph/ gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import graph

MODULES = [found.name for found in pkgutil.walk_packages(graph.__path__, "graph.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_formulas_have_examples() -> None:
    for name in ("graph.csr", "graph.rings.significance"):
        module = importlib.import_module(name)
        examples = [test for test in doctest.DocTestFinder().find(module) if test.examples]
        public = [value for value in vars(module).values() if callable(value) and value.__module__ == name]
        assert len(examples) >= sum(not function.__name__.startswith("_") for function in public)
