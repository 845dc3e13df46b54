"""The packs' own examples written the way spam is written: how many are still told, and whether honest ones stay so.

Every habit rewrites each must-match and must-not-match example of every pack ten times, seeded by habit and example,
so that a figure changes only with the rules, the examples and the matching. The tables of this module are its own: they
are not those by which the matchers undo what it does.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from matchers.examples import text_page
from matchers.judge import Judge
from matchers.rules import Rules

Habit = Callable[[str, random.Random], str]

TIMES: Final = 10
"""How often each habit rewrites each example."""
_LETTER: Final = r"[^\W\d_]"
_WORD: Final = re.compile(rf"{_LETTER}+")
_ADDRESS: Final = re.compile(r"\S*(?:[a-z0-9-]+\.(?:vn|com|net|me|ly|top|vip|xyz|cc|info|shop|online)\b|://)\S*", re.I)


def without_marks(text: str, _draw: random.Random) -> str:
    """Plain letters: ``Lừa đảo`` as ``Lua dao``."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def some_marks(text: str, draw: random.Random) -> str:
    """Every second word without its marks."""
    return _each_word(text, lambda word: without_marks(word, draw) if draw.random() < 0.5 else word)


def decomposed(text: str, _draw: random.Random) -> str:
    """Letters and marks apart (NFD)."""
    return unicodedata.normalize("NFD", text)


def capitals(text: str, draw: random.Random) -> str:
    """All in capitals, or each letter as it falls."""
    if draw.random() < 0.5:
        return text.upper()
    return "".join(draw.choice((letter.upper(), letter.lower())) for letter in text)


def zero_width(text: str, draw: random.Random) -> str:
    """Characters of no width after every third letter."""
    return _sprinkled(text, "\u200b\u200c\u200d\u2060\ufeff", 0.3, draw)


def soft_hyphens(text: str, draw: random.Random) -> str:
    """Soft hyphens after every third letter."""
    return _sprinkled(text, "\u00ad", 0.3, draw)


def emoji(text: str, draw: random.Random) -> str:
    """Emoji between the letters of words, one letter in seven."""
    return re.sub(
        rf"(?<={_LETTER})(?={_LETTER})", lambda _: draw.choice("🔥💰⭐✅🎁❤") if draw.random() < 0.15 else "", text
    )


def full_width(text: str, draw: random.Random) -> str:
    """Full-width letters and figures, for the whole text or every second word."""
    table = {code: code - 0x21 + 0xFF01 for code in range(0x21, 0x7F) if chr(code).isalnum()}
    share = draw.choice((0.5, 1.0))
    return _each_word(text, lambda word: word.translate(table) if draw.random() < share else word)


def mathematical(text: str, draw: random.Random) -> str:
    """Mathematical letters: bold, italic, script, sans-serif or monospace ones."""
    capital = draw.choice((0x1D400, 0x1D468, 0x1D4D0, 0x1D5D4, 0x1D63C, 0x1D670))
    table = {ord("A") + place: capital + place for place in range(26)}
    table |= {ord("a") + place: capital + 26 + place for place in range(26)}
    return without_marks(text, draw).translate(table) if draw.random() < 0.5 else text.translate(table)


def cyrillic(text: str, draw: random.Random) -> str:
    """Cyrillic letters of the same look for every second Latin one that has one."""
    return _replaced(text, dict(zip("aceopxyisjABCEHKMOPTX", "асеорхуіѕјАВСЕНКМОРТХ", strict=True)), 0.5, draw)


def greek(text: str, draw: random.Random) -> str:
    """Greek letters of the same look for every second Latin one that has one."""
    return _replaced(text, dict(zip("aionukvptABEHIKMNOPTXY", "αιοηυκνρτΑΒΕΗΙΚΜΝΟΡΤΧΥ", strict=True)), 0.5, draw)


def digits(text: str, draw: random.Random) -> str:
    """Figures, inside words signs too, for every third letter that has one; two a word at most."""
    table = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5"}
    signs = {"i": "!", "a": "@", "s": "$"}

    def write(word: str) -> str:
        letters = list(word)
        places = [place for place, letter in enumerate(letters) if letter.lower() in table and draw.random() < 0.33]
        for place in places[:2]:
            letter = letters[place].lower()
            is_inside = 0 < place < len(word) - 1
            letters[place] = signs[letter] if is_inside and letter in signs and draw.random() < 0.5 else table[letter]
        return "".join(letters)

    return _each_word(without_marks(text, draw), write, shortest=2)


def letters_apart(text: str, draw: random.Random) -> str:
    """Runs of one to three words spelled letter by letter: ``l.u.a d.a.o``, ``c h u y e n t i e n``."""
    words = text.split(" ")
    told: list[str] = []
    place = 0
    while place < len(words):
        run = words[place : place + draw.randint(1, 3)]
        if draw.random() < 0.3 and all(_WORD.fullmatch(word) for word in run) and sum(map(len, run)) > 2:
            sign = draw.choice((".", "-", "_", "*", "/", " "))
            gap = draw.choice((" ", "   ")) if sign == " " else " "
            told.append(gap.join(sign.join(word) for word in run))
            if sign == " ":
                told[-1] = f" {told[-1]} "
        else:
            told.extend(run)
        place += len(run)
    return " ".join(told)


_SHORT: Final = {
    "không": "ko k kg hok",
    "được": "đc dc",
    "gì": "j",
    "vậy": "z",
    "tiền": "tjền tiềnn",
    "người": "ng ngừi",
    "với": "vs",
    "mình": "mk",
    "bạn": "bn",
    "liên hệ": "lh lhe",
    "tài khoản": "tk",
    "ngân hàng": "nh",
    "chuyển khoản": "ck",
    "số điện thoại": "sdt",
    "nhân viên": "nv",
    "công ty": "cty",
    "công việc": "cv",
    "triệu": "tr",
    "đăng ký": "đk dk",
    "hỗ trợ": "ht htro",
    "lãi suất": "ls",
    "khuyến mãi": "km",
    "thanh toán": "tt",
    "quý khách": "qk",
    "trước": "trc",
    "hàng": "hàg",
    "nhanh": "nhah",
    "phải": "fải",
    "phí": "fí",
    "quá": "wá",
    "yêu": "iu",
    "vay": "vaj",
    "hôm nay": "hnay",
    "inbox": "ib",
    "nhắn tin": "nt",
    "mọi người": "mn",
    "thời gian": "tg",
}
"""Short spellings of messages."""


def teencode(text: str, draw: random.Random) -> str:
    """Short spellings of messages for three in four of the words that have one, marks kept or not."""
    for word, spellings in _SHORT.items():
        pattern = re.compile(rf"(?<!\w){word}(?!\w)", re.I)
        text = pattern.sub(
            lambda found, spellings=spellings: (  # type: ignore[misc]
                draw.choice(spellings.split(" ")) if draw.random() < 0.75 else found.group()
            ),
            text,
        )
    return text if draw.random() < 0.5 else without_marks(text, draw)


_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def typos(text: str, draw: random.Random) -> str:
    """A slip in every seventh word: two letters swapped, one left out or doubled, or a neighbouring key."""

    def slip(word: str) -> str:
        if draw.random() >= 1 / 7:
            return word
        place = draw.randrange(len(word) - 1)
        letter, following = word[place], word[place + 1]
        changed = draw.choice(
            (following + letter, following, letter * 2 + following, _beside(letter, draw) + following)
        )
        return word[:place] + changed + word[place + 2 :]

    return _each_word(text, slip, shortest=4)


def _beside(letter: str, draw: random.Random) -> str:
    """A key beside that of `letter`; a letter with marks as it is."""
    row = next((row for row in _KEYS if letter.lower() in row), letter)
    place = row.find(letter.lower())
    return draw.choice([row[near] for near in (place - 1, place + 1) if 0 <= near < len(row)] or [letter])


def joined(text: str, draw: random.Random) -> str:
    """A space in ten between words left out."""
    return _without_spaces(text, 0.1, draw)


def often_joined(text: str, draw: random.Random) -> str:
    """A space in seven between words left out."""
    return _without_spaces(text, 1 / 7, draw)


def other_gaps(text: str, draw: random.Random) -> str:
    """Something else than a space between words."""
    return text.replace(" ", draw.choice(("_", " - ", "  ", "\n", ".", " 🔥 ", "\u00a0", "\u3000")))


def two_at_once(text: str, draw: random.Random) -> str:
    """Two of the habits that change letters, one after the other."""
    first, second = draw.sample((without_marks, cyrillic, greek, zero_width, emoji, capitals, teencode), 2)
    return second(first(text, draw), draw)


HABITS: Final[dict[str, Habit]] = {
    habit.__name__: habit
    for habit in (
        without_marks,
        some_marks,
        decomposed,
        capitals,
        zero_width,
        soft_hyphens,
        emoji,
        full_width,
        mathematical,
        cyrillic,
        greek,
        digits,
        letters_apart,
        teencode,
        typos,
        joined,
        often_joined,
        other_gaps,
        two_at_once,
    )
}
"""Every way in which the examples are rewritten, by name."""


def _each_word(text: str, write: Callable[[str], str], shortest: int = 1) -> str:
    """`text` with `write` done to each of its words; addresses stay, a scam wants to be reached."""

    def words(stretch: str) -> str:
        return _WORD.sub(lambda found: write(found[0]) if len(found[0]) >= shortest else found[0], stretch)

    told: list[str] = []
    last = 0
    for address in _ADDRESS.finditer(text):
        told += (words(text[last : address.start()]), address[0])
        last = address.end()
    return "".join((*told, words(text[last:])))


def _sprinkled(text: str, signs: str, share: float, draw: random.Random) -> str:
    return _each_word(
        text, lambda word: "".join(letter + (draw.choice(signs) if draw.random() < share else "") for letter in word)
    )


def _replaced(text: str, table: dict[str, str], share: float, draw: random.Random) -> str:
    return _each_word(
        text, lambda word: "".join(table.get(letter, letter) if draw.random() < share else letter for letter in word)
    )


def _without_spaces(text: str, share: float, draw: random.Random) -> str:
    return re.sub(rf"(?<={_LETTER}) (?={_LETTER})", lambda _: "" if draw.random() < share else " ", text)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An example as one habit wrote it, and whether the judge flags it."""

    habit: str
    pack: str
    example: str
    text: str
    is_flagged: bool


def rewritten(rules: Rules, habits: Iterable[str], *, is_match: bool, times: int = TIMES) -> Iterator[Rewritten]:
    """The packs' must-match (`is_match`) or must-not-match examples in each of `habits`, `times` over, judged."""
    judge = Judge(rules)
    for habit in habits:
        for pack in rules.packs:
            for example in pack.must_match if is_match else pack.must_not_match:
                draw = random.Random(f"{habit} {example}")
                for _ in range(times):
                    text = HABITS[habit](example, draw)
                    yield Rewritten(habit, pack.id, example, text, judge.judge(text_page(text)).is_hit)


def share_flagged(rows: Iterable[Rewritten]) -> float:
    """The share of `rows` that is flagged, 0 to 1."""
    flagged = [row.is_flagged for row in rows]
    return sum(flagged) / len(flagged)


def measure_disguise(rules: Rules, times: int = TIMES) -> dict[str, float]:
    """Recall over all must-match examples and habits and by habit, and the share of must-not-match ones flagged."""
    told = {name: list(rewritten(rules, (name,), is_match=True, times=times)) for name in HABITS}
    honest = {name: list(rewritten(rules, (name,), is_match=False, times=times)) for name in HABITS}
    figures = {
        "disguise_recall": share_flagged(row for rows in told.values() for row in rows),
        "disguise_honest_flagged": share_flagged(row for rows in honest.values() for row in rows),
    }
    figures |= {f"disguise_recall_{name}": share_flagged(rows) for name, rows in told.items()}
    return figures | {f"disguise_honest_flagged_{name}": share_flagged(rows) for name, rows in honest.items()}
