"""The examples of docs/rest.md run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "rest.md"


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_examples_run(url: str) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) > 8
    script = "\necho; echo ---\n".join(("set -euo pipefail", *examples))
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "URL": url}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *_, changes, position, known, listed, figures, problems = (part.strip() for part in done.stdout.split("---"))
    assert '"/problems/precondition-failed"' in changes
    assert (position, known, listed) == ("leads", "304", "Summer")
    assert '"spend":"62.50"' in figures
    assert '"NOT_READY"' in problems
    assert problems.endswith("archived")
