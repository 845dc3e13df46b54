"""Host names taken apart offline: public suffix, registered name, subdomains; IDNA decoded, letters folded.

The public suffix list ships with the `publicsuffixlist` package, private section included, so that
``vcb.weebly.com`` is a name that somebody took at weebly.com.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import publicsuffixlist

from matchers.hosts.lexicon import lexicon
from matchers.text.confusables import latin_letter

_LIST: Final = Path(publicsuffixlist.__file__).with_name("public_suffix_list.dat")
_PRIVATE_SECTION: Final = "===BEGIN PRIVATE DOMAINS==="
_LONGEST_LABEL: Final = 63
LONGEST_HOST: Final = 253
"""Characters of a host name that are read: no longer one can be looked up (RFC 1035, 2.3.4)."""
_LONGEST_WRITTEN: Final = 4 * LONGEST_HOST  # with what a browser drops from it
_DOTS: Final = re.compile("[.\u3002\uff0e\uff61]")
# What a browser drops from a name before it asks for it (UTS 46, "ignored").
_IGNORED: Final = re.compile("[\u00ad\u034f\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]")
_HOST_OF_URL: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//+(?:[^/?#@\s]*@)?(\[[^\]]*\]|[^/?#:\s]*)", re.IGNORECASE)


class HostName(NamedTuple):
    """A host name in its parts, lower case.

    `host` is the name as a resolver is asked for it: IDNA labels as they are written, full-width letters mapped.
    `suffix` is the public suffix (``com.vn``), `name` the label registered under it, `subdomains` the labels before
    it, nearest the name last; name and subdomains are IDNA decoded and folded to the ASCII letters that they show.
    `is_hosted` says that the suffix is a private one (weebly.com), `is_folded` that name or subdomains held letters
    that only look like ASCII ones, `spelling` is the name before it was folded.
    """

    host: str
    suffix: str
    name: str
    subdomains: tuple[str, ...] = ()
    is_hosted: bool = False
    is_folded: bool = False
    spelling: str = ""

    @property
    def registered_domain(self) -> str:
        """The name with its suffix, the unit that somebody registered: ``example.com.vn``."""
        return ".".join(self.host.split(".")[-self.suffix.count(".") - 2 :]) if self.suffix else self.host

    @property
    def shown(self) -> str:
        """The host as it looks, all labels folded: ``vietcombank.com`` for ``vietc\u043embank.com``."""
        if not self.is_folded:
            return self.host
        return ".".join((*self.subdomains, self.name, self.suffix)) if self.suffix else self.name


class _Rules(NamedTuple):
    """The rules of the public suffix list: whole suffixes, parents below which every name is one, and exceptions."""

    public: frozenset[str]
    parents: frozenset[str]
    exceptions: frozenset[str]
    private: frozenset[str]
    """Those of a company, not of a registry; parents are here with their ``*.``."""


@cache
def _rules() -> _Rules:
    rules: set[str] = set()
    private: set[str] = set()
    is_private = False
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("//"):
            is_private = is_private or _PRIVATE_SECTION in line
            continue
        rule = line.split(" ", 1)[0].lower()
        if rule:
            rules.add(rule)
            if is_private:
                private.add(rule)
    hosts = lexicon().hosting_suffixes
    return _Rules(
        public=frozenset(rule for rule in rules if rule[0] not in "*!") | hosts,
        parents=frozenset(rule[2:] for rule in rules if rule.startswith("*.")),
        exceptions=frozenset(rule[1:] for rule in rules if rule.startswith("!")),
        private=frozenset(private) | hosts,
    )


def _suffix_start(labels: list[str]) -> tuple[int, bool]:
    """Index of the first label of the public suffix, and whether a private rule set it."""
    rules = _rules()
    rest = ".".join(labels)
    for start in range(len(labels)):
        if rest in rules.public:
            return start, rest in rules.private
        if rest in rules.exceptions:
            return start + 1, False
        parent = rest[len(labels[start]) + 1 :]
        if parent in rules.parents:
            return start, "*." + parent in rules.private
        rest = parent
    return max(len(labels) - 1, 0), False


def decode_label(label: str) -> str:
    """One label with its punycode decoded; unchanged where it is not valid punycode, or too long for a name.

    >>> decode_label("xn--vietcmbank-r8a")
    'vietcómbank'
    """
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode").lower()) or label
    except UnicodeError:
        return label


def _fold_label(label: str) -> str:
    """The ASCII letters, digits and hyphens that a label shows; other letters are left out."""
    if label.isascii():
        return label
    return "".join(
        character if character == "-" or character == "_" else latin_letter(character) for character in label
    )


def host_of(url: str) -> str:
    """The host of a URL or a bare host name, lower case, without user, port and trailing dot.

    >>> host_of("https://me@Dang-Nhap.Example:8443/login"), host_of("vcb.weebly.com/x")
    ('dang-nhap.example', 'vcb.weebly.com')
    """
    found = _HOST_OF_URL.match(url)
    host = found.group(1) if found else re.split(r"[/?#\s]", url.strip(), maxsplit=1)[0]
    host = host[:_LONGEST_WRITTEN]
    if not found and ":" in host:
        host = host.split(":", 1)[0]
    return host.rstrip(".").lower()


def parse_host(host: str) -> HostName:
    """The parts of `host`, a host name without port in ASCII or Unicode. Never raises.

    >>> parse_host("cskh.vcb.weebly.com")
    HostName(host='cskh.vcb.weebly.com', suffix='weebly.com', name='vcb', subdomains=('cskh',), is_hosted=True, \
is_folded=False, spelling='vcb')
    """
    host = host[:_LONGEST_WRITTEN].strip().rstrip(".").lower()
    if not host.isascii():
        host = _DOTS.sub(".", unicodedata.normalize("NFKC", _IGNORED.sub("", host)).lower())
    host = host[:LONGEST_HOST]
    labels = host.split(".")
    if host.isascii() and "xn--" not in host:
        if len(labels) == 2 and labels[1] == "com" and host not in _rules().private:
            return HostName(host, "com", labels[0], spelling=labels[0])
        return _parted(host, labels, labels)
    decoded = [decode_label(label) for label in labels]
    return _parted(host, decoded, [_fold_label(label) for label in decoded])


def _parted(host: str, labels: list[str], folded: list[str]) -> HostName:
    """`host` parted at the public suffix of its Unicode `labels`; `folded` are the same labels as they look."""
    start, is_hosted = _suffix_start(labels)
    if len(labels) == 1:
        return HostName(host, "", folded[0], (), False, folded != labels, labels[0])
    if start == 0:  # the host is itself a suffix
        start, is_hosted = 1, False
    return HostName(
        host,
        ".".join(labels[start:]),
        folded[start - 1],
        tuple(folded[: start - 1]),
        is_hosted,
        folded[:start] != labels[:start],
        labels[start - 1],
    )
