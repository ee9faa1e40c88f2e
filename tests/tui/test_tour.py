"""The pictures on the pages: what the interface draws now, and nothing that a browser would have to fetch."""

import asyncio
import os
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.pages import TOP
from tests.tui import tour
from tests.tui.tour import HOME, PICTURES, TOUR

PAGES = (TOP / "README.md", TOP / "docs" / "tui.md")
NAMESPACE = "http://www.w3.org/2000/svg"
ADVICE = "if it is meant: scripts/tour"


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    folder = tmp_path_factory.mktemp("toured")
    with tour.standing_in(folder):
        tour.make_home(HOME)
        yield folder


def read(name: str) -> str:
    return (PICTURES / f"tour-{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TOUR)
def test_a_picture_is_what_the_screen_looks_like_now(name: str, toured: Path) -> None:
    shown, drawn = read(name), asyncio.run(tour.take(name))
    if shown != drawn:  # the whole of it would be unreadable
        pairs = zip(list_words(shown), list_words(drawn), strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), ("", "a colour or a place"))
        pytest.fail(f"docs/pictures/tour-{name}.svg shows {first[0]!r}, drawn is {first[1]!r}; {ADVICE}")


def list_words(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{{{NAMESPACE}}}text")]


@pytest.mark.parametrize("name", TOUR)
def test_a_picture_asks_nobody_for_anything(name: str) -> None:
    svg = read(name)

    assert set(re.findall(r"\w+://[^\s\"\')<]*", svg)) == {NAMESPACE}
    assert not re.search(r"@font-face|@import|<script|<image|<use|<foreignObject", svg)
    assert {link for link in re.findall(r"url\(([^)]*)\)", svg) if not link.startswith("#")} == set()


@pytest.mark.parametrize("name", TOUR)
def test_the_ids_of_a_picture_do_not_depend_on_what_is_in_it(name: str) -> None:
    assert {found.removesuffix("-clip-terminal") for found in re.findall(r'id="(.*?)"', read(name))} == {f"tour-{name}"}


@pytest.mark.parametrize("name", TOUR)
def test_a_page_shows_the_picture_and_says_what_is_on_it(name: str) -> None:
    texts = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert re.search(rf"!\[.+\]\((?:docs/)?pictures/tour-{name}\.svg\)", texts)


def test_there_is_no_picture_that_the_tour_does_not_make() -> None:
    assert {path.stem.removeprefix("tour-") for path in PICTURES.glob("tour-*")} == set(TOUR)


def test_the_program_that_writes_the_pictures_can_be_run() -> None:
    assert os.access(TOP / "scripts" / "tour", os.X_OK)


def test_characters_stand_where_they_belong_in_any_font() -> None:
    run = '<text class="t" x="12.2" y="20" textLength="97.6" clip-path="url(#l)">&#160;a&#160;&#160;│漢b&#160;</text>'

    assert re.sub(tour.TEXT, lambda found: "".join(tour.place_words(found)), run) == (
        '<text class="t" x="24.4" y="20" textLength="12.2">a</text>'
        '<text class="t" x="61 73.2" y="20">│漢</text>'
        '<text class="t" x="97.6" y="20" textLength="12.2">b</text>'
    )
