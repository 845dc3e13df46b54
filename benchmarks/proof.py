"""The long runs, one after another: `make proof`. Each prints its figures; the exit status is 1 when one fails."""

from __future__ import annotations

import os
import subprocess
import sys

PROOFS: dict[str, list[str]] = {
    "kills of crawls": ["-m", "benchmarks.kills", "--count", "50"],
    "tampering with and killing evidence": ["-m", "benchmarks.proof_evidence"],
    "fuzzing of the normaliser, the host parser and the rule loader": ["-m", "benchmarks.fuzz", "--seconds", "300"],
    "hostile input, long": ["-m", "pytest", "-q", "-k", "hypothesis or never_raises or hostile or fuzz", "tests"],
}


def main() -> int:
    failed = []
    for name, command in PROOFS.items():
        print(f"=== {name}", flush=True)
        ended = subprocess.run(
            [sys.executable, *command], env={**os.environ, "HYPOTHESIS_PROFILE": "proof"}, check=False
        )
        if ended.returncode != 0:
            failed.append(name)
    print(f"=== failed: {', '.join(failed)}" if failed else "=== every proof holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
