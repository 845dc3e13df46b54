"""Identifiers: the numbers, accounts and handles by which fraudsters are reached and paid, found in running text.

The same one written in any way (``O9.88 123 456``, ``+84 988123456``, ``không chín tám tám…``) gives an equal
`Identifier`, so that hits join. Each kind has a module; what has a checksum is checked by it, what has none counts only
beside a word that says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from matchers.hosts.brands import BrandIndex
from matchers.identifiers.accounts import find_accounts
from matchers.identifiers.cards import find_cards
from matchers.identifiers.codes import find_in_link
from matchers.identifiers.coins import find_coins
from matchers.identifiers.handles import apps_of_phone, find_handles
from matchers.identifiers.mails import find_mails
from matchers.identifiers.phones import SEPARATORS, find_phones, find_spoken_phones
from matchers.identifiers.registrations import find_licences, find_tax_codes
from matchers.identifiers.sighting import Sighting, distinct

MAX_RUNS: Final = 2_000
"""Stretches of figures that are looked at in one text: more is a table or an attack."""
# Where figures stand close enough together to be a number; the finer patterns look only there. Possessive, so that a
# text of figures alone costs one pass.
_FIGURES: Final = re.compile(rf"[0-9](?:[{SEPARATORS}]{{0,4}}+[0-9OoIl]){{5,60}}+")
_BEFORE: Final = 4  # characters that may open a number before its first figure: "(+", "O"
_AFTER: Final = 2  # characters after it that show whether it goes on


def find_identifiers(text: str, brands: BrandIndex, contacts: Iterable[str] = ()) -> list[Sighting]:
    """Every identifier in `text` (offsets point into it) and in the link targets `contacts`. Never raises."""
    lowered = _lowered(text)
    found = list(_in_figures(text, lowered, brands))
    found.extend(find_spoken_phones(text, lowered))
    found.extend(find_coins(text))
    found.extend(find_mails(text, lowered))
    found.extend(find_handles(text, lowered))
    found.extend(find_licences(text, lowered))
    for contact in contacts:
        found.extend(find_in_link(contact))
    return distinct(found)


def _in_figures(text: str, lowered: str, brands: BrandIndex) -> Iterator[Sighting]:
    for count, figures in enumerate(_FIGURES.finditer(text)):
        if count >= MAX_RUNS:
            return
        start, end = max(figures.start() - _BEFORE, 0), min(figures.end() + _AFTER, len(text))
        phones = list(find_phones(text, start, end))
        cards = list(find_cards(text, start, end))
        for phone in phones:
            yield phone
            yield from apps_of_phone(phone, lowered)
        yield from cards
        yield from find_tax_codes(text, lowered, start, end)
        taken = {(sight.start, sight.end) for sight in phones}
        covered = {(sight.start, sight.end) for sight in cards}
        for account in find_accounts(text, start, end, brands, taken):
            if (account.start, account.end) not in covered:
                yield account


def _lowered(text: str) -> str:
    """`text` in lower case, character for character."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
