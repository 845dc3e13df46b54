"""Pictures that the benchmark of pictures draws: advertisements with Vietnamese words, and codes under strain."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

FONTS: Final = tuple(
    path
    for path in (
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf"),
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed.ttf"),
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf"),
        Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"),
        Path("/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"),
        Path("/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf"),
        Path("/usr/share/fonts/truetype/noto/NotoSerif-Bold.ttf"),
        Path("/usr/share/fonts/truetype/noto/NotoSansDisplay-Italic.ttf"),
    )
    if path.exists()
)
"""Faces with the Vietnamese letters, as far as Debian's packages put them on this machine."""

TEXTS: Final = (
    ("VAY TIỀN NHANH", "Duyệt trong 5 phút, không thẩm định", "Nợ xấu vẫn hỗ trợ", "Zalo 0912 000 111"),
    ("Tuyển cộng tác viên", "Làm việc tại nhà, thu nhập 900.000đ mỗi ngày", "Không cần kinh nghiệm"),
    ("CHÚC MỪNG QUÝ KHÁCH", "Bạn đã trúng thưởng một xe máy", "Bấm vào đường dẫn để nhận quà"),
    ("Đầu tư sinh lời", "Lãi suất 3% mỗi ngày, rút vốn bất cứ lúc nào", "Cam kết hoàn tiền"),
    ("Mở thẻ tín dụng", "Hạn mức 200 triệu, chỉ cần căn cước", "Liên hệ hotline 1900 0000"),
    ("Xuất khẩu lao động Nhật Bản", "Phí thấp, bay ngay trong tháng", "Lương 45 triệu đồng"),
    ("ĐẤT NỀN GIÁ RẺ", "Sổ đỏ trao tay, chiết khấu 12%", "Đăng ký xem dự án hôm nay"),
    ("Nhận quà từ nước ngoài", "Vui lòng đóng phí hải quan để nhận bưu phẩm", "Gọi 0388 222 333"),
    ("Làm bằng đại học", "Bao hồ sơ gốc, kiểm tra trước khi thanh toán", "Giao hàng toàn quốc"),
    ("Thuốc gia truyền", "Chữa khỏi tiểu đường sau một liệu trình", "Mua hai tặng một"),
)
"""Made-up advertisements, a line each, in the words of such advertisements."""

COLOURS: Final = (
    ("#ffffff", "#111111"),
    ("#fff2a8", "#c00000"),
    ("#0b2a5b", "#ffffff"),
    ("#c8102e", "#ffe600"),
    ("#006b3f", "#f5f5f5"),
    ("#2f8f9d", "#0a1f33"),
    ("#ff7a00", "#3b0a45"),
    ("#6d6d6d", "#1f1f1f"),
    ("#7fbf3f", "#c2185b"),
    ("#1c1c1c", "#7fd1ff"),
)
"""Ground and letters; the later ones have little contrast in brightness."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as a page would serve it, with what it says."""

    name: str
    strain: str
    data: bytes
    said: str


def advertisements(count: int, seed: int = 21) -> Iterator[Drawn]:
    """`count` advertisements, the strains in turn, colours and faces by a seeded hand."""
    draw = random.Random(seed)
    strains = tuple(_STRAINS)
    for number in range(count):
        strain = strains[number % len(strains)]
        lines = TEXTS[(number * 7 + number // len(TEXTS)) % len(TEXTS)]
        picture, quality = _STRAINS[strain](draw, lines)
        yield Drawn(f"{number:03}-{strain}", strain, encoded(picture, quality), "\n".join(lines))


def encoded(picture: Image.Image, quality: int | None) -> bytes:
    """The picture as JPEG of a quality, or as PNG."""
    out = io.BytesIO()
    if quality is None:
        picture.save(out, "PNG")
    else:
        picture.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def _even(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    ground, letters = draw.choice(COLOURS)
    return written(Image.new("RGB", (720, 480), ground), lines, draw, letters, 34), None


def _small(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    ground, letters = draw.choice(COLOURS)
    return written(Image.new("RGB", (320, 160), ground), lines, draw, letters, 12), 85


def _jpeg(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    ground, letters = draw.choice(COLOURS)
    return written(Image.new("RGB", (600, 400), ground), lines, draw, letters, 24), 22


def _skewed(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    ground, letters = draw.choice(COLOURS)
    picture = written(Image.new("RGB", (760, 520), ground), lines, draw, letters, 28)
    angle = draw.choice((-1, 1)) * draw.uniform(3, 8)
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=ground), 80


def _gradient(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    one, other = draw.choice(COLOURS)[0], draw.choice(COLOURS)[0]
    mask = Image.linear_gradient("L").resize((720, 480))
    picture = Image.composite(Image.new("RGB", (720, 480), one), Image.new("RGB", (720, 480), other), mask)
    return written(picture, lines, draw, None, 30), 75


def _photo(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    """Letters over something like a photograph: soft blobs of colour, grain, and a rim around the letters."""
    noise = Image.frombytes("RGB", (24, 16), draw.randbytes(24 * 16 * 3)).resize((720, 480), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((720, 480), 40).convert("RGB")
    picture = Image.blend(ImageEnhance.Color(noise).enhance(0.5), grain, 0.25)
    return written(picture, lines, draw, "#ffffff", 32, rim="#101010"), 70


def _banner(draw: random.Random, lines: tuple[str, ...]) -> tuple[Image.Image, int | None]:
    """A light page with a dark band for the headline and a button for the call."""
    picture = Image.new("RGB", (720, 420), "#f4f4ef")
    canvas = ImageDraw.Draw(picture)
    band, button = draw.choice(("#b00020", "#123a7a", "#1b5e20")), draw.choice(("#ffd000", "#ff6f00", "#00a0c8"))
    face, size = draw.choice(FONTS), 30
    canvas.rectangle((0, 0, 720, 110), fill=band)
    canvas.text((30, 30), lines[0], fill="#ffffff", font=ImageFont.truetype(face, 44))
    for place, line in enumerate(lines[1:-1]):
        canvas.text((30, 150 + 60 * place), line, fill="#222222", font=ImageFont.truetype(face, size - 4))
    canvas.rounded_rectangle((24, 300, 690, 372), 20, fill=button)
    canvas.text((50, 316), lines[-1], fill="#101010", font=ImageFont.truetype(face, size))
    return picture, 80


_STRAINS: Final[dict[str, Callable[[random.Random, tuple[str, ...]], tuple[Image.Image, int | None]]]] = {
    "even": _even,
    "small": _small,
    "jpeg": _jpeg,
    "skewed": _skewed,
    "gradient": _gradient,
    "photo": _photo,
    "banner": _banner,
}


def written(
    picture: Image.Image,
    lines: tuple[str, ...],
    draw: random.Random,
    colour: str | None,
    size: int,
    rim: str | None = None,
) -> Image.Image:
    """The lines on the picture, the first larger; `colour` None takes what stands out from the ground."""
    canvas = ImageDraw.Draw(picture)
    face = draw.choice(FONTS)
    top, left = size, size
    for number, line in enumerate(lines):
        height = round(size * 1.4) if number == 0 else size
        font = ImageFont.truetype(face, height)
        while font.getlength(line) > picture.width - 2 * left:
            height -= 1
            font = ImageFont.truetype(face, height)
        ink = colour or _standing_out(picture, (left, top, picture.width - left, top + height))
        canvas.text((left, top), line, fill=ink, font=font, stroke_width=2 if rim else 0, stroke_fill=rim)
        top += round(height * 1.75)
    return picture


def _standing_out(picture: Image.Image, box: tuple[int, int, int, int]) -> str:
    level = picture.crop(box).convert("L").resize((1, 1), Image.Resampling.BOX).tobytes()[0]
    return "#111111" if level > 120 else "#ffffff"


# --- codes -----------------------------------------------------------------------------------------------------


def codes(count: int, seed: int = 21) -> Iterator[Drawn]:
    """`count` pictures with one QR code each, the strains in turn."""
    draw = random.Random(seed)
    strains = tuple(_CODE_STRAINS)
    for number in range(count):
        strain = strains[number % len(strains)]
        payload = f"https://{draw.choice(('nhan-qua', 'vay-nhanh', 'tuyen-dung'))}-{number}.example/m?id={number}"
        picture, quality = _CODE_STRAINS[strain](draw, payload)
        yield Drawn(f"{number:03}-{strain}", strain, encoded(picture, quality), payload)


def qr_picture(payload: str, scale: int = 6, dark: str = "#000000", light: str = "#ffffff") -> Image.Image:
    """A QR code as a picture, with its quiet zone."""
    out = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(out, kind="png", scale=scale, dark=dark, light=light)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def _on_poster(code: Image.Image, draw: random.Random, ground: str = "#e8e4d8") -> Image.Image:
    """The code somewhere on a poster with a line of words."""
    poster = Image.new("RGB", (max(640, code.width + 80), max(420, code.height + 120)), ground)
    ImageDraw.Draw(poster).text((20, 12), "Quét mã nhận quà", fill="#333333", font=ImageFont.truetype(FONTS[0], 28))
    poster.paste(
        code, (draw.randint(10, poster.width - code.width - 10), draw.randint(70, poster.height - code.height))
    )
    return poster


def _clean_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    return _on_poster(qr_picture(payload), draw), None


def _blurred_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    picture = _on_poster(qr_picture(payload, 6), draw)
    return picture.filter(ImageFilter.GaussianBlur(draw.uniform(2.2, 4.4))), 70


def _small_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    code = qr_picture(payload, 4)
    side = draw.randint(56, 74)
    return _on_poster(code.resize((side, side), Image.Resampling.LANCZOS), draw), 80


def _faint_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    dark, light = draw.choice((("#cfcfcf", "#e0e0e0"), ("#b9a77a", "#c4b487"), ("#3a4a5a", "#44556a")))
    return _on_poster(qr_picture(payload, 5, dark, light), draw, light), 60


def _coloured_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    """Two colours of like brightness, told apart by hue alone."""
    dark, light = draw.choice((("#d02020", "#0a7a3a"), ("#2040d0", "#8a3a10"), ("#b000b0", "#307020")))
    return _on_poster(qr_picture(payload, 6, dark, light), draw, light), 85


def _inverted_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    return _on_poster(qr_picture(payload, 6, "#ffffff", "#101820"), draw, "#101820"), 80


def _slanted_code(draw: random.Random, payload: str) -> tuple[Image.Image, int | None]:
    """Seen from the side: the far edge is shorter."""
    code = qr_picture(payload, 7)
    side = code.width
    dent = draw.uniform(0.12, 0.22) * side
    corners = (-dent, -dent * 0.7, -dent * 0.3, side + dent * 0.5, side + dent, side + dent * 0.2, side, 0)
    slanted = code.transform((side, side), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor="#e8e4d8")
    return _on_poster(slanted.rotate(draw.uniform(-20, 20), expand=True, fillcolor="#e8e4d8"), draw), 75


_CODE_STRAINS: Final[dict[str, Callable[[random.Random, str], tuple[Image.Image, int | None]]]] = {
    "clean": _clean_code,
    "blurred": _blurred_code,
    "small": _small_code,
    "faint": _faint_code,
    "coloured": _coloured_code,
    "inverted": _inverted_code,
    "slanted": _slanted_code,
}
