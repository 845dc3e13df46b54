"""Host names taken apart offline: public suffix, registered name, subdomains; IDNA decoded, letters folded.

The public suffix list ships with the `publicsuffixlist` package, private section included, so that
``vcb.weebly.com`` is a name that somebody took at weebly.com.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import publicsuffixlist

from matchers.hosts.lexicon import lexicon
from matchers.text.confusables import latin_letter

_LIST: Final = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")
_PRIVATE_SECTION: Final = "===BEGIN PRIVATE DOMAINS==="
_HOST_OF_URL: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//+(?:[^/?#@\s]*@)?(\[[^\]]*\]|[^/?#:\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HostName:
    """A host name in its parts, lower case, IDNA decoded and folded to ASCII letters.

    `suffix` is the public suffix (``com.vn``), `name` the label registered under it, `subdomains` the labels
    before it, nearest the name last. `is_hosted` says that the suffix is a private one (weebly.com), `is_folded`
    that the host held letters that only look Latin.
    """

    host: str
    suffix: str
    name: str
    subdomains: tuple[str, ...] = ()
    is_hosted: bool = False
    is_folded: bool = False

    @property
    def registered_domain(self) -> str:
        """The name with its suffix, the unit that somebody registered: ``example.com.vn``."""
        return f"{self.name}.{self.suffix}" if self.suffix else self.name


@cache
def _suffixes() -> tuple[frozenset[str], frozenset[str]]:
    """Public suffixes, and those of them that are private (a company's, not a registry's)."""
    public: set[str] = set()
    private: set[str] = set()
    is_private = False
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("//"):
            is_private = is_private or _PRIVATE_SECTION in line
            continue
        rule = line.split(" ", 1)[0].lower()
        if rule:
            public.add(rule)
            if is_private:
                private.add(rule)
    hosts = lexicon().hosting_suffixes
    return frozenset(public | hosts), frozenset(private | hosts)


def _suffix_start(labels: list[str]) -> tuple[int, bool]:
    """Index of the first label of the public suffix, and whether a private rule set it."""
    public, private = _suffixes()
    for start in range(len(labels)):
        rest = ".".join(labels[start:])
        if "!" + rest in public:
            return start + 1, False
        if rest in public:
            return start, rest in private
        if start + 1 < len(labels):
            wildcard = "*." + ".".join(labels[start + 1 :])
            if wildcard in public:
                return start, wildcard in private
    return max(len(labels) - 1, 0), False


def decode_label(label: str) -> str:
    """One label with its punycode decoded; unchanged where it is not valid punycode.

    >>> decode_label("xn--vietcmbank-r8a")
    'vietcómbank'
    """
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _fold_label(label: str) -> str:
    """The ASCII letters, digits and hyphens that a label shows; other letters are left out."""
    return "".join(
        character if character == "-" or character == "_" else latin_letter(character) for character in label
    )


def host_of(url: str) -> str:
    """The host of a URL or a bare host name, lower case, without user, port and trailing dot.

    >>> host_of("https://me@Vietcombank.Top:8443/login"), host_of("vcb.weebly.com/x")
    ('vietcombank.top', 'vcb.weebly.com')
    """
    found = _HOST_OF_URL.match(url)
    host = found.group(1) if found else re.split(r"[/?#\s]", url.strip(), maxsplit=1)[0]
    if not found and ":" in host:
        host = host.split(":", 1)[0]
    return host.rstrip(".").lower()


def parse_host(host: str) -> HostName:
    """The parts of `host`, a host name without port in ASCII or Unicode. Never raises.

    >>> parse_host("cskh.vcb.weebly.com")
    HostName(host='cskh.vcb.weebly.com', suffix='weebly.com', name='vcb', subdomains=('cskh',), is_hosted=True, \
is_folded=False)
    """
    host = host.strip().rstrip(".").lower()
    is_folded = False
    if "xn--" in host or not host.isascii():
        shown = [_fold_label(decode_label(label)) for label in re.split("[.。．｡]", host)]
        folded = ".".join(label for label in shown if label)
        is_folded = folded != host
        host = folded
    labels = host.split(".")
    count = len(labels)
    if count == 2 and labels[1] == "com" and host not in _suffixes()[1]:
        return HostName(host, "com", labels[0], (), False, is_folded)
    start, is_hosted = _suffix_start(labels)
    if start == 0:  # the host is itself a suffix, or a single label
        if count == 1:
            return HostName(host, "", host, (), False, is_folded)
        return HostName(host, ".".join(labels[1:]), labels[0], (), False, is_folded)
    return HostName(host, ".".join(labels[start:]), labels[start - 1], tuple(labels[: start - 1]), is_hosted, is_folded)
