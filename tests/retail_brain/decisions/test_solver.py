"""Whole numbers by HiGHS: the answer is scipy's, and standard output stays ours."""

import ctypes
import os
import sys

import numpy as np
from scipy.optimize import Bounds

from retail_brain.decisions import solver


def test_the_answer_is_that_of_milp():
    found = solver.solve_milp(np.array([-3.0, 2.0]), integrality=np.ones(2), bounds=Bounds(0, 4))
    assert found.x.tolist() == [4, 0]


def test_what_compiled_code_prints_goes_to_standard_error(monkeypatch, capfd):
    def chatty(*_, **__):
        ctypes.CDLL(None).printf(b"debugging\n")
        os.write(1, b"more of it\n")

    monkeypatch.setattr(solver, "milp", chatty)
    sys.stdout.write("before\n")
    solver.solve_milp(np.ones(1))
    sys.stdout.write("after\n")
    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert sorted(err.split("\n")) == ["", "debugging", "more of it"]
