"""The layers of the house: who may import whom, as pyproject.toml lays down."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_contract_is_kept() -> None:
    # In a process of its own: what other tests have imported into this one is no part of the house.
    lint_imports = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([lint_imports, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout
