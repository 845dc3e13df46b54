"""Mistakes in queries: what each is called, what people are told of it, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA


class Mistake(StrEnum):
    """What can be wrong with a query."""

    TOO_LONG = "too_long"
    TOO_MANY_TERMS = "too_many_terms"
    TOO_DEEP = "too_deep"
    UNCLOSED_PHRASE = "unclosed_phrase"
    UNCLOSED_VALUE = "unclosed_value"
    UNOPENED_VALUE = "unopened_value"
    UNCLOSED_GROUP = "unclosed_group"
    STRAY_CLOSE = "stray_close"
    EMPTY_GROUP = "empty_group"
    LONELY_OPERATOR = "lonely_operator"
    LONELY_MINUS = "lonely_minus"
    SHORT_PREFIX = "short_prefix"
    WRONG_FUZZY = "wrong_fuzzy"
    UNKNOWN_FIELD = "unknown_field"
    MISSPELT_FIELD = "misspelt_field"
    UNPRINTABLE_VALUE = "unprintable_value"
    MISSING_VALUE = "missing_value"
    NOT_COMPARABLE = "not_comparable"
    UNKNOWN_SEVERITY = "unknown_severity"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_ORDER = "unknown_order"
    MISPLACED_ORDER = "misplaced_order"
    UNKNOWN_TIME = "unknown_time"
    MISSING_TIME = "missing_time"
    REVERSED_TIME = "reversed_time"
    SHORT_LABEL = "short_label"
    NO_DIGITS = "no_digits"
    MANY_STARS = "many_stars"
    MANY_FUZZY = "many_fuzzy"


WORDS: Final[Mapping[Mistake, tuple[str, str]]] = {
    Mistake.TOO_LONG: (
        "một câu tìm có nhiều nhất {most} ký tự",
        "a query has at most {most} characters",
    ),
    Mistake.TOO_MANY_TERMS: (
        "một câu tìm có nhiều nhất {most} từ, cụm từ và trường",
        "a query has at most {most} words, phrases and fields",
    ),
    Mistake.TOO_DEEP: (
        "ngoặc và NOT lồng nhau nhiều nhất {most} tầng",
        "parentheses and NOT go at most {most} deep",
    ),
    Mistake.UNCLOSED_PHRASE: (
        'cụm từ mở bằng " phải đóng bằng "',
        'a phrase that starts with " must end with "',
    ),
    Mistake.UNCLOSED_VALUE: (
        'giá trị mở bằng " phải đóng bằng "',
        'a value that starts with " must end with "',
    ),
    Mistake.UNOPENED_VALUE: (
        'giá trị đóng bằng " phải mở bằng "',
        'a value that ends with " must start with "',
    ),
    Mistake.UNCLOSED_GROUP: (
        "ngoặc ( này chưa được đóng",
        "this ( is never closed",
    ),
    Mistake.STRAY_CLOSE: (
        "không có ngoặc ( nào ứng với ngoặc ) này",
        "there is no ( that this ) closes",
    ),
    Mistake.EMPTY_GROUP: (
        "giữa ( và ) không có gì",
        "there is nothing between ( and )",
    ),
    Mistake.LONELY_OPERATOR: (
        "{operator} cần có vế ở cả hai bên",
        "{operator} needs something on both sides",
    ),
    Mistake.LONELY_MINUS: (
        "sau {operator} phải có điều cần loại ra",
        "{operator} needs something to take out",
    ),
    Mistake.SHORT_PREFIX: (
        "trước dấu * phải có ít nhất hai chữ cái",
        "a prefix needs at least two letters before its star",
    ),
    Mistake.WRONG_FUZZY: (
        "dấu ~ chỉ dùng cho một từ có từ ba chữ cái trở lên, không đi cùng dấu =",
        "~ is for one word of at least three letters, without =",
    ),
    Mistake.UNKNOWN_FIELD: (
        'không có trường {name!r}; các trường là {choices}. Muốn tìm chính những chữ ấy, hãy viết "{name} …"',
        'there is no field {name!r}; fields are {choices}. To look for the words themselves, write "{name} …"',
    ),
    Mistake.MISSPELT_FIELD: (
        'không có trường {name!r}; ý bạn là {near}: phải không? Muốn tìm chính những chữ ấy, hãy viết "{name} …"',
        'there is no field {name!r}; did you mean {near}:? To look for the words themselves, write "{name} …"',
    ),
    Mistake.UNPRINTABLE_VALUE: (
        "giá trị chỉ gồm chữ, số và dấu",
        "a value holds letters, digits and signs only",
    ),
    Mistake.MISSING_VALUE: (
        "sau {field} phải có giá trị",
        "{field} needs a value",
    ),
    Mistake.NOT_COMPARABLE: (
        "chỉ severity mới so sánh được; hãy viết {name}:{value}",
        "only severity can be compared; write {name}:{value}",
    ),
    Mistake.UNKNOWN_SEVERITY: (
        "severity là số từ 1 đến 4, không phải {value!r}",
        "severity is 1 to 4, not {value!r}",
    ),
    Mistake.UNKNOWN_STATUS: (
        "status: nhận {choices}, không nhận {value!r}",
        "status: takes {choices}, not {value!r}",
    ),
    Mistake.UNKNOWN_ORDER: (
        "sort: nhận {choices}, không nhận {value!r}",
        "sort: takes {choices}, not {value!r}",
    ),
    Mistake.MISPLACED_ORDER: (
        "sort: xếp thứ tự mọi kết quả; hãy viết bên ngoài ngoặc và NOT",
        "sort: orders all answers; write it outside of parentheses and NOT",
    ),
    Mistake.UNKNOWN_TIME: (
        "seen: nhận khoảng thời gian (12h, 7d, 4w) hoặc ngày (2026-01-01..2026-01-31), không nhận {value!r}",
        "seen: takes an age (12h, 7d, 4w) or dates (2026-01-01..2026-01-31), not {value!r}",
    ),
    Mistake.MISSING_TIME: (
        "seen: cần một ngày trước hoặc sau hai dấu chấm",
        "seen: needs a date before or after its dots",
    ),
    Mistake.REVERSED_TIME: (
        "seen:{value} kết thúc trước khi bắt đầu",
        "seen:{value} ends before it starts",
    ),
    Mistake.SHORT_LABEL: (
        "{name}: nhận giá trị có từ hai ký tự trở lên, dấu * chỉ đặt ở cuối",
        "{name}: takes a value of at least two characters, with a star at its end alone",
    ),
    Mistake.NO_DIGITS: (
        "phone: nhận số điện thoại, như 0912345678 hoặc 0912*",
        "phone: takes a telephone number, such as 0912345678 or 0912*",
    ),
    Mistake.MANY_STARS: (
        "mẫu tên miền có nhiều nhất {most} dấu *",
        "a host pattern has at most {most} stars",
    ),
    Mistake.MANY_FUZZY: (
        "một câu tìm có nhiều nhất {most} từ có dấu ~",
        "a query has at most {most} words with ~",
    ),
}
"""What people are told, in Vietnamese and in English. Console and command line use the same words."""


class QueryError(ValueError):
    """A query that cannot be understood.

    `column` counts from 1, `kind` says what is wrong with `parameters` as its particulars, `message_vi` and `message`
    say it to people, and `suggestion` is the whole query as it was probably meant, "" where nothing comes near.
    """

    def __init__(self, column: int, kind: Mistake, suggestion: str = "", **parameters: object) -> None:
        message_vi, message = (words.format(**parameters) for words in WORDS[kind])
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.kind = kind
        self.parameters = parameters
        self.suggestion = suggestion
        self.message = message
        self.message_vi = message_vi


FIELD_GUESSES: Final[Mapping[str, str]] = {
    guess: field
    for field, guesses in {
        "category": "loai the_loai danh_muc nhom chu_de hinh_thuc thu_doan type kind",
        "source": "nguon nguon_tin",
        "status": "trang_thai tinh_trang state",
        "severity": "muc_do muc nghiem_trong level",
        "host": "ten_mien mien trang_web may_chu domain website site",
        "seen": "ngay thoi_gian thay lan_cuoi date time since",
        "phone": "sdt dien_thoai so_dien_thoai dtdd hotline mobile tel",
        "account": "stk tai_khoan so_tai_khoan so_tk",
        "card": "so_the the_ngan_hang",
        "wallet": "vi vi_dien_tu vi_tien",
        "merchant": "diem_ban diem_thanh_toan",
        "telegram": "tele",
        "facebook": "fb",
        "tiktok": "tik_tok",
        "youtube": "yt kenh",
        "whatsapp": "whats_app",
        "wechat": "weixin",
        "kakaotalk": "kakao",
        "email": "mail thu thu_dien_tu",
        "tax_code": "mst ma_so_thue tax",
        "licence": "giay_phep so_giay_phep gpkd license",
        "trade_notice": "bo_cong_thuong",
        "brand": "thuong_hieu nhan_hieu ngan_hang bank",
        "rule": "luat quy_tac dau_hieu",
        "sort": "sap_xep xep thu_tu order",
    }.items()
    for guess in guesses.split()
}
"""What people write who do not know a field's name, without marks."""
SEVERITY_GUESSES: Final[Mapping[str, str]] = {
    guess: severity
    for severity, guesses in {
        "1": "low thap",
        "2": "medium trung_binh trung vua",
        "3": "high cao",
        "4": "critical nghiem_trong khan_cap rat_cao",
    }.items()
    for guess in guesses.split()
}
STATUS_GUESSES: Final[Mapping[str, str]] = {
    guess: status
    for status, guesses in {
        "new": "moi",
        "in_review": "review reviewing dang_xem dang_xem_xet",
        "confirmed": "xac_nhan vi_pham da_xac_nhan",
        "not_violation": "khong_vi_pham",
        "handed_over": "ban_giao chuyen_giao da_chuyen",
        "taken_down": "da_go go_bo",
        "closed": "dong da_dong",
    }.items()
    for guess in guesses.split()
}
ORDER_GUESSES: Final[Mapping[str, str]] = {
    guess: order
    for order, guesses in {
        "newest": "moi_nhat new date time seen",
        "severity": "muc_do nghiem_trong",
        "relevance": "lien_quan relevant score",
    }.items()
    for guess in guesses.split()
}


def meant(written: str, names: Iterable[str], guesses: Mapping[str, str]) -> str:
    """The name that was probably meant by `written`, "" where none comes near.

    Near is one letter away in words of four letters and more, two in words of six and more (optimal string alignment:
    letters left out, put in, changed or swapped). Underscores and dashes do not count.
    """
    known = {**guesses, **{name: name for name in names}}
    short = _joined(written)
    edits = 0 if len(short) < 4 else 1 if len(short) < 6 else 2
    distances = {name: OSA.distance(short, _joined(name), score_cutoff=edits) for name in known}
    # A name itself comes before a guess at it.
    nearest = min(distances, key=lambda name: (distances[name], name in guesses), default="")
    return known[nearest] if nearest and distances[nearest] <= edits else ""


def _joined(name: str) -> str:
    return name.replace("_", "").replace("-", "")
