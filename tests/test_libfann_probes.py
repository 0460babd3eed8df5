"""402 calls that were once made on the real libfann, made on pellucid's: the same answers, or better ones by rule."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from libfann_replay import Outcome, masked, replay
from pellucid.errors import PellucidError
from pellucid.fann import install, libfann

# Calls that the real library takes, and answers by a number that means nothing: an error says so instead.
MISLEADING = """
    csa_one sparse_neg csa_zero_in run_short* run_long train_short_in train_long_out test_short_* test_long
    uncreated_train* uncreated_test* uncreated_scale_train init_weights_empty *_mismatch *_mismatch0
    *_mismatch_out *_mismatch_small td_set_mismatch* print_error errno_flow set_error_log_none
    set_error_log_default_none train_on_data_empty_td train_on_file_missing casc_file_missing casc_empty
    td_empty_ops set_act_bad set_act_neg set_alg_bad set_errfunc_bad set_stop_bad get_act_negneuron casc_std
    casc_std2 casc_batch casc_incr train_zero_rows scale_input_none_noparams parent_run slip4* slip9* slip10*
    slip11* longname_badversion*
"""

# Calls that the real library refuses, and pellucid takes: habits, and what is broken there.
TAKEN = """
    ctor_copy neural_net* *slip* create_standard_list *float* *_path pickle deepcopy copy_from_struct parent_ctor
    cb_py create_from_callback casc_fn_set* set_error_log_file td_set_5args scale_*_list scale_input_swigdouble
    td_none_ctor libfann_const_SIN conn_array* set_weight* randomize* init_weights* ctor_str td_str_ctor pyfann
"""

# Calls whose answer is another on purpose.
OTHER = {
    "ctor": "its own repr",
    "copy": "its own repr",
    "uncreated_get_connection_array": "[] where the real one gives None",
    "uncreated_get_cascade_activation_functions": "[] where the real one gives None",
    "set_weight_absent": "lists compare, opaque objects do not",
    "get_act_layer0": "the text of the error, not freed memory",
    "get_steep_oob": "the text of the error, not freed memory",
    "set_act_layer_oob": "the text of the error, not freed memory",
    "run_nan": "NaN in, NaN out",
    "train_nan_data": "NaN in, NaN out",
    "train_on_file_desired_hit": "how far it comes hangs on its random first weights",
    "load_no_reseed": "every network has a stream of its own, C's is not touched",
    "load_fixed": "fixed point files are read too",
    "copy_copy_destroy": "a copy is a network of its own",
    "stdout_capture": "reports go through sys.stdout",
    "fann2_all": "its own path",
    "gil": "other threads run while this one trains",
    "td_read_dir": "a folder cannot be opened",
    "cff_dir": "a folder cannot be opened",
    "defaults": "lists, and SARPROP's own numbers, which the test below compares",
}
SKIPPED = {"sigint": "see test_libfann_training", "locale": "asks nothing of the library"}


def listed(name: str, patterns: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns.split())


@pytest.fixture(scope="module")
def probes(outside_data: Callable[[str], Path]) -> dict[str, Any]:
    found = json.loads(outside_data("oracle/api/probes.json").read_text())
    assert len(found) == 402
    return found


@pytest.fixture
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[bool]:
    monkeypatch.chdir(tmp_path)
    for cls in (libfann.neural_net_parent, libfann.training_data_parent):
        monkeypatch.setattr(cls, "fann_compat", request.param)
    before = dict(sys.modules)
    install()
    yield request.param
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


def same_text(name: str, probe: dict[str, Any], got: Outcome) -> bool:
    """Whether it printed what the real one printed; to the last digit where its random numbers were seeded."""
    want = probe["stdout"]
    if name == "td_save_vals":  # stored cut off in its long first line
        return got.stdout.splitlines()[1:] == want.splitlines()[1:]
    if name.startswith("casc_") and "srand" not in probe["code"]:
        return masked(got.stdout)[:80] == masked(want)[:80]
    if "srand" in probe["code"] and "sparse" not in name:
        return got.stdout == want
    return masked(got.stdout) == masked(want) if "sparse_net_save" not in name else len(got.stdout) == len(want)


def complaint(name: str, probe: dict[str, Any], got: Outcome) -> str:
    """What is wrong with the outcome; "" if nothing."""
    crashed = probe["result"] not in ("ok", "python_exception")
    refused = (probe["python_error"] or "").partition(":")[0]
    if got.error is not None and not isinstance(got.error, PellucidError):
        kinds = {kind.__name__ for kind in type(got.error).__mro__}
        return "" if refused in kinds else f"raised {got.error!r}"
    if crashed:
        return ""
    if refused or probe["result"] == "python_exception":
        if got.error is None:
            return "" if listed(name, TAKEN) else "was taken"
        kinds = {kind.__name__ for kind in type(got.error).__mro__}
        wanted = {"SystemError": "TypeError"}.get(refused, refused)
        return "" if wanted in kinds or listed(name, TAKEN) else f"raised {type(got.error).__name__}"
    if got.error is not None:
        return "" if listed(name, MISLEADING) else f"raised {got.error}"
    if name in OTHER or "Swig Object" in probe["stdout"]:
        return ""
    if not same_text(name, probe, got):
        return f"printed {got.stdout!r}, not {probe['stdout']!r}"
    told = [re.sub(r"\s+", " ", text) for text in (got.stderr, probe["stderr"])]
    return "" if told[0][:550] == told[1][:550] or told[0].strip() == told[1].strip() else f"told {got.stderr!r}"


def empty_folder() -> None:
    for path in Path().iterdir():
        path.unlink()


@pytest.mark.parametrize("mode", [True], ids=["fann_compat"], indirect=True)
def test_answers_are_the_real_ones(mode: bool, probes: dict[str, Any]) -> None:
    wrong = {}
    for name, probe in probes.items():
        if name in SKIPPED:
            continue
        empty_folder()
        found = complaint(name, probe, replay(probe["code"]))
        if found:
            wrong[name] = found
    assert wrong == {}, "\n".join(f"{k}: {v[:300]}" for k, v in wrong.items())


@pytest.mark.parametrize("mode", [False], ids=["right"], indirect=True)
def test_nothing_crashes_and_every_error_teaches(mode: bool, probes: dict[str, Any]) -> None:
    wrong = {}
    for name, probe in probes.items():
        if name in SKIPPED:
            continue
        empty_folder()
        got = replay(probe["code"])
        refused = (probe["python_error"] or "").partition(":")[0]
        if got.error is not None and not isinstance(got.error, PellucidError) and type(got.error).__name__ != refused:
            wrong[name] = repr(got.error)
        if isinstance(got.error, PellucidError) and not (got.error.given and (got.error.expected or got.error.instead)):
            wrong[name] = f"teaches nothing: {got.error}"
    assert wrong == {}, "\n".join(f"{k}: {v[:300]}" for k, v in wrong.items())


@pytest.mark.parametrize("mode", [False], ids=["right"], indirect=True)
def test_what_crashed_the_real_library_does_not_crash(mode: bool, outside_data: Callable[[str], Path]) -> None:
    """The 51: the 47 calls are among the probes; the files raise, naming where."""
    crashes = json.loads(outside_data("oracle/api/crashes.json").read_text())
    assert len(crashes) == 51
    files = [name.removeprefix("file:") for name in crashes if name.startswith("file:")]
    assert len(files) == 4
    for name in files:
        path = outside_data(f"oracle/{name}")
        thing = libfann.training_data() if path.suffix == ".data" else libfann.neural_net()
        read = thing.read_train_from_file if path.suffix == ".data" else thing.create_from_file
        with pytest.raises(ValueError, match="line [0-9]"):
            read(path)
        nn = libfann.neural_net(seed=1)
        assert nn.create_standard_array((2, 1))
        assert len(nn.run([1, 1])) == 1


@pytest.mark.parametrize("mode", [True], ids=["fann_compat"], indirect=True)
def test_defaults(mode: bool, probes: dict[str, Any]) -> None:
    probe = probes["defaults"]
    got, want = replay(probe["code"]).stdout.splitlines(), probe["stdout"].splitlines()
    want = [line for line in want if "Swig Object" not in line]
    assert set(want) <= set(got)
    assert len(want) == 41
