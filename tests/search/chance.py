"""Hits and queries at random, alike enough to meet one another."""

from __future__ import annotations

import random
from datetime import timedelta

from matchers.match import Identifier
from search.indexes.index import Document
from tests.search.material import NOW, document

_VOCABULARY = (
    "vay tiền nhanh lãi thấp giải ngân đầu tư lợi nhuận việc nhẹ lương cao trúng thưởng ngân hàng lừa đảo chuyển khoản "
    "nghiệp nghề người telegram telegarm zalo khuyến mãi khuyen mai Thưởng LÃI l.ừ.a kh0ng 5.000.000đ 微信 a_b x-y"
)
WORDS = _VOCABULARY.split()
_PLACES = ("top", "vn", "icu", "com.vn")


def random_hit(number: int, chance: random.Random) -> Document:
    """A hit of this number with parts that many others share."""

    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))

    host = f"{chance.choice(WORDS[:3]).encode('idna').decode()}-{number % 97}.{chance.choice(_PLACES)}"
    return document(
        number,
        title=text(0, 6),
        text=text(0, 40),
        evidence=text(0, 20) if chance.random() < 0.3 else "",
        host=host,
        url=f"https://{host}/{chance.choice(('dang-ky', 'vay', 'login'))}?id={number % 31}",
        identifiers=tuple(
            {
                Identifier(chance.choice(("phone", "zalo")), f"+8491200{chance.randrange(40):04}"),
                Identifier("bank_account", f"{chance.choice(('VCB', 'ACB'))}:{chance.randrange(50):010}"),
            }
        ),
        brands=(chance.choice(("acb", "vietcombank", "vietinbank")),) if chance.random() < 0.3 else (),
        rules=tuple({f"loan_credit/r{chance.randrange(9)}", f"domains/{chance.choice(('combo', 'typo'))}"}),
        category=chance.choice(("loan_credit", "fake_bank", "job_export", "mlm")),
        source=f"nguon-{chance.randrange(12)}",
        status=chance.choice(("new", "in_review", "confirmed", "closed")),
        severity=chance.randint(1, 4),
        last_seen_at=NOW - timedelta(hours=chance.randrange(300)),  # many at the same moment
    )


def random_query(chance: random.Random, depth: int = 0) -> str:
    """A query that is refused now and then, finds some of the hits most often."""

    def word() -> str:
        return chance.choice(WORDS)

    simple = (
        lambda: word(),
        lambda: word(),
        lambda: f'"{word()} {word()}"',
        lambda: f"{word()[:3].strip('.-_')}*",
        lambda: f'"{word()} {word()[:2]}"*',
        lambda: f"{word()}~",
        lambda: f"={word()}",
        lambda: f'="{word()} {word()}"',
        lambda: f"-{word()}",
        lambda: f"category:{chance.choice(('loan_credit', 'fake_bank', 'none'))}",
        lambda: f"-status:{chance.choice(('new', 'closed'))}",
        lambda: f"severity{chance.choice((':', '>=', '<='))}{chance.randint(1, 4)}",
        lambda: f"host:{chance.choice(('*.top', 'vay-*', '*-1*.vn', '*n*', 'vay-5.top'))}",
        lambda: f"seen:{chance.choice(('3d', '40h', '2026-11-15', '2026-11-10..2026-11-12', '..2026-11-11'))}",
        lambda: f"phone:091200{chance.randrange(40):04}",
        lambda: chance.choice(("phone:09120000*", "account:vcb:*", "account:0000000007", "zalo:+849120000*")),
        lambda: chance.choice(("brand:acb", "brand:viet*", "rule:loan_credit/r3", "rule:domains/*", "source:nguon-3")),
    )
    if depth < 3 and chance.random() < 0.3:
        parts = [random_query(chance, depth + 1) for _ in range(chance.randint(2, 3))]
        return chance.choice(("({})", "NOT ({})", "-({})")).format(chance.choice((" ", " OR ", " AND ")).join(parts))
    return " ".join(chance.choice(simple)() for _ in range(chance.randint(1, 3)))
