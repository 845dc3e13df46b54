"""TCVN3 and VNI: told from every other text, and read as the Vietnamese they show."""

from __future__ import annotations

import html
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from crawler.encoding import decode_html
from crawler.extraction import read_document
from crawler.legacy_letters import TCVN3, VNI, LegacyLetters, from_tcvn3, from_vni, recognise
from matchers.text.letters import VIETNAMESE_LETTERS

# As written in the fonts .VnTime and VNI-Times, from old pages and typing guides, beside what they show.
SAMPLES = [
    (
        "Céng hßa x· héi chñ nghÜa ViÖt Nam",
        "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam",
        "Cộng hòa xã hội chủ nghĩa Việt Nam",
    ),
    ("§éc lËp - Tù do - H¹nh phóc", "Ñoäc laäp - Töï do - Haïnh phuùc", "Độc lập - Tự do - Hạnh phúc"),
    (
        "Vay tiÒn nhanh, nî xÊu vÉn hç trî",
        "Vay tieàn nhanh, nôï xaáu vaãn hoã trôï",
        "Vay tiền nhanh, nợ xấu vẫn hỗ trợ",
    ),
    (
        "Trêng cña chóng t«i ë gÇn nhµ, ®­êng rÊt ®Ñp".replace("Trêng", "Tr­êng"),
        "Tröôøng cuûa chuùng toâi ôû gaàn nhaø, ñöôøng raát ñeïp",
        "Trường của chúng tôi ở gần nhà, đường rất đẹp",
    ),
    (
        "¨n uèng, ng· ba, kÎ khæ, c¶ lò, kü thuËt, bÐ Tý, hÌ vÒ, t×m thÊy",
        "aên uoáng, ngaõ ba, keû khoå, caû luõ, kyõ thuaät, beù Tyù, heø veà, tìm thaáy",
        "ăn uống, ngã ba, kẻ khổ, cả lũ, kỹ thuật, bé Tý, hè về, tìm thấy",
    ),
    (
        "¾c quy, b»ng, ch¼ng, bÉm, ®Æt cäc, giÊy phÐp, lÏ ph¶i, nghØ mÖt, sÏ",
        "aéc quy, baèng, chaúng, baãm, ñaët coïc, giaáy pheùp, leõ phaûi, nghæ meät, seõ",
        "ắc quy, bằng, chẳng, bẫm, đặt cọc, giấy phép, lẽ phải, nghỉ mệt, sẽ",
    ),
]
PAGE = "\n".join(sample[2] for sample in SAMPLES)
OTHERS = {
    "French": "Où êtes-vous né ? L'été dernier, à l'hôtel « Île-de-Noël », ça coûtait très cher: naïveté, août.",
    "German": "Die Prüfung für Schüler überall ist groß: schöne Grüße aus Köln, Übungen, Ärger, Möbel, müßig, Öl.",
    "Portuguese": "Não há opções: a promoção só é válida até às três; você já terá três irmãos, pães, avós e lições.",
    "Spanish": "¿Dónde está el niño? Mañana será otro día; así él me dirá más: «¡qué sí!». Año, señor, café.",
    "Italian": "Però così la città più bella è là, ciò può darsi: perché, già, lunedì, virtù, caffè, tè, né qui né lì.",
    "Icelandic": "Þórður ætti að fara út í sjóinn; það er gott að sjá þá, börn mín góð, í nótt og á morgun.",
    "Norwegian": "Du må gå på land nå: «ja», «nei», «å», «så», på få år; må vi stå? Skrivaren «lu» på «s» og «t».",
    "Catalan": "«Sí», «no», «així»: això és el que hi ha, perquè són dos anys més; à, è, é, í, ò, ó, ú, ï, ü, ç, l·l.",
    "Vietnamese": PAGE,
    "Vietnamese, few marks": "Và cà phê là của bà, má có ý gì thì cứ ghi; xe số hai về, cô có trà và bò, cá, tôm.",
    "pinyin": "Nǐ hǎo, wǒ shì Zhōngguó rén; māma mà mǎ, bàba, gēge hé dìdi dōu zài jiā, lǎoshī hǎo, xièxie nín.",
    "umlauts for disguise": "Chi cän 20 phut möi ngay, chung töi tuyën näm nû lam viëc täi nha, luong cäo.",
    "signs": "© 2005 Công ty · ® nhãn hiệu · 5 µm ± 1 ¼ · § 12 · ¶ «trích» ¹ ² ³ · ª º ¿ ¡ ¢ £ ¤ ¥ ¦ ¨ ¬ ¯ ° ´ ¸",
}


def written(sample: tuple[str, str, str], letters: LegacyLetters) -> str:
    return sample[0] if letters is TCVN3 else sample[1]


@pytest.mark.parametrize("sample", SAMPLES)
def test_both_encodings_read_as_the_vietnamese_they_show(sample: tuple[str, str, str]) -> None:
    tcvn3, vni, shown = sample
    assert from_tcvn3(tcvn3) == shown
    assert from_vni(vni) == shown


@pytest.mark.parametrize("letters", [TCVN3, VNI])
def test_a_text_in_them_is_recognised_and_read(letters: LegacyLetters) -> None:
    text = "\n".join(written(sample, letters) for sample in SAMPLES)
    found = recognise(text)
    assert found is letters
    assert found.read(text) == PAGE


@pytest.mark.parametrize("language", OTHERS)
def test_other_texts_are_not(language: str) -> None:
    assert recognise(OTHERS[language]) is None
    assert recognise("\n".join([OTHERS[language]] * 50)) is None


@pytest.mark.parametrize("letters", [TCVN3, VNI])
@pytest.mark.parametrize("language", OTHERS)
def test_lines_of_other_languages_in_such_a_page_stay(language: str, letters: LegacyLetters) -> None:
    text = "\n".join([written(SAMPLES[2], letters), written(SAMPLES[3], letters), OTHERS[language]])
    found = recognise(text)
    assert found is letters
    assert found.read(text).split("\n", 2)[:2] == [SAMPLES[2][2], SAMPLES[3][2]]
    if language.startswith("Vietnamese"):
        assert found.read(text).split("\n", 2)[2] == OTHERS[language]


@pytest.mark.parametrize("letters", [TCVN3, VNI])
def test_a_line_of_both_is_read_word_by_word(letters: LegacyLetters) -> None:
    first, second, third = (written(sample, letters) for sample in SAMPLES[:3])
    text = f"{first}\n{second}\n{SAMPLES[2][2]} – {third}"
    found = recognise(text)
    assert found is letters
    assert found.read(text) == f"{SAMPLES[0][2]}\n{SAMPLES[1][2]}\n{SAMPLES[2][2]} – {SAMPLES[2][2]}"


def test_the_letters_of_tcvn3_are_those_of_the_standard() -> None:
    """Against the C library's table of TCVN 5712:1993, whose set VN1 holds those of VN3 in the same places."""
    iconv = shutil.which("iconv")
    listed = subprocess.run([iconv, "-l"], capture_output=True, text=True, check=True).stdout if iconv else ""
    if "TCVN5712-1" not in listed or iconv is None:
        pytest.skip("this machine's iconv has no TCVN5712-1 to compare with")
    places = [place for place in range(0xA1, 0xFF) if from_tcvn3(chr(place)) != chr(place)]
    command = [iconv, "-f", "TCVN5712-1", "-t", "UTF-8"]
    told = subprocess.run(command, input=bytes(places), capture_output=True, check=True).stdout.decode()
    assert len(places) == 73  # ý stands in its own place
    assert unicodedata.normalize("NFC", told) == "".join(from_tcvn3(chr(place)) for place in places)


def test_every_letter_of_vni_is_there_once() -> None:
    apart = [base + mark for base in "aeouyôö" for mark in "ùøûõïâáàåãäêéèúüë"]
    shown = {from_vni(pair) for pair in (*apart, *"íìæóòôöîñ")}
    assert {letter for letter in shown if len(letter) == 1} == set(VIETNAMESE_LETTERS.lower())


def document(text: str, head: str = "") -> str:
    return (
        f"<html><head><title>Vay</title>{head}</head><body><p>" + text.replace("\n", "</p><p>") + "</p></body></html>"
    )


@pytest.mark.parametrize("letters", [TCVN3, VNI])
@pytest.mark.parametrize("declared", ["", "windows-1252", "iso-8859-1", "x-user-defined", "utf-8"])
def test_raw_bytes_of_such_a_page_become_vietnamese(letters: LegacyLetters, declared: str) -> None:
    body = document("\n".join(written(sample, letters) for sample in SAMPLES)).encode("cp1252")
    content_type = f"text/html; charset={declared}" if declared else "text/html"
    text = decode_html(HtmlResponse("http://a.vn/", body=body, headers={"Content-Type": content_type})).text
    read = read_document(text, "http://a.vn/")
    assert read.text == PAGE
    assert read.facts["encoding"] == letters.name
    assert read.language == "vi"


@pytest.mark.parametrize("letters", [TCVN3, VNI])
@pytest.mark.parametrize("how", ["letters", "entities", "fonts"])
def test_pages_of_other_charsets_with_such_letters_become_vietnamese(letters: LegacyLetters, how: str) -> None:
    lines = "\n".join(written(sample, letters) for sample in SAMPLES)
    if how == "entities":
        lines = "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in lines)
    if how == "fonts":
        lines = "\n".join(f"<font face='.VnTime'>{html.escape(line)}</font>" for line in lines.split("\n"))
    read = read_document(document(lines, "<meta charset='utf-8'>"), "http://a.vn/")
    assert read.text == PAGE
    assert read.facts["encoding"] == letters.name


def test_titles_and_links_are_read_too() -> None:
    body = f"<a href='/x'>{SAMPLES[2][0]}</a><p>{SAMPLES[0][0]}</p>"
    read = read_document(f"<title>{SAMPLES[1][0]}</title><body>{body}", "http://a.vn/")
    assert read.title == SAMPLES[1][2]
    assert [link.text for link in read.links] == [SAMPLES[2][2]]


@given(st.text(alphabet=st.characters(max_codepoint=0x1EFF), max_size=80))
def test_no_text_makes_it_raise_and_plain_ascii_stays(text: str) -> None:
    for letters in (TCVN3, VNI):
        read = letters.read(text)
        assert read.count("\n") == text.count("\n")
        assert letters.read(text.encode("ascii", "ignore").decode()) == text.encode("ascii", "ignore").decode()
    recognise(text)
