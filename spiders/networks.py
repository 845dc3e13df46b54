"""What tells an advertisement from a page's own matter: the slots it stands in, the networks it comes from."""

from __future__ import annotations

from typing import Final

from crawler.guard import urlsplit_safely
from matchers.hosts.hostname import host_of, parse_host

SLOTS: Final = ", ".join(
    (
        "ins.adsbygoogle, [id^='google_ads'], [id^='div-gpt-ad'], [data-ad], [data-ad-slot], [data-ad-client]",
        "[id^='admzone'], [id^='adm-slot'], [class*='admicro'], ins[class*='eclick'], [id^='adtima']",
        "[class*='adtima'], [id^='taboola-'], .OUTBRAIN, [data-type='_mgwidget']",
        "[id^='M'][id*='ScriptRoot'], [id*='MarketGid']",
        "[id*='adzone'], [id*='banner-ad'], [class*='banner-ad'], [id*='ad-banner'], [class*='ad-banner']",
        "[class*='ad-slot'], [class*='adslot'], [class*='ad-unit'], [class*='adsense'], [class~='ads'], [id='ads']",
        "[class^='ads-'], [class*=' ads-'], [id^='ads-'], [id^='ads_'], [class*='-ads '], [class$='-ads']",
        "[class*='advert'], [id*='advert'], [data-advertisement], [class*='sponsored-'], [class*='sponsor-']",
        "[class*='quangcao'], [class*='quang-cao'], [id*='quangcao'], [id*='quang-cao'], [class~='qc']",
        "[aria-label='Quảng cáo'], [aria-label='Advertisement']",
    )
)
"""CSS for the containers that ad scripts and site builders use, the Vietnamese ones included."""

NETWORKS: Final = frozenset(
    {
        *("doubleclick.net", "googlesyndication.com", "googleadservices.com", "criteo.com", "criteo.net"),
        *("taboola.com", "outbrain.com", "mgid.com", "adskeeper.com", "adskeeper.co.uk", "revcontent.com"),
        *("admicro.vn", "eclick.vn", "adtima.vn", "adtimaserver.vn", "adflex.vn", "novanet.vn", "blueseed.tv"),
        *("ants.vn", "ambientdsp.com", "accesstrade.vn", "isclix.com", "masoffer.net", "masoffer.com", "clickadu.com"),
        *("propellerads.com", "exoclick.com", "adsterra.com", "popads.net", "popcash.net", "hilltopads.net"),
        *("adnxs.com", "rubiconproject.com", "pubmatic.com", "smartadserver.com", "adform.net", "teads.tv"),
    }
)
"""Registered domains that serve or count advertisements; a link or frame there is one."""

FAMILIAR: Final = frozenset(
    {
        *("facebook.com", "youtube.com", "youtube-nocookie.com", "youtu.be", "google.com", "google.com.vn", "goo.gl"),
        *("zalo.me", "zalo.vn", "twitter.com", "x.com", "tiktok.com", "instagram.com", "linkedin.com", "pinterest.com"),
        *("t.me", "telegram.org", "viber.com", "apple.com", "vimeo.com", "dailymotion.com", "spotify.com"),
        *("online.gov.vn", "tinnhiemmang.vn", "dmca.com", "wikipedia.org", "w3.org", "gravatar.com", "disqus.com"),
        *("recaptcha.net", "hcaptcha.com", "cloudflare.com", "statcounter.com", "openstreetmap.org"),
    }
)
"""Registered domains that pages link with a picture or embed for other reasons than advertising."""


def is_advertisement(click_url: str, page_url: str, *, in_slot: bool, holds_picture: bool, rel: str) -> bool:
    """Whether a link is an advertisement: by its slot, its own word, its network, or as a picture that leads away."""
    if in_slot or "sponsored" in rel.lower().split():
        return True
    host = parse_host(host_of(click_url)).registered_domain
    return host in NETWORKS or (holds_picture and _leads_away(host, page_url))


def is_ad_frame(frame_url: str, page_url: str, *, in_slot: bool) -> bool:
    """Whether a frame holds an advertisement: one in a slot, or of a third party that is not familiar."""
    if in_slot:
        return True
    if urlsplit_safely(frame_url)[0] not in ("http", "https"):
        return False
    host = parse_host(host_of(frame_url)).registered_domain
    return host in NETWORKS or _leads_away(host, page_url)


def _leads_away(registered_domain: str, page_url: str) -> bool:
    own = parse_host(host_of(page_url)).registered_domain
    return registered_domain not in FAMILIAR and registered_domain != own
