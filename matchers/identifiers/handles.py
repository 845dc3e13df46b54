"""Accounts of social networks and messengers: links to them, and names written beside the network's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from matchers.identifiers.phones import is_hotline, phone_in_e164
from matchers.identifiers.sighting import Sighting
from matchers.match import Identifier

_Read = Callable[[re.Match[str]], str | None]


@dataclass(frozen=True, slots=True)
class _Form:
    """A way in which an account is written: looked for where one of `signs` (lower case) is in the text."""

    kind: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]
    read: _Read


def _name(match: re.Match[str]) -> str | None:
    return match.group(1).lower().rstrip(".")


def _as_written(match: re.Match[str]) -> str | None:
    return match.group(1)


def _phone(match: re.Match[str]) -> str | None:
    return phone_in_e164(unquote(match.group(1)))


def _international(match: re.Match[str]) -> str | None:
    digits = re.sub(r"[^0-9]", "", unquote(match.group(1)))
    return phone_in_e164(digits if digits.startswith("0") else f"+{digits}")


def _group(match: re.Match[str]) -> str | None:
    return f"g/{match.group(1)}"


def _zalo(match: re.Match[str]) -> str | None:
    name = match.group(1)
    if name.lower() in _ZALO_PATHS:
        return None
    phone = phone_in_e164(name)
    return phone if phone is not None and not is_hotline(phone) else name.lower()


def _telegram(match: re.Match[str]) -> str | None:
    name = match.group(1)
    return None if name.lower() in _TELEGRAM_PATHS else name.lower()


def _telegram_invite(match: re.Match[str]) -> str | None:
    phone = phone_in_e164(f"+{match.group(1)}") if match.group(1).isdigit() else None
    return phone if phone is not None else f"+{match.group(1)}"


def _facebook(match: re.Match[str]) -> str | None:
    name = match.group(1).lower().rstrip(".")
    return None if name in _FACEBOOK_PATHS or name.endswith(".php") else name


def _facebook_group(match: re.Match[str]) -> str | None:
    return f"groups/{match.group(1).lower().rstrip('.')}"


def _youtube(match: re.Match[str]) -> str | None:
    channel, kind, name = match.groups()
    return channel or (name.lower() if kind == "@" else f"{kind.lower()}{name.lower()}")


def _id_with_sign(match: re.Match[str]) -> str | None:
    """A name after "WeChat:" or the like: with a figure or sign in it, or where the word id says that it is one."""
    name = match.group("name").lower().strip("._-")
    is_meant = match.group("id") is not None or not name.isalpha()
    return name if is_meant and len(name) >= _SHORTEST_ID and name not in _NO_IDS and not name.isdigit() else None


_SHORTEST_ID: Final = 4
_NO_IDS: Final = frozenset(("hotline", "telegram", "facebook", "whatsapp", "viber", "zalo", "wechat", "kakaotalk"))
_ZALO_PATHS: Final = frozenset(("share", "login", "download", "business", "qrcode"))
_TELEGRAM_PATHS: Final = frozenset(
    (
        "share",
        "joinchat",
        "addstickers",
        "addemoji",
        "addtheme",
        "setlanguage",
        "proxy",
        "socks",
        "login",
        "confirmphone",
    )
)
_FACEBOOK_PATHS: Final = frozenset(
    [
        "sharer",
        "share",
        "plugins",
        "dialog",
        "login",
        "groups",
        "people",
        "watch",
        "tr",
        "help",
        "policies",
        "privacy",
        "legal",
        "settings",
        "marketplace",
        "gaming",
        "hashtag",
        "search",
        "photo",
        "photos",
        "story",
        "events",
        "media",
        "reel",
        "reels",
        "stories",
        "videos",
        "business",
        "pages",
        "public",
        "notes",
        "docs",
        "home",
        "permalink",
        "www",
        "checkpoint",
        "recover",
        "ads",
        "l.php",
    ]
)
"""Paths of facebook.com that are nobody's name."""

_AT: Final = r"(?<![0-9A-Za-z.@])@"
_ID: Final = (
    r"\s{0,2}(?P<id>\(?i\.?d\)?)?\s{0,2}(?:[:=]|\blà\b|(?<=d)\s|(?<=\)))\s{0,2}@?"
    r"(?P<name>[a-z0-9][a-z0-9._\-]{3,29})"
)
_HOST: Final = r"(?<![0-9A-Za-z.\-])(?:https?://)?(?:[a-z0-9\-]{1,20}\.){0,2}"


def _form(kind: str, signs: str, pattern: str, read: _Read) -> _Form:
    return _Form(kind, tuple(signs.split()), re.compile(pattern, re.IGNORECASE | re.ASCII), read)


_LINKS: Final = (
    _form("zalo", "zalo.me/g/", r"zalo\.me/g/([a-z0-9]{6,20})", lambda match: f"g/{match.group(1).lower()}"),
    _form("zalo", "zalo.me/", r"zalo\.me/(?!g/|s/)(?:pc/|app/)?([a-z0-9]{6,30})", _zalo),
    _form("zalo", "zaloapp.com/qr/", r"zaloapp\.com/qr/([pg]/[a-z0-9]{4,40})", _as_written),
    _form("zalo", "zalo:", r"zalo:/{0,2}(?:conversation\?(?:phone|id)=|chat/|profile/)?(\+?[0-9]{9,20})", _zalo),
    _form(
        "telegram",
        "t.me/ telegram.",
        r"(?<![0-9a-z\-])(?:t|telegram)\.(?:me|dog)/(?:s/)?([a-z][a-z0-9_]{3,31})(?![a-z0-9_])",
        _telegram,
    ),
    _form(
        "telegram",
        "t.me/ telegram. tg:",
        r"(?:(?<![0-9a-z\-])(?:t|telegram)\.(?:me|dog)/(?:joinchat/|\+|%2b)|tg:/{0,2}join\?invite=)([a-z0-9_\-]{8,40})",
        _telegram_invite,
    ),
    _form("telegram", "tg:", r"tg:/{0,2}resolve\?domain=([a-z][a-z0-9_]{3,31})", _telegram),
    _form("telegram", "tg:", r"tg:/{0,2}resolve\?phone=([0-9+]{8,16})", _international),
    _form(
        "facebook", "facebook.com/ fb.com/", rf"{_HOST}(?:facebook|fb)\.com/groups/([a-z0-9.]{{3,60}})", _facebook_group
    ),
    _form(
        "facebook",
        "facebook.com/ fb.com/ fb.me/",
        rf"{_HOST}(?:(?:facebook|fb)\.com|fb\.me)/(?:profile\.php\?(?:[a-z_]{{1,20}}=[^&\s]{{0,40}}&){{0,3}}id=|people/[^/\s]{{1,80}}/"
        r"|pages/(?:category/[^/\s]{1,60}/)?[^/\s]{1,80}/|pg/|p/(?:[^/\s\-]{1,60}-){1,8}(?=[0-9]{6,20}))?([a-z0-9.]{4,60})(?![a-z0-9.])",
        _facebook,
    ),
    _form(
        "facebook",
        "m.me/ messenger.com/t/",
        r"(?<![0-9a-z.\-])(?:https?://)?(?:www\.)?(?:m\.me|messenger\.com/t)/([a-z0-9.]{4,60})",
        _facebook,
    ),
    _form("facebook", "fb://", r"fb://(?:profile|page|group|messaging)/([0-9a-z.]{4,60})", _facebook),
    _form("tiktok", "tiktok.com/@", r"tiktok\.com/@([a-z0-9_.]{2,30})", _name),
    _form("youtube", "youtube.com/", r"youtube\.com/(?:channel/(UC[\w\-]{22})|(@|c/|user/)([\w.\-]{3,60}))", _youtube),
    _form(
        "whatsapp",
        "wa.me/ whatsapp",
        r"(?:(?<![0-9a-z.\-])wa\.me/|whatsapp\.com/send/?\?(?:[a-z_]{1,20}=[^&\s]{0,200}&){0,4}phone=|whatsapp:/{0,2}(?:send/?\?phone=)?)((?:\+|%2b)?[0-9]{8,15})",
        _international,
    ),
    _form("whatsapp", "chat.whatsapp.com/", r"chat\.whatsapp\.com/(?:invite/)?([a-z0-9]{16,26})", _group),
    _form("whatsapp", "whatsapp.com/channel/", r"whatsapp\.com/(channel/[a-z0-9]{16,40})", _as_written),
    _form(
        "viber",
        "viber:",
        r"viber:/{0,2}(?:chat|add|contact|calls?)?/?\?number=((?:\+|%2b)?[0-9]{8,15})",
        _international,
    ),
    _form("viber", "viber.com/", r"invite\.viber\.com/\?g2?=([\w\-%]{10,60})", _group),
    _form("viber", "chats.viber.com/", r"chats\.viber\.com/([\w.\-]{3,40})", _name),
    _form("wechat", "u.wechat.com/", r"u\.wechat\.com/([\w\-]{6,60})", lambda match: f"u/{match.group(1)}"),
    _form("line", "line.me/", r"line\.me/(?:r/)?ti/p/(?:~|%7e|@|%40)([\w.\-]{3,40})", _name),
    _form("line", "line.me/", r"line\.me/(?:r/)?ti/p/([\w\-]{6,40})", lambda match: f"p/{match.group(1)}"),
    _form("line", "line.me/", r"line\.me/(?:r/)?ti/(g2?/[\w\-]{6,60})", _as_written),
    _form("line", "lin.ee/", r"(?<![0-9a-z.\-])lin\.ee/([\w]{5,20})", lambda match: f"lin.ee/{match.group(1)}"),
    _form("kakaotalk", "kakao.com/", r"open\.kakao\.com/(o/\w{4,20}|me/[\w\-]{2,40})", _as_written),
    _form("kakaotalk", "pf.kakao.com/", r"pf\.kakao\.com/(_\w{3,20})", _as_written),
    _form(
        "trade_notice",
        "online.gov.vn/",
        r"online\.gov\.vn/(?:\([^/\s]{1,80}\)/)?(?:home/)?((?:web|app)details/[0-9]{1,9})",
        _name,
    ),
)
"""Links to accounts."""
_MENTIONS: Final = (
    _form(
        "telegram",
        "@",
        rf"\b(?:tele(?:gram)?|tg)\b[^\w@\n]{{0,4}}(?:id|nick|user(?:name)?)?[^\w@\n]{{0,4}}{_AT}([a-z][a-z0-9_]{{3,31}})(?![a-z0-9_.])",
        _telegram,
    ),
    _form(
        "tiktok", "tiktok tik", rf"\btik\s?tok\b[^\w@\n]{{0,4}}(?:id\b)?[^\w@\n]{{0,4}}{_AT}([a-z0-9_.]{{2,30}})", _name
    ),
)
"""Names with an @, beside the network's own name."""
_IDS: Final = (
    _form("wechat", "wechat weixin", rf"\b(?:wechat|weixin){_ID}", _id_with_sign),
    _form("line", "line", rf"\bline{_ID}", _id_with_sign),
    _form("kakaotalk", "kakao", rf"\bkakao(?:\s?talk)?{_ID}", _id_with_sign),
)
"""Names without one."""
_LINK_SIGNS: Final = (".me/", ".com/", ".ee/", ".vn/", ".dog/", "://")
"""What all links to accounts have one of, so that most texts cost these few looks."""


def find_handles(text: str, lowered: str, is_link: bool = False) -> Iterator[Sighting]:
    """Accounts that `text` links to or names; with `is_link` it is the target of a link. `lowered` is it in lower case.

    Who has an account by his phone number has that number as well.
    """
    if is_link or any(sign in lowered for sign in _LINK_SIGNS):
        yield from _found(_LINKS, text, lowered)
    if "@" in text:
        yield from _found(_MENTIONS, text, lowered)
    yield from _found(_IDS, text, lowered)


def _found(forms: tuple[_Form, ...], text: str, lowered: str) -> Iterator[Sighting]:
    for form in forms:
        if not any(sign in lowered for sign in form.signs):
            continue
        for match in form.pattern.finditer(text):
            value = form.read(match)
            if not value:
                continue
            yield Sighting(Identifier(form.kind, value), match.start(), match.end(), match.group())
            if value.startswith("+") and value[1:].isdigit():
                yield Sighting(Identifier("phone", value), match.start(), match.end(), match.group())


_APPS: Final = {
    "zalo": "zalo",
    "viber": "viber",
    "whatsapp": "whatsapp",
    "wechat": "wechat",
    "telegram": "telegram",
    "tele": "telegram",
}
_APP: Final = re.compile(r"(?<![a-z])(" + "|".join(sorted(_APPS, key=len, reverse=True)) + r")(?![a-z.])")
_BEFORE: Final = 24  # characters before a number in which a list of apps may stand
_AFTER: Final = 14
_APPS_BEFORE: Final = re.compile(
    r"(?:(?:"
    + "|".join(_APPS)
    + r")(?:[\s/,&+|()\-]|và|hoặc|sđt|sdt|số|ib|qua){0,5}){1,5}[\s:.()\-]{0,4}(?:số|sđt|sdt|là|nhóm)?[\s:.(]{0,3}$"
)
_APPS_AFTER: Final = re.compile(
    r"[\s(/\-]{1,3}(?:(?:có|qua|dùng|kết bạn)\s)?(?:" + "|".join(_APPS) + r")(?![a-z.])[^0-9\n]{0,6}"
)


def apps_of_phone(phone: Sighting, lowered: str) -> Iterator[Sighting]:
    """The messengers that are named right beside a phone number: there it is an account. `lowered` is the text."""
    if is_hotline(phone.identifier.value):
        return
    before = lowered[max(phone.start - _BEFORE, 0) : phone.start]
    found = _APPS_BEFORE.search(before)
    beside = found.group() if found else ""
    after = _APPS_AFTER.match(lowered, phone.end, phone.end + _AFTER)
    # "Zalo 0912… Viber 0913…": what names the next number does not name this one.
    if after and not lowered[after.end() : after.end() + 1].isdigit() and not beside:
        beside = after.group()
    for app in dict.fromkeys(_APPS[name] for name in _APP.findall(beside)):
        yield Sighting(Identifier(app, phone.identifier.value), phone.start, phone.end, phone.quote)
