"""How well pictures are read, beside plain Tesseract and plain zxing-cpp on the same pictures in the same run.

    python -m benchmarks.pictures

Prints one JSON line. All pictures are drawn here (`picture_material`, `picture_logos`): advertisements under seven
strains, QR codes under seven, logos as sites copy them, and icons of strangers.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import zxingcpp
from PIL import Image
from rapidfuzz.distance import Levenshtein

from benchmarks.picture_logos import CHANGES, logo, on_white, sized
from benchmarks.picture_material import Drawn, advertisements, codes
from matchers.page import Picture, PictureRole
from matchers.pictures.codes import read_codes
from matchers.pictures.likeness import BrandPictures, load_brand_pictures
from matchers.pictures.ocr import Tesseract, find_tesseract, read_lines
from matchers.pictures.outline import outlines_of
from matchers.text.normalise import fold_text

ADVERTISEMENTS: Final = 42
CODES: Final = 140
BRANDS: Final = 150
STRANGERS: Final = 400
_SEED: Final = 7

Figures = dict[str, float | str]


def measure() -> Figures:
    """All figures, by name; those of text are left out, and it is said, where Tesseract is not installed."""
    tesseract = find_tesseract()
    figures: Figures = {
        "tesseract": tesseract.version if tesseract else "not installed: apt-get install tesseract-ocr-vie"
    }
    if tesseract is not None:
        figures |= _texts(tuple(advertisements(ADVERTISEMENTS, _SEED)), tesseract)
    figures |= _codes(tuple(codes(CODES, _SEED)))
    figures |= _likeness()
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


# --- text ------------------------------------------------------------------------------------------------------


def _texts(drawn: Iterable[Drawn], tesseract: Tesseract) -> Figures:
    sums: dict[str, float] = defaultdict(float)
    strains: dict[str, list[float]] = defaultdict(list)
    for each in drawn:
        picture = Image.open(io.BytesIO(each.data)).convert("RGB")
        started = time.perf_counter()
        ours = "\n".join(line.text for line in read_lines(picture, tesseract))
        between = time.perf_counter()
        plain = _plain_tesseract(each.data, tesseract)
        sums["seconds"] += between - started
        sums["seconds_plain"] += time.perf_counter() - between
        sums["pictures"] += 1
        sums["characters"] += len(_line(each.said))
        sums["words"] += _words(each.said).total()
        sums["unmarked"] += _words(fold_text(each.said)).total()
        for name, read in (("", ours), ("_plain", plain)):
            told = _told(each.said, read)
            sums[f"told{name}"] += told
            sums[f"read{name}"] += len(_line(read))
            sums[f"words_told{name}"] += (_words(each.said) & _words(read)).total()
            sums[f"unmarked_told{name}"] += (_words(fold_text(each.said)) & _words(fold_text(read))).total()
            strains[f"character_recall_{each.strain}{name}"].append(told / len(_line(each.said)))
    figures: Figures = {}
    for name in ("", "_plain"):
        figures[f"character_recall{name}"] = sums[f"told{name}"] / sums["characters"]
        figures[f"character_precision{name}"] = sums[f"told{name}"] / max(sums[f"read{name}"], 1)
        figures[f"word_recall{name}"] = sums[f"words_told{name}"] / sums["words"]
        figures[f"word_recall_without_marks{name}"] = sums[f"unmarked_told{name}"] / sums["unmarked"]
        figures[f"text_ms{name}"] = sums[f"seconds{name}"] / sums["pictures"] * 1000
    return figures | {name: sum(shares) / len(shares) for name, shares in sorted(strains.items())}


def _plain_tesseract(data: bytes, tesseract: Tesseract) -> str:
    """What people get who call Tesseract on the file with the right languages and nothing else."""
    command = [tesseract.path, "stdin", "stdout", "-l", "+".join(sorted(tesseract.languages & {"vie", "eng"}))]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(command, input=data, capture_output=True, env=environment, timeout=60, check=False)
    return done.stdout.decode("utf-8", "replace")


def _line(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> Counter[str]:
    return Counter(text.lower().split())


def _told(said: str, read: str) -> int:
    """Characters of what was said that stand unchanged in the alignment with what was read."""
    edits = Levenshtein.opcodes(_line(said), _line(read))
    return sum(edit.src_end - edit.src_start for edit in edits if edit.tag == "equal")


# --- codes -----------------------------------------------------------------------------------------------------


def _codes(drawn: Iterable[Drawn]) -> Figures:
    seen: dict[str, list[bool]] = defaultdict(list)
    seconds = {"": 0.0, "_plain": 0.0}
    for each in drawn:
        picture = Image.open(io.BytesIO(each.data)).convert("RGB")
        started = time.perf_counter()
        ours = [code.payload for code in read_codes(picture)]
        between = time.perf_counter()
        plain = [code.text for code in zxingcpp.read_barcodes(picture)]
        seconds["_plain"] += time.perf_counter() - between
        seconds[""] += between - started
        for name, payloads in (("", ours), ("_plain", plain)):
            seen[f"qr_recall{name}"].append(each.said in payloads)
            seen[f"qr_recall_{each.strain}{name}"].append(each.said in payloads)
    figures: Figures = {name: sum(hits) / len(hits) for name, hits in sorted(seen.items())}
    count = len(seen["qr_recall"])
    return figures | {f"qr_ms{name}": total / count * 1000 for name, total in seconds.items()}


# --- likeness --------------------------------------------------------------------------------------------------


def _likeness() -> Figures:
    """How often a changed logo is told as its brand's, and how often a stranger's icon is taken for any of them."""
    with TemporaryDirectory() as folder:
        for seed in range(BRANDS):
            place = Path(folder) / "pictures" / f"brand{seed}"
            place.mkdir(parents=True)
            logo(seed).save(place / "logo.png")
        brands, problems = load_brand_pictures([Path(folder)], {f"brand{seed}" for seed in range(BRANDS)})
    known = {picture.brand for picture in brands.pictures}
    figures: Figures = {"likeness_brands": float(len(known)), "likeness_too_plain": float(len(problems))}
    for name, change in CHANGES.items():
        told = [
            _brand_of(change(logo(seed)), brands) == f"brand{seed}" for seed in range(BRANDS) if f"brand{seed}" in known
        ]
        figures[f"likeness_recall_{name}"] = sum(told) / len(told)
    started = time.perf_counter()
    taken = [_brand_of(_as_found(logo(10_000 + number), number), brands) is not None for number in range(STRANGERS)]
    figures["likeness_ms"] = (time.perf_counter() - started) / STRANGERS * 1000
    figures["likeness_strangers_taken"] = sum(taken) / STRANGERS
    figures["likeness_strangers_taken_per_brand"] = sum(taken) / STRANGERS / len(known)
    return figures


def _as_found(picture: Image.Image, number: int) -> Image.Image:
    side = (16, 32, 48, 64)[number % 4]
    return sized(on_white(picture) if number % 8 < 4 else picture, side)


def _brand_of(picture: Image.Image, brands: BrandPictures) -> str | None:
    outlines = tuple(map(str, outlines_of(picture)))
    like = brands.like(Picture("", PictureRole.FAVICON, "", picture.width, picture.height, outlines=outlines))
    return like.brand if like else None


if __name__ == "__main__":
    print(json.dumps(measure()))
