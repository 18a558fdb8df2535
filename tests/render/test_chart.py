"""One drawing for the screen, for print and for a file: titles, links, no style of its own, a table behind it."""

from decimal import Decimal
from io import BytesIO

import lxml.etree
from PIL import Image

from app.render import chart
from app.render.chart import Bar, Drawn, Panel

SVG = "{http://www.w3.org/2000/svg}"
BARS = Drawn(
    "Дети по возрасту", "дети", (Bar("4–6 <лет>", 3, "/list?a=1&b=2"), Bar("7–13", 0), Bar("доля", Decimal("12.5")))
)
YEAR = Drawn("Движение", "семьи", panels=(
    Panel("На учёте", tuple(Bar(f"мес {number}", 100 + number, f"/{number}") for number in range(12))),
    Panel("Снято", tuple(Bar(f"мес {number}", number) for number in range(12))),
))  # fmt: skip


def parsed(picture, **options):
    return lxml.etree.fromstring(chart.svg(picture, **options).encode())


def test_every_mark_bears_its_title_and_leads_to_its_list():
    page = parsed(BARS)
    assert [one.text for one in page.iter("title")] == ["4–6 <лет>: 3 (дети)", "7–13: 0 (дети)", "доля: 12,5 (дети)"]
    assert [one.get("href") for one in page.iter("a")] == ["/list?a=1&b=2"]
    assert "Дети по возрасту. 4–6 <лет>: 3" in page.get("aria-label")
    assert len(list(parsed(YEAR).iter("a"))) == 12


def test_a_picture_has_no_script_and_no_style_of_its_own():
    for picture in (BARS, YEAR):
        text = chart.svg(picture)
        assert "style" not in text
        assert "<script" not in text
        assert "http" not in text, "nothing is asked for from elsewhere"


def test_the_longest_bar_is_the_greatest_number_and_all_stay_inside():
    page = parsed(BARS)
    longs = [float(one.get("width")) for one in page.iter("rect")]
    assert max(longs) == longs[2]
    assert longs[0] / longs[2] == 3 / 12.5 or abs(longs[0] / longs[2] - 3 / 12.5) < 0.01
    for page in (
        parsed(one, narrow=narrow) for one in (BARS, YEAR, Drawn("Пусто", "семьи")) for narrow in (False, True)
    ):
        _x, _y, wide, high = map(float, page.get("viewBox").split())
        for one in page.iter("rect"):
            assert 0 <= float(one.get("x")) <= float(one.get("x")) + float(one.get("width")) <= wide
            assert 0 <= float(one.get("y")) <= float(one.get("y")) + float(one.get("height")) <= high


def test_the_numbers_stand_at_the_bars_and_the_table_says_the_same():
    said = [one.text for one in parsed(BARS).iter("text")]
    assert {"3", "0", "12,5", "7–13"} <= set(said)
    assert BARS.rows() == [("", "дети"), ("4–6 <лет>", "3"), ("7–13", "0"), ("доля", "12,5")]
    assert YEAR.rows()[0] == ("", "На учёте", "Снято")
    assert YEAR.rows()[12] == ("мес 11", "111", "11")


def test_a_file_of_a_picture_stands_alone():
    alone = parsed(BARS, alone=True)
    assert alone.tag == f"{SVG}svg"
    assert not list(alone.iter(f"{SVG}a")), "a file leads to nobody's list"
    image = Image.open(BytesIO(chart.png(YEAR)))
    assert image.format == "PNG"
    assert len(image.getcolors(100_000)) > 2
