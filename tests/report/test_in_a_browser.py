"""The page as a browser shows it: it asks for nothing, complains of nothing, and fits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cekura_client.report import write_report

from tests.report.sides import FAILED, HOSTILE, PASSED, after, before, call, hostile, polite
from tests.support.browser import Browser, browsing

pytestmark = pytest.mark.slow

# Everything is unfolded first; what reaches over an edge, and texts that lie on others, are listed.
MISPLACED = """(() => {
    document.querySelectorAll('details').forEach(each => { each.open = true; });
    const cut = [...document.querySelectorAll('body *')].filter(each => {
        const box = each.getBoundingClientRect();
        return box.right > innerWidth + 1 || box.left < -1
            || each.scrollWidth > each.clientWidth + 1
            && getComputedStyle(each).display !== 'inline' && !each.closest('svg');
    });
    const overlapping = [];
    for (const parent of document.querySelectorAll('body, body *:not(svg):not(svg *)')) {
        const boxes = [...parent.children].filter(each => each.tagName !== 'svg')
            .map(each => [each, each.getBoundingClientRect()]).filter(([, box]) => box.height);
        boxes.forEach(([one, a], place) => boxes.slice(place + 1, place + 4).forEach(([two, b]) => {
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1
                && getComputedStyle(one).display !== 'inline'
                && getComputedStyle(two).display !== 'inline') overlapping.push(one);
        }));
    }
    return [...cut, ...overlapping].map(each => each.outerHTML.slice(0, 200));
})()"""
LOOKS = [(390, False), (390, True), (1280, False), (1280, True)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A report with all that there may be in one, and texts as long and odd as they come."""
    long = {
        "id": 5,
        "name": "Instruction_" * 30,
        "explanation": ["word " * 300, "x" * 2000, "At 01:05."],
    }
    earlier = [*before(), *hostile(), call(50, polite(PASSED, **long))]
    later = [*after(), *hostile(), call(50, polite(FAILED, **long))]
    path = tmp_path / "report.html"
    write_report(
        later,
        path,
        before=earlier,
        with_transcripts=True,
        title=HOSTILE,
        metric_runs=123_456,
        credits_before=1_234_567.8,
        credits_after=1_209_876.6,
        unknown=range(10**6, 10**6 + 30),
        notes=[HOSTILE],
    )
    return path


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_fits_and_asks_for_nothing(
    browser: Browser,
    page: Path,
    width: int,
    dark: bool,  # noqa: FBT001
) -> None:
    seen = browser.look(page, MISPLACED, width=width, dark=dark)
    assert seen.value == []
    assert seen.requests == [page.as_uri()]
    assert seen.complaints == []


def test_dark_is_dark(browser: Browser, page: Path) -> None:
    script = "getComputedStyle(document.body).backgroundColor"
    colours = [browser.look(page, script, dark=dark).value for dark in (False, True)]
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


def test_hostile_texts_do_nothing(browser: Browser, page: Path) -> None:
    script = """[
        document.title, document.images.length, document.scripts.length,
        [...document.links].every(each => each.protocol === 'https:'),
        [...document.querySelectorAll('h3')].some(each => each.textContent.includes('<img src=')),
    ]"""
    seen = browser.look(page, script)
    assert seen.value == [HOSTILE, 0, 0, True, True]
    assert seen.requests == [page.as_uri()]


def test_the_policy_stops_what_is_put_in_later(browser: Browser, page: Path) -> None:
    """Were a text ever taken for markup, it would still load and run nothing."""
    bad = (
        "<script>document.title='owned'</script><img src='http://127.0.0.1:9/x' "
        "onerror=\"document.title='owned'\">"
    )
    page.write_text(page.read_text("utf-8").replace("<main>", f"<main>{bad}"), "utf-8")
    seen = browser.look(page, "document.title")
    assert seen.value == HOSTILE
    assert len(seen.complaints) >= 2  # of the browser, which says what it has stopped
    assert all("Content Security Policy" in each for each in seen.complaints)


def test_the_bars_are_as_long_as_the_rates(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(after(), path, before=before())
    script = """[...document.querySelectorAll('.metric .rate')].slice(0, 2).map(row => {
        const [track, bar] = row.querySelectorAll('rect');
        const share = bar.getBoundingClientRect().width / track.getBoundingClientRect().width;
        return [row.querySelector('span:last-child').textContent, Math.round(1000 * share) / 10];
    })"""
    assert browser.look(path, script).value == [["95.0%", 95], ["95.0%", 95]]
