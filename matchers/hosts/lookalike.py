"""Lookalike hosts: which brand a host name imitates, how, and how sure.

A host is looked at in three ways, from the surest to the weakest: an official domain that opens a stranger's name
(``vietcombank.com.vn-kyc.xyz``), a brand's exact name inside a label or as a subdomain, and a name within a few
edits of a brand's. Each way gives points; weak signs (suffix, figures, words beside the name) add or take some and
never decide alone. One point convicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from matchers.hosts.brands import Brand, BrandIndex
from matchers.hosts.candidate import Candidate, Kind
from matchers.hosts.exact import exact_names, official_domain
from matchers.hosts.hostname import parse_host
from matchers.hosts.lexicon import lexicon
from matchers.hosts.misspelt import misspelt_names, sister_of_family
from matchers.hosts.short_names import short_names

# Suffixes that a registry gives only to the institutions they name; nobody else can take a name there.
_RESTRICTED: Final = ("gov.vn", "mil.vn", "chinhphu.vn")


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A brand that a host imitates.

    `kind` is ``typo`` (misspelt name), ``combo`` (the name with other words), ``subdomain`` (the name before a
    stranger's domain), ``homograph`` (letters or figures that look like the name's), ``prefix`` (an official
    domain that opens a longer name) or ``hosted`` (the name taken at a hosting company). `distance` counts
    edits between `found` and the brand's name, `confidence` is 0 to 1.
    """

    host: str
    brand: Brand
    kind: Kind
    found: str
    distance: int
    confidence: float

    @property
    def reason_vi(self) -> str:
        """Why, for people, in Vietnamese."""
        name = self.brand.name
        own = (
            f" Tên miền chính thức: {', '.join(self.brand.official_domains[:2])}."
            if self.brand.official_domains
            else ""
        )
        how = {
            "typo": f"viết nhái '{self.found}' gần giống thương hiệu '{self.brand.id}' (khác {self.distance} ký tự)",
            "combo": f"ghép tên thương hiệu '{self.found}' với từ khác",
            "subdomain": f"đặt tên thương hiệu '{self.found}' làm tên miền con của một tên miền lạ",
            "homograph": f"dùng ký tự trông giống chữ trong tên thương hiệu '{self.found}'",
            "prefix": f"mở đầu bằng tên miền chính thức '{self.found}' nhưng thuộc về tên miền khác",
            "hosted": f"đặt tên thương hiệu '{self.found}' trên dịch vụ lưu trữ web dùng chung",
        }[self.kind]
        return f"Tên miền '{self.host}' {how}, dễ bị nhầm là của {name}.{own}"

    @property
    def reason_en(self) -> str:
        """Why, for people, in English."""
        how = {
            "typo": f"misspells '{self.brand.id}' as '{self.found}' ({self.distance} edits)",
            "combo": f"puts the brand name '{self.found}' beside other words",
            "subdomain": f"puts the brand name '{self.found}' before a stranger's domain",
            "homograph": f"uses characters that look like the brand name '{self.found}'",
            "prefix": f"opens with the official domain '{self.found}' but belongs to another domain",
            "hosted": f"takes the brand name '{self.found}' at a shared web host",
        }[self.kind]
        return f"Host '{self.host}' {how}; it can be taken for {self.brand.name}."


def lookalike(host: str, brands: BrandIndex) -> Lookalike | None:
    """The brand that `host` imitates, with the reason, or None.

    `host` is an ASCII or Unicode host name without port. Official domains of a brand and allowed ones never match.
    Distance is optimal string alignment (Damerau-Levenshtein without overlapping edits) on the folded label.
    """
    parsed = parse_host(host)
    if (parsed.suffix in _RESTRICTED and not parsed.is_folded) or brands.is_official(parsed.host):
        return None
    given_out = _given_out()
    if parsed.suffix in given_out or (parsed.subdomains and f"{parsed.name}.{parsed.suffix}" in given_out):
        return None
    candidates = [
        *official_domain(parsed, brands),
        *exact_names(parsed, brands),
        *short_names(parsed, brands),
        *misspelt_names(parsed, brands),
        *sister_of_family(parsed, brands),
    ]
    if not candidates:
        return None
    best = max(candidates, key=_points)
    if not best.convicts:
        return None
    return Lookalike(parsed.host, best.brand, best.kind, best.found, best.distance, best.confidence)


def _points(candidate: Candidate) -> float:
    return candidate.points


@cache
def _given_out() -> frozenset[str]:
    """Domains below which names are given to their owners only."""
    words = lexicon()
    return words.app_link_suffixes | words.tenant_suffixes
