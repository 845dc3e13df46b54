"""Tax codes and licence numbers, where a word says that they are: both name a company, whoever shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stdnum.vn import mst

from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier

_TAX_FIGURES: Final = re.compile(r"(?<![0-9A-Za-z.,/+])[0-9](?:[ .]?[0-9]){9}(?:\s?-\s?[0-9]{3})?(?![0-9A-Za-z])")
_TAX_CUE: Final = re.compile(
    r"(?<!\w)(?:m\.?s\.?t|mã số thuế|ma so thue|mã số doanh nghiệp|ma so doanh nghiep|mã số dn|ms[dt]n|mã số đkkd"
    r"|tax (?:code|id|no\.?)|(?:gcn\s?)?đk(?:kd|dn)|dkkd|gpkd|gp đkkd|mã (?:số )?đăng ký kinh doanh"
    r"|giấy (?:phép|chứng nhận) (?:đăng ký |đk )?(?:kinh doanh|doanh nghiệp|kd|dn)|giay phep kinh doanh)[^0-9\n]{0,40}$"
)
_TAX_REACH: Final = 80  # characters before a tax code in which a word says that it is one

_STROKE: Final = re.compile(r"/(?=\s?[0-9A-ZĐ])")
_LICENCE_START: Final = re.compile(r"(?<![0-9A-Za-z./,])[0-9]{1,6}(?:/[0-9]{4})?\s?$")
_LICENCE_END: Final = re.compile(
    r"/\s?(?:[0-9]{4}\s?/\s?)?[0-9]{0,4}[A-ZĐ][0-9A-ZĐ\-–]{1,24}(?:/[0-9A-ZĐ\-–]{1,16}){0,2}"
)
_LICENCE_CUE: Final = re.compile(
    r"(?<!\w)(?:giấy\s+(?:phép|xác\s+nhận|chứng\s+nhận)|giay\s+phep|gphđ|gpkd|gcn|gp|licen[cs]e)(?!\w)[^0-9\n]{0,140}$"
)
_LICENCE_REACH: Final = 160
_LAW: Final = re.compile(r"nghị định|thông tư|quyết định|luật|chỉ thị|công văn|kế hoạch|nghị quyết|văn bản|\d/")
_LAW_NUMBER: Final = re.compile(r"/(?:N[ĐD]-CP|TT-|TTLT|QH[0-9]|CT-|NQ-)|Q[ĐD]-TTG")
_ONE_SPELLING: Final = str.maketrans({"Đ": "D", "–": "-", " ": "", "\u00a0": ""})


def find_tax_codes(text: str, lowered: str, start: int, end: int) -> Iterator[Sighting]:
    """Tax codes between `start` and `end` of `text`; `lowered` is it in lower case."""
    for match in _TAX_FIGURES.finditer(text, start, end):
        value = tax_code(match.group())
        if value is not None and _TAX_CUE.search(lowered[max(match.start() - _TAX_REACH, 0) : match.start()]):
            yield Sighting(Identifier("tax_code", value), match.start(), match.end(), match.group())


def find_licences(text: str, lowered: str) -> Iterator[Sighting]:
    """Numbers of licences in `text` (`1234/LĐTBXH-GP`), where one is spoken of; `lowered` is it in lower case."""
    if "/" not in text:
        return
    last = 0
    for stroke in _STROKE.finditer(text):
        tail = _LICENCE_END.match(text, stroke.start())
        head = None if tail is None else _LICENCE_START.search(text, max(stroke.start() - 14, last), stroke.start())
        if tail is None or head is None:
            continue
        before = lowered[max(head.start() - _LICENCE_REACH, 0) : head.start()]
        cue = _LICENCE_CUE.search(before)
        written = text[head.start() : tail.end()].rstrip("-–/")
        if cue is None or _LAW.search(cue.group()) or _LAW_NUMBER.search(written.upper()):
            continue
        last = tail.end()
        yield Sighting(Identifier("licence", licence_number(written)), head.start(), last, written)


def tax_code(written: str) -> str | None:
    """A Vietnamese tax code as it is printed, `0123456789` or `0123456789-001`, or None where its check digit is wrong.

    >>> tax_code("01.00.112.437"), tax_code("0100112438")
    ('0100112437', None)
    """
    return str(mst.format(written)) if mst.is_valid(written) else None


def licence_number(written: str) -> str:
    """A licence number in one spelling.

    >>> licence_number("1234 / LĐTBXH–GP")
    '1234/LDTBXH-GP'
    """
    return written.upper().translate(_ONE_SPELLING)
