"""Letters that stand for other letters: what a character looks like, as one ASCII letter or digit.

The choice of pairs follows the intent of Unicode TR 39 (confusables.txt, single-character rows whose skeleton is a
Latin letter), cut down to the scripts met in Vietnamese spam: Cyrillic, Greek, Armenian, Cherokee, Latin extended
and phonetic letters, and the enclosed alphabets. Whatever NFKD already takes to ASCII (full-width and mathematical
letters, circled letters, superscripts) needs no row here.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_PAIRS: Final = (
    # Latin letters without a decomposition
    "đd ðd ɖd ɗd ƌd ȡd øo ɵo œo æa ǽa ɐa ɑa ⱥa ƀb ɓb ɃB ƈc ɕc ȼc ɇe ǝe ɛe ɜe əe ƒf ǥg ɠg ɡg ɢg ħh ɦh ɥh "
    "ɪi ıi ɨi ɩi "
    "ȷj ɉj ɟj ƙk ʞk łl ƚl ɫl ɭl ʟl ɯm ɱm ɲn ŋn ɳn ɴn ƥp ɋq ʀr ɹr ɍr ɽr ʂs ȿs ʃs ƨs ßs ŧt ƭt ʇt ʈt ʉu ʊu "
    "ʋv ʌv ɅV "
    "ʍw ⱳw ɣy ʏy ɏy ƴy ƶz ȥz ʐz ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ʜh ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ᴢz "
    # Cyrillic
    "аa вb сc ԁd еe ёe ѐe һh іi їi ѝi ӏl јj кk мm нh оo рp ԛq гr ѕs тt уy ўy ѵv ԝw хx ҳx ӽx ӷr ҝk ӓa ӑa "
    "ӕa ӧo ӱy ӯy пn "
    "иu йu бb ьb ъb яr зe эe цu шw щw "
    # Greek
    "αa βb ςc ϲc δd εe ηn γy ιi ϊi κk λl μu νv οo ρp σo τt υu ϋu ωw χx ζz ͺi άa έe ήn ίi όo ύu ώw πn θo φo "
    # Armenian, Cherokee, Coptic, Lisu and a few more
    "աw գq եt զq հh ոn սu տs րp օo յj ցg Ꭰd Ꭱr Ꭲt Ꭵv Ꭺa Ꭻj Ꭼe Ꮃw Ꮇm Ꮋh Ꮍy Ꮐg Ꮓz Ꮞs Ꮟb Ꮢr Ꮤw Ꮥs Ꮩv Ꮪs Ꮮl "
    "Ꮯc Ꮲp Ꮶk ⲟo ⲣp ⲥc "
    "℮e ⅼl ⅰi ⅽc ⅾd ⅿm ⅴv ⅹx ₳a ฿b ₵c ¢c ₡c €e ₤l £l ₦n ₱p ₮t ₩w ¥y $s ∂d ∑e ∏n √v ∩n ∪u × "
)


def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for pair in _PAIRS.split():
        if len(pair) != 2:
            continue
        letter, latin = pair[0], pair[1].lower()
        table[letter] = latin
        for other in (letter.upper(), letter.lower()):
            if len(other) == 1:
                table.setdefault(other, latin)
    for index in range(26):
        latin = chr(ord("a") + index)
        # regional indicators, squared, negative circled, negative squared letters
        for base in (0x1F1E6, 0x1F130, 0x1F150, 0x1F170):
            table[chr(base + index)] = latin
    for signs in "$€£¥₩¢₫":  # currency signs speak of money, they spell words only between letters
        table.pop(signs, None)
    return table


LOOKALIKES: Final[dict[str, str]] = _table()
"""Character to the ASCII letter it passes for."""


def latin_letter(character: str) -> str:
    """The lower-case ASCII letter or digit that one character shows, or ``""`` when it shows none.

    >>> latin_letter("Ộ"), latin_letter("а"), latin_letter("𝓿"), latin_letter("漢")
    ('o', 'a', 'v', '')
    """
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    found = LOOKALIKES.get(character)
    if found is not None:
        return found
    base = unicodedata.normalize("NFKD", character)[0]
    if base.isascii() and base.isalnum():
        return base.lower()
    found = LOOKALIKES.get(base)
    if found is not None:
        return found
    value = unicodedata.digit(character, None)
    return str(value) if value is not None else ""
