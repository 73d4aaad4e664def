from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.config import labeling_config
from standfirst.annotate.page.tasks import task
from standfirst.labels import Codebook, Condition, assign_hotkeys

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.server, pytest.mark.browser]
SUBMIT = "[data-testid=bottombar-submit-button]"
ARROW = "[data-tooltip='Collapse Group']"
TEXTS = (
    "The minister said that the arrangement would break the business of the smugglers.",
    "The refugee council called the plan “a trade in human beings” that costs $5 a head.",
)


def key(codebook: Codebook, dimension: str, label: str) -> str:
    """Give the hotkey of a label."""
    (found,) = (x for x in codebook.dimension(dimension).labels if x.id == label)
    return found.hotkey or ""


def units(n: int, codebook: Codebook) -> list[dict[str, Any]]:
    """Make tasks that look like news."""
    rows = [
        {
            "unit_id": f"unit{i}",
            "article_id": "a1",
            "text": TEXTS[i % len(TEXTS)],
            "before": "The agreement was signed on Monday and runs for five years.",
            "after": "Critics say that it breaks the law, and that they will go to court.",
            "title": "Ministers defend transfer deal as first flight is delayed",
            "outlet": "The Harbour Post",
            "published": "2026-03-01",
        }
        for i in range(n)
    ]
    return [task(row, revision=codebook.revision, coding_round="1") for row in rows]


@pytest.fixture
def log_in(server: Server, sign_up: Callable[[str], Any], editor: Any) -> Callable[[str], None]:
    """Give a function that signs somebody up, and logs them in on the test's page."""

    def logged_in(email: str) -> None:
        coder = sign_up(email)
        editor.log_in(server.url, coder.email, coder.password)

    return logged_in


def test_hotkeys_end_as_annotations(
    server: Server,
    log_in: Callable[[str], None],
    new_project: Callable[..., int],
    codebook: Codebook,
    page: "Page",
    editor: Any,
    artefacts: Path,
) -> None:
    """A coder labels two units by keys, and types who speaks; what is pulled is what was given."""
    codebook = replace(codebook, speaker_name=True)
    shown = assign_hotkeys(codebook)
    project = new_project(codebook, "By hotkeys")
    push(server, project, units(2, codebook))
    log_in("keys@example.org")
    editor.open(server.url, project)
    page.screenshot(path=artefacts / "labelling.png")

    wanted: dict[str, dict[str, tuple[str, ...]]] = {}
    answers = (
        ("government_position", "supports", "government", ("security",)),
        ("rights_critique", "opposes", "civil_society", ("humanitarian", "economy")),
    )
    for stance, position, speaker, framing in answers:
        text = page.locator(".sf-target").inner_text().strip()
        unit_id = f"unit{TEXTS.index(text)}"
        wanted[unit_id] = {
            "stance": (stance,),
            "position": (position,),
            "speaker": (speaker,),
            "framing": framing,
        }
        if unit_id == "unit1":
            field = page.get_by_placeholder("Speaker's name (optional)")
            field.fill("Ana Söderström")
            field.press("Enter")
            page.screenshot(path=artefacts / "speaker.png")
            page.locator("body").click(position={"x": 5, "y": 400})
        editor.press(
            "".join(key(shown, d, x) for d, chosen in wanted[unit_id].items() for x in chosen)
        )
        page.wait_for_timeout(2500)
    read = pull(server, project, codebook)

    got: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read.annotations:
        got.setdefault(row.unit_id, {})[row.dimension] = row.labels
    assert got == wanted
    assert {row.coder for row in read.annotations} == {"keys@example.org"}
    assert {(row.unit_id, row.speaker_name) for row in read.annotations} == {
        ("unit0", ""),
        ("unit1", "Ana Söderström"),
    }
    assert all(row.seconds for row in read.annotations)
    assert {row.suggestion for row in read.annotations} == {"none"}


def test_side_panels_close_and_stay_closed(
    server: Server,
    log_in: Callable[[str], None],
    new_project: Callable[..., int],
    codebook: Codebook,
    page: "Page",
    editor: Any,
    artefacts: Path,
) -> None:
    """As the docs tell teams: one arrow closes both, the page gets their width, and it lasts."""
    project = new_project(codebook, "Panels")
    push(server, project, units(1, codebook))
    log_in("panels@example.org")
    page.set_viewport_size({"width": 1920, "height": 1080})
    editor.open(server.url, project)
    page.screenshot(path=artefacts / "labelling-large.png")

    def width() -> float:
        box = page.locator(".sf-target").bounding_box()
        assert box is not None
        return box["width"]

    before = width()
    page.locator(ARROW).first.click()
    page.wait_for_timeout(500)
    page.screenshot(path=artefacts / "labelling-closed.png")
    closed = width()
    editor.open(server.url, project)

    assert closed > before + 200
    assert width() == closed


def test_everything_is_on_the_screen(
    server: Server,
    log_in: Callable[[str], None],
    new_project: Callable[..., int],
    codebook: Codebook,
    page: "Page",
    editor: Any,
) -> None:
    """At 1280 x 800 every answer shows with its key, inside its column, and nothing overlaps."""
    codebook = replace(codebook, speaker_name=True)
    shown = assign_hotkeys(codebook)
    project = new_project(codebook, "On the screen")
    push(server, project, units(1, codebook))
    log_in("screen@example.org")
    editor.open(server.url, project)

    bottom = page.locator(SUBMIT).bounding_box()
    boxes = []
    assert bottom is not None
    for dimension in shown.dimensions:
        for label in dimension.labels:
            caption = f"{label.name}[{label.hotkey}]"
            box = page.locator(".sf-question label", has_text=caption).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= bottom["y"], label.name
            boxes.append((box["x"], box["y"], box["width"], box["height"]))
    for i, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[:i]:
            apart = (
                x + width <= other_x + 1
                or other_x + other_width <= x + 1
                or y + height <= other_y + 1
                or other_y + other_height <= y + 1
            )
            assert apart


def test_condition_hides_the_question(
    server: Server,
    log_in: Callable[[str], None],
    new_project: Callable[..., int],
    codebook: Codebook,
    page: "Page",
    editor: Any,
) -> None:
    """A conditional question shows only after one of its answers, and is not required before."""
    stance, position = codebook.dimensions[:2]
    when = Condition("stance", ("rights_critique", "legal_check"))
    conditional = replace(codebook, dimensions=(stance, replace(position, when=when)))
    assert "whenChoiceValue" in labeling_config(conditional)
    project = new_project(conditional, "Conditional")
    push(server, project, units(2, conditional))
    log_in("condition@example.org")
    editor.open(server.url, project)
    question = page.get_by_text(position.question)
    assert not question.is_visible()
    editor.press(key(conditional, "stance", "neutral_reporting"))
    page.get_by_text(TEXTS[1]).wait_for()
    page.wait_for_timeout(1000)
    for label in ("rights_critique", "legal_check"):
        page.keyboard.press(key(conditional, "stance", label))
        question.wait_for()
    editor.press(key(conditional, "position", "opposes"))
    page.wait_for_timeout(500)
    read = pull(server, project, conditional)

    got = sorted((row.dimension, row.status, row.labels) for row in read.annotations)
    assert got == [
        ("position", "answered", ("opposes",)),
        ("position", "not asked", ()),
        ("stance", "answered", ("legal_check",)),
        ("stance", "answered", ("neutral_reporting",)),
    ]
    assert len(list(tasks_of(server, project))) == 2
