"""A coverage-guided fuzzer on FANN's files for a bounded time: taught errors only, whatever the bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 15


@pytest.mark.peers
def test_no_bytes_do_more_than_raise_a_taught_error(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="Atheris, the fuzzer, is not installed here")
    (tmp_path / "found").mkdir()
    script = Path(__file__).with_name("fuzz_fann.py")
    options = [f"-max_total_time={SECONDS}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-seed=1"]
    run = subprocess.run(
        [sys.executable, str(script), "found", *options], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    done = re.search(r"Done (\d+) runs", run.stderr)
    assert done
    assert int(done.group(1)) > 1000
    assert len(list((tmp_path / "found").iterdir())) > 20  # it found its way into the readers
