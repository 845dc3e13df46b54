"""Claimed brands: as which brand a page presents itself, weighed from what it says of itself in many places.

A page that speaks of a brand names it; a page that poses as one says so where a page says whose it is: in its title,
its name, its logo, its copyright line. Each such place is a sign with points; what the pages of dealers, agents,
newspapers and comparison sites show beside the name speaks against.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from matchers.brand_names import BrandNames, Mention
from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.hostname import HostName, host_of
from matchers.hosts.platforms import is_shared
from matchers.match import Identifier
from matchers.page import Page, PictureRole
from matchers.text.lines import Lines
from matchers.text.normalise import fold_text

CLAIMED: Final = 1.0
"""Points from which a page counts as presenting itself as the brand: what it asks for then decides."""
POSING: Final = 2.0
"""Points from which the claim convicts by itself, if one sign says the brand's name and nothing else."""

LONGEST_TEXT: Final = 60_000
_MOST_LINKS: Final = 300
_LONGEST_TITLE_LINE: Final = 14  # words
_LONGEST_OWNER_LINE: Final = 300
_FEWEST_MENTIONS: Final = 3
_LIST_BRANDS: Final = 4
"""Different brands in neighbouring lines, or in one, that make a list to choose from, which names nobody's owner."""
_OWNER_MARK: Final = re.compile(r"©|\(c\)|copyright|b[aả]n quy[eề]n", re.IGNORECASE)
_OWNER_PARTS: Final = re.compile(r"[.,;|–—()]|\s-\s|©")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_WORD: Final = re.compile(r"[a-z0-9]+")
_WRITTEN: Final = re.compile(r"[^\W_]+")
# Words of copyright lines that name nobody.
_OWNER_PLAIN: Final = frozenset(
    _WORD.findall(
        "copyright c by ban quyen thuoc ve cua all rights reserved right bao luu moi giu toan bo cac tat ca inc ltd "
        "jsc nam since designed design thiet ke boi powered chung toi website trang web nay"
    )
)
# What stands before and after a company's name when it speaks of itself.
_VOICE_BEFORE: Final = frozenset(
    (
        *("den voi", "cung", "tai", "nhan vien", "nhan vien cua", "ve", "su menh cua", "doi ngu", "chon", "hotline"),
        *("tong dai", "lien he", "ung dung", "app", "khach hang cua", "chao mung den", "qua ung dung"),
    )
)
_VOICE_AFTER: Final = frozenset(
    (
        *("cam ket", "xin", "kinh", "tran trong", "chap nhan", "ho tro", "se lien he", "cung cap", "mang den"),
        *("dong hanh", "luon", "hotline", "thong bao", "gioi thieu", "hien dang", "khong thu"),
    )
)
_SPEAKS_ABOUT: Final = re.compile(
    r"\b(?:dai ly|uy quyen|nha phan phoi|cong tac vien|doi tac|showroom|so sanh|danh gia|review|top \d+|cach|huong dan|"
    r"kinh nghiem|tuyen dung|viec lam|tai ve|tai app|download|apk|la gi|tu van vien|thao luan|dien dan|forum|github|"
    r"google play|app store|canh bao|lua dao|gia mao)\b"
)
_SAYS_IT_IS_ANOTHER: Final = re.compile(
    r"\b(?:dai ly uy quyen|nha phan phoi|mien tru trach nhiem|tiep thi lien ket|ban bien tap|tong bien tap|toa soan|"
    r"khong phai (?:la )?(?:trang|website|ngan hang|don vi|to chuc)|don vi doc lap|trang tin doc lap|showroom|"
    r"khong truc thuoc|khong lien ket voi|pull requests?|repository|giay phep bao chi|ung tuyen)\b"
)


_Add = Callable[[Brand, "Place", bool, str], None]


class Place(StrEnum):
    """Where a page says, or shows, whose it is."""

    TITLE = "title"
    SITE_NAME = "site_name"
    ORGANIZATION = "organization"
    HEADING = "heading"
    LOGO = "logo"
    OWNER = "owner"
    LINE = "line"
    COMPANY = "company"
    HOTLINE = "hotline"
    MAIL = "mail"
    CANONICAL = "canonical"
    RESOURCES = "resources"
    LINKS = "links"
    VOICE = "voice"
    MENTIONS = "mentions"
    PICTURE = "picture"


# Points of a place that names the brand and nothing else, and of one that names it among other words.
_POINTS: Final[Mapping[Place, tuple[float, float]]] = {
    Place.TITLE: (1.0, 0.6),
    Place.SITE_NAME: (1.0, 0.6),
    Place.ORGANIZATION: (1.0, 0.6),
    Place.OWNER: (1.0, 0.4),
    Place.HEADING: (0.6, 0.4),
    Place.LOGO: (0.6, 0.3),
    Place.LINE: (0.8, 0.5),
    Place.COMPANY: (0.5, 0.5),
    Place.HOTLINE: (0.5, 0.5),
    Place.MAIL: (0.4, 0.4),
    Place.CANONICAL: (0.8, 0.8),
    Place.RESOURCES: (0.8, 0.4),
    Place.LINKS: (0.4, 0.4),
    Place.VOICE: (0.8, 0.4),
    Place.MENTIONS: (0.5, 0.5),
    Place.PICTURE: (1.0, 0.6),
}
_NAMES_AN_OWNER: Final = frozenset(
    (Place.TITLE, Place.SITE_NAME, Place.ORGANIZATION, Place.OWNER, Place.LINE, Place.CANONICAL)
)
_TITLE_SPEAKS_ABOUT: Final = -1.0
_TEXT_SPEAKS_ABOUT: Final = -0.8
_ANOTHER_OWNER: Final = -1.0
_NAMED_LIKE_ITS_HOST: Final = -0.8


@dataclass(frozen=True, slots=True)
class Sign:
    """One place that names the brand; `is_whole`: with nothing else beside it, or more than once."""

    place: Place
    is_whole: bool
    quote: str

    @property
    def points(self) -> float:
        """What it adds to the claim."""
        return _POINTS[self.place][0 if self.is_whole else 1]


@dataclass(frozen=True, slots=True)
class Claim:
    """The brand as which a page presents itself, the signs of it, and the points of what speaks against."""

    brand: Brand
    signs: tuple[Sign, ...]
    against: float = 0.0

    @property
    def points(self) -> float:
        """All signs together, less what speaks against."""
        return round(sum(sign.points for sign in self.signs) + self.against, 2)

    @property
    def is_posing(self) -> bool:
        """The page cannot be taken for anybody else's."""
        names_owner = any(sign.is_whole and sign.place in _NAMES_AN_OWNER for sign in self.signs)
        return names_owner and self.points >= POSING


def claimed_brand(
    page: Page,
    whole: str,
    folded: str,
    host: HostName,
    identifiers: Iterable[Identifier],
    pictures: Iterable[tuple[str, PictureRole]],
    names: BrandNames,
    brands: BrandIndex,
) -> Claim | None:
    """The claim with the most points, `CLAIMED` at least, or None.

    `whole` is title and text of the page with a line break between them, `folded` the same folded; `pictures` are the
    brands, by id, that its icon, logos and screen look like; one logo alone may be a partner's.
    """
    lines = Lines(whole[:LONGEST_TEXT], folded[:LONGEST_TEXT])
    signs: dict[str, dict[Place, Sign]] = {}

    def add(brand: Brand, place: Place, is_whole: bool, quote: str) -> None:
        known = signs.setdefault(brand.id, {})
        if place not in known or (is_whole and not known[place].is_whole):
            known[place] = Sign(place, is_whole, " ".join(quote.split())[:120])

    for place, line in _own_lines(page):
        for named in names.called(line):
            add(named.brand, place, named.is_whole, line)
    mentions = _outside_lists(names.mentions(lines))
    for brand, is_whole, quote in _title_lines(mentions, lines, names, 1 if page.title else 0):
        add(brand, Place.LINE, is_whole, quote)
    for brand, number in names.companies(lines):
        if number or not page.title:
            add(brand, Place.COMPANY, False, lines.text(number))
    _add_addresses(page, host, brands, add)
    shown: dict[str, list[PictureRole]] = {}
    for brand_id, role in pictures:
        shown.setdefault(brand_id, []).append(role)
    for brand_id, roles in shown.items():
        is_whole = len(roles) > 1 or (len(shown) == 1 and roles != [PictureRole.LOGO])
        add(brands.by_id[brand_id], Place.PICTURE, is_whole, str(len(roles)))
    if not signs and not mentions:
        return None
    has_other_owner = False
    owners: set[str] = set()
    for line in _owner_lines(lines):
        named_here, is_other = _owner(line, names)
        has_other_owner |= is_other
        for brand, is_whole in named_here:
            owners.add(brand.id)
            add(brand, Place.OWNER, is_whole, line)
    _add_identifiers(identifiers, brands, signs, add)
    counts = Counter(mention.brand.id for mention in mentions)
    for brand_id, count in counts.items():
        others = max((other for name, other in counts.items() if name != brand_id), default=0)
        if count >= _FEWEST_MENTIONS and count > 2 * others:
            add(brands.by_id[brand_id], Place.MENTIONS, False, str(count))
            voices = _voices(brand_id, mentions, lines)
            if voices:
                add(brands.by_id[brand_id], Place.VOICE, len(voices) > 1, ", ".join(sorted(voices)))
    best: Claim | None = None
    if all(sum(sign.points for sign in found.values()) < CLAIMED for found in signs.values()):
        return None
    against = _speaks_about(page, folded)
    for brand_id, found in signs.items():
        if brands.owner(host.host) is brands.by_id[brand_id]:
            continue  # its own, where others may publish too
        is_another = has_other_owner and brand_id not in owners
        own_name = _NAMED_LIKE_ITS_HOST if _is_named_like_its_host(page, host, brands.by_id[brand_id], names) else 0.0
        total = against + own_name + (_ANOTHER_OWNER if is_another else 0.0)
        claim = Claim(brands.by_id[brand_id], tuple(found.values()), total)
        if claim.points >= CLAIMED and (best is None or claim.points > best.points):
            best = claim
    return best


def _own_lines(page: Page) -> Iterator[tuple[Place, str]]:
    """The lines in which a page says whose it is."""
    yield Place.TITLE, page.title
    yield Place.SITE_NAME, page.facts.get("site_name", "")
    yield Place.ORGANIZATION, page.facts.get("organization", "")
    yield Place.HEADING, page.facts.get("heading", "")
    for picture in page.picture_links:
        if picture.role is PictureRole.LOGO:
            yield Place.LOGO, picture.text or _file_name(picture.url)


def _file_name(url: str) -> str:
    """The name of a picture's file as words, without what pictures of logos are called."""
    name = url.partition("?")[0].rpartition("/")[2].rpartition(".")[0]
    return re.sub(r"logo|[-_.]|%20|\d{2,}|x\d", " ", name, flags=re.IGNORECASE).strip()


def _outside_lists(mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions without those in lists of brands: a choice of banks names no owner."""
    kept: list[Mention] = []
    run: list[Mention] = []
    for mention in (*mentions, None):
        if mention is not None and (not run or mention.line - run[-1].line <= 2):
            run.append(mention)
            continue
        brands = len({item.brand.id for item in run})
        if brands < _LIST_BRANDS or 2 * brands < len(run):
            kept.extend(run)
        run = [] if mention is None else [mention]
    return kept


def _title_lines(
    mentions: Iterable[Mention], lines: Lines, names: BrandNames, first: int
) -> Iterator[tuple[Brand, bool, str]]:
    """Lines from number `first` that are titles themselves: of several parts, one of them the brand's name alone."""
    seen: Counter[str] = Counter()
    for number in dict.fromkeys(mention.line for mention in mentions):
        if number < first or len(lines.words(number)) > _LONGEST_TITLE_LINE:
            continue
        for named in names.called(lines.text(number)):
            if named.is_whole and len(named.words) < len(lines.words(number)):
                seen[named.brand.id] += 1
                yield named.brand, seen[named.brand.id] > 1, lines.text(number)


def _owner_lines(lines: Lines) -> Iterator[str]:
    """Copyright lines, each with the next one where it says nothing itself."""
    for number, (written, folded) in enumerate(zip(lines.written, lines.folded, strict=False)):
        if "©" not in written and "copyright" not in folded and "ban quyen" not in folded:
            continue
        if len(written) < _LONGEST_OWNER_LINE:
            left = set(_WORD.findall(_YEAR.sub("", folded))) - _OWNER_PLAIN
            yield written if left else " ".join(lines.written[number : number + 2])


def _owner(line: str, names: BrandNames) -> tuple[list[tuple[Brand, bool]], bool]:
    """The brands that a copyright line names as owner, alone or with more, and whether it names somebody else."""
    found: list[tuple[Brand, bool]] = []
    is_other = False
    for piece in _OWNER_PARTS.split(_YEAR.sub(" ", line)):
        plain = _OWNER_MARK.sub(" ", piece)
        words = [word for word in _WRITTEN.findall(plain) if fold_text(word) not in _OWNER_PLAIN]
        if not words:
            continue
        called = list(names.called(" ".join(words)))
        found.extend((named.brand, named.is_whole) for named in called)
        is_other |= not any(named.is_whole for named in called)
        break  # what follows the owner's name is who made the site, or what may not be done
    return found, is_other


def _add_addresses(page: Page, host: HostName, brands: BrandIndex, add: _Add) -> None:
    """Signs in addresses: the page's own as it gives it, the hosts it is put together from, where it links."""
    canonical = host_of(page.facts.get("canonical", ""))
    if canonical and canonical != host.host and (brand := _owner_of(canonical, brands)) is not None:
        add(brand, Place.CANONICAL, True, canonical)
    for item in page.facts.get("resource_hosts", "").split():
        loaded, _, times = item.rpartition(":")
        if (brand := _owner_of(loaded, brands)) is not None and times.isdecimal():
            add(brand, Place.RESOURCES, int(times) > 2, loaded)
    linked: Counter[str] = Counter()
    for link in page.links[:_MOST_LINKS]:
        if (brand := _owner_of(host_of(link.url), brands)) is not None:
            linked[brand.id] += 1
    for brand_id, count in linked.items():
        if count >= 5 and 3 * count >= len(page.links[:_MOST_LINKS]):
            add(brands.by_id[brand_id], Place.LINKS, False, str(count))


def _owner_of(host: str, brands: BrandIndex) -> Brand | None:
    """The brand that `host` belongs to; None for hosts that many people share."""
    brand = brands.owner(host)
    return None if brand is None or is_shared(host) else brand


def _add_identifiers(
    identifiers: Iterable[Identifier], brands: BrandIndex, signs: Mapping[str, object], add: _Add
) -> None:
    """Hotlines and mail addresses of brands that the page names as well."""
    found = list(identifiers)
    for brand_id in list(signs):
        brand = brands.by_id[brand_id]
        for identifier in found:
            if identifier.kind == "phone" and identifier.value.removeprefix("+84") in brand.hotlines:
                add(brand, Place.HOTLINE, False, identifier.value)
            elif identifier.kind == "email" and _owner_of(identifier.value.rpartition("@")[2], brands) is brand:
                add(brand, Place.MAIL, False, identifier.value)


def _voices(brand_id: str, mentions: Iterable[Mention], lines: Lines) -> set[str]:
    """The turns of phrase in which a company speaks of itself, where they stand at the brand's name."""
    found: set[str] = set()
    for mention in mentions:
        if mention.brand.id != brand_id:
            continue
        words = lines.words(mention.line)
        for size in (1, 2, 3):
            before = " ".join(words[max(mention.first - size, 0) : mention.first])
            after = " ".join(words[mention.end : mention.end + size])
            found.update({before} & _VOICE_BEFORE, {after} & _VOICE_AFTER)
    return found


def _speaks_about(page: Page, folded: str) -> float:
    """Points of what shows that a page speaks of brands from outside."""
    own = " ".join(_WORD.findall(fold_text(f"{page.title} {page.facts.get('site_name', '')}")))
    against = _TITLE_SPEAKS_ABOUT if _SPEAKS_ABOUT.search(own) else 0.0
    return against + (_TEXT_SPEAKS_ABOUT if _SAYS_IT_IS_ANOTHER.search(folded[:LONGEST_TEXT]) else 0.0)


def _is_named_like_its_host(page: Page, host: HostName, brand: Brand, names: BrandNames) -> bool:
    """The page bears the name of its own host, in which the brand is a part: a dealer's, an agent's, a fan's."""
    own = re.sub(r"[^a-z0-9]", "", host.registered_domain.removesuffix(host.suffix))
    return any(
        named.brand.id == brand.id and not named.is_whole and "".join(named.words) == own
        for place, line in _own_lines(page)
        if place in (Place.TITLE, Place.SITE_NAME, Place.ORGANIZATION)
        for named in names.called(line)
    )
