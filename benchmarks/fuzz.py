"""Coverage-guided fuzzing (atheris) of what meets hostile input: the normaliser, the host parser, the rule loader.

    python -m benchmarks.fuzz [--seconds 120]

Each target runs in a process of its own for that long, from seeds out of the packs, and prints one JSON line: its
executions, and the input of a finding in hexadecimal. The exit status is 1 when there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

TARGETS: Final = ("normaliser", "hosts", "rules")
_LONGEST: Final = 4096
_EXECUTIONS: Final = re.compile(r"(?:Done |#)(\d+)")
_SLOW_SECONDS: Final = 10
"""What one input of four kilobytes may take before it counts as a finding."""


def fuzz(target: str, seconds: int, folder: Path) -> dict[str, object]:
    """Fuzz one target: executions, and the finding ("" for none) with the end of what was said of it."""
    corpus, findings = folder / "corpus", folder / "findings"
    corpus.mkdir()
    findings.mkdir()
    for number, seed in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(seed)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.fuzz", "--target", target, str(corpus)),
            *(f"-max_total_time={seconds}", f"-timeout={_SLOW_SECONDS}", f"-max_len={_LONGEST}"),
            *(f"-artifact_prefix={findings}/", "-print_final_stats=1", "-verbosity=1"),
        ],
        capture_output=True,
        check=False,
    )
    said = ended.stderr.decode("utf-8", "replace") + ended.stdout.decode("utf-8", "replace")
    counts = [int(count) for count in _EXECUTIONS.findall(said)]
    found = next(iter(sorted(findings.iterdir())), None)
    is_whole = ended.returncode == 0 and found is None
    return {
        "target": target,
        "seconds": seconds,
        "executions": max(counts, default=0),
        "finding": found.read_bytes().hex() if found is not None else "",
        "said": "" if is_whole else said[-2000:],
    }


def seeds(target: str) -> list[bytes]:
    """What the target is started from: texts, host names and packs of the project's own."""
    from matchers.rules import BUILT_IN_PACKS, load_rules

    rules = load_rules()
    match target:
        case "normaliser":
            texts = [text for pack in rules.packs for text in (*pack.must_match, *pack.must_not_match)]
            return [text.encode() for text in texts]
        case "hosts":
            domains = [domain for brand in rules.brands.brands for domain in brand.official_domains]
            return [f"{domain}-dangnhap.top".encode() for domain in domains] + [b"xn--vitcombank-j4b.com", b"1.2.3.4"]
        case _:
            return [path.read_bytes()[:_LONGEST] for path in sorted(BUILT_IN_PACKS.glob("*.yaml"))]


def run(target: str, arguments: list[str]) -> None:
    """Fuzz `target` in this process, by libFuzzer's own `arguments`; never returns."""
    import atheris

    with atheris.instrument_imports(include=["matchers", "yaml"]):
        work = _work(target)

    def one(data: bytes) -> None:
        # Bytes that are no UTF-8 become lone surrogates, which pages can hold as well.
        work(data if target == "rules" else data.decode("utf-8", "surrogateescape"))

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def _work(target: str) -> Callable[..., None]:
    from matchers.hosts.lookalike import lookalike
    from matchers.pack import read_pack
    from matchers.rules import load_rules
    from matchers.text.normalise import fold, unmask

    rules = load_rules()
    place = Path(tempfile.mkdtemp()) / "fuzzed.yaml"

    def normaliser(text: str) -> None:
        folded = fold(text)
        for start in range(0, len(folded.text), max(1, len(folded.text) // 16)):
            first, last = folded.span(start, start + 1)
            assert 0 <= first < last <= len(text), "a span outside of the original"
        words = folded.words
        for word in range(0, len(words), max(1, len(words) // 16)):
            first, last = words.span(word, word)
            assert 0 <= first < last <= len(text), "a word outside of the original"
        assert len(unmask(text)) == len(text), "unmasking moved letters"
        rules.phrases.find(words)

    def hosts(text: str) -> None:
        found = lookalike(text, rules.brands)
        assert found is None or 0 < found.confidence <= 1, "no confidence"

    def packs(data: bytes) -> None:
        place.write_bytes(data)
        pack, problems = read_pack(place)
        assert (pack is None) == bool(problems), "a pack refused without a reason, or taken with one"
        assert all(problem.remedy for problem in problems), "a mistake without a remedy"

    return {"normaliser": normaliser, "hosts": hosts, "rules": packs}[target]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="for each target")
    parser.add_argument("--target", choices=TARGETS, help="fuzz this one here, with libFuzzer's own options behind it")
    options, further = parser.parse_known_args()
    if options.target is not None:
        run(options.target, further)
    found = False
    for target in TARGETS:
        with tempfile.TemporaryDirectory() as folder:
            figures = fuzz(target, options.seconds, Path(folder))
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        found |= bool(figures["said"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
