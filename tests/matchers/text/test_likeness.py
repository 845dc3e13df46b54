"""SimHash: near-copies are near, other texts are far."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matchers.text.likeness import NEAR_COPY_BITS, hamming_distance, simhash

TEXT = (
    "Quỹ đầu tư cộng đồng nhận góp vốn trồng rừng, cam kết lợi nhuận mỗi tháng, bảo toàn vốn gốc. "
    "Nhà đầu tư được nhận hợp đồng có đóng dấu, rút vốn bất cứ lúc nào, hoa hồng cho người giới thiệu. "
    "Đăng ký qua trang web, nhân viên gọi lại trong ngày và hướng dẫn chuyển khoản tới tài khoản của quỹ. "
) * 3


def test_a_copy_with_other_figures_and_without_marks_is_the_same() -> None:
    assert simhash("Góp 10 triệu nhận lãi 3%/ngày ngay") == simhash("GOP 50 TRIEU NHAN LAI 5%/ngay NGAY")


def test_a_copy_with_a_word_changed_is_near() -> None:
    assert hamming_distance(simhash(TEXT), simhash(TEXT.replace("trồng rừng", "nuôi ong", 1))) <= NEAR_COPY_BITS


def test_another_text_is_far() -> None:
    other = "Hội nghị tổng kết năm học, trao thưởng cho học sinh giỏi và bàn kế hoạch xây thư viện mới của trường. " * 5
    assert hamming_distance(simhash(TEXT), simhash(other)) > 16


def test_next_to_nothing_hashes_to_zero() -> None:
    assert simhash("") == simhash("một") == 0


@given(st.text())
def test_a_simhash_has_64_bits(text: str) -> None:
    assert 0 <= simhash(text) < 1 << 64
