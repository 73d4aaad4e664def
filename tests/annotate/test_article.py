from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.answers import read_tasks
from standfirst.annotate.batches import Batch
from standfirst.annotate.checks import config_problems
from standfirst.annotate.interface import labeling_config
from standfirst.annotate.projects import project
from standfirst.annotate.server import Server
from standfirst.annotate.sync import pull, push
from standfirst.annotate.tasks import article_task
from standfirst.labels import Codebook, assign_hotkeys

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEXT = (
    "😀 The minister defended the deal.\nCritics went to court. قال الوزير إن الاتفاق قانوني.\n"
    + "The talks went on for a day. " * 12
    + "Nobody answered."
)
CUTS = ("The minister defended the deal.", "Critics went to court.", "Nobody answered.")
ARTICLE = {"id": "a1", "text": TEXT, "title": "Court hears deal", "outlet": "The Harbour Post"}
UNITS: list[dict[str, Any]] = [
    {"unit_id": f"u{i}", "start": TEXT.index(cut), "end": TEXT.index(cut) + len(cut)}
    for i, cut in enumerate(CUTS)
]


def test_config_is_sound(codebook: Codebook) -> None:
    """The page of an article asks everything of the codebook, for each marked unit."""
    assert not config_problems(labeling_config(codebook, view="article"), codebook)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.data())
def test_marks_stand_on_their_units(text: str, data: st.DataObject) -> None:
    """Offsets are code points of what Label Studio gets, also where NUL was left out."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    unit = {"unit_id": "u1", "start": start, "end": end}
    made = article_task({"id": "a1", "text": text}, [unit], revision="r")
    (mark,) = made["predictions"][0]["result"]
    got = made["data"]["text"][mark["value"]["start"] : mark["value"]["end"]]

    assert got == text[start:end].replace("\0", "")
    assert made["data"]["units"] == [["u1", mark["value"]["start"], mark["value"]["end"]]]


def region(unit_id: str, start: int, end: int, stance: str) -> dict[str, Any]:
    """Make the answer to one question on one mark."""
    value = {"start": start, "end": end, "choices": [stance]}
    return {"id": unit_id, "from_name": "stance", "type": "choices", "value": value}


def test_answers_find_their_units(codebook: Codebook) -> None:
    """By the mark's id, else by its place; what is on no unit is set aside."""
    made = article_task(ARTICLE, UNITS, revision="r", coding_round="1")
    one, two = UNITS[:2]
    given_ = [
        region("u0", 0, 1, "legal_check"),
        region("other", two["start"], two["end"], "rights_critique"),
        region("stray", 5, 9, "legal_check"),
    ]
    answer = {"completed_by": 3, "result": given_, "lead_time": 9.0, "parent_prediction": 8}
    read = read_tasks([made | {"id": 1, "annotations": [answer]}], codebook)
    got = {row.unit_id: row for row in read.annotations if row.dimension == "stance"}

    assert {unit: row.labels for unit, row in got.items()} == {
        "u0": ("legal_check",),
        "u1": ("rights_critique",),
        "u2": (),
    }
    assert {row.status for row in got.values()} == {"answered", "open"}
    assert {(row.seconds, row.suggestion, row.round) for row in got.values()} == {
        (3.0, "none", "1")
    }
    (reject,) = read.rejects
    assert "a mark that stands on no unit" in reject.reason
    assert one["start"] == 2


@pytest.mark.server
@pytest.mark.browser
def test_by_hotkeys(
    server: Server,
    sign_up: Callable[[str], Any],
    codebook: Codebook,
    page: "Page",
    editor: Any,
    artefacts: Path,
    tmp_path: Path,
) -> None:
    """A coder answers mark by mark by keys; each unit gets its own answers, and none is missed."""
    number = project(
        server, codebook, Batch("Articles", 1, (), "article"), tmp_path / "projects.json"
    )
    push(server, number, [article_task(ARTICLE, UNITS, revision=codebook.revision)])
    again = push(server, number, [article_task(ARTICLE, UNITS, revision=codebook.revision)])
    assert (again.n_sent, again.n_known) == (0, 1)

    keys = {
        (dimension.id, label.id): label.hotkey or ""
        for dimension in assign_hotkeys(codebook).dimensions
        for label in dimension.labels
    }
    framings = ("security", "economy", "legality")
    wanted = {
        f"u{i}": {
            "stance": ("legal_check",),
            "position": ("neither",),
            "speaker": ("nobody",),
            "framing": (framing,),
        }
        for i, framing in enumerate(framings)
    }
    coder = sign_up("reader@example.org")
    editor.log_in(server.url, coder.email, coder.password)
    editor.open(server.url, number)
    page.screenshot(path=artefacts / "article.png")
    for i, answers in enumerate(wanted.values()):
        page.locator("span[class*=htx-highlight]").nth(i).click()
        page.wait_for_timeout(400)
        for dimension, labels in answers.items():
            page.keyboard.press(keys[dimension, labels[0]])
        page.wait_for_timeout(300)
        if i == 0:
            page.screenshot(path=artefacts / "article-answered.png")
            _visible(page, codebook)
            # Two units are still without an answer.
            page.keyboard.press("Control+Enter")
            page.wait_for_selector(".ant-modal")
            page.locator(".ant-modal button").first.click()
            page.wait_for_timeout(500)
            page.keyboard.press("Escape")
    editor.press("")
    read = pull(server, number, codebook)

    got: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read.annotations:
        got.setdefault(row.unit_id, {})[row.dimension] = row.labels
    assert got == wanted
    assert not read.rejects


def _visible(page: "Page", codebook: Codebook) -> None:
    """Check that every answer shows with its key above the bar of buttons."""
    bottom = page.locator("[data-testid=bottombar-submit-button]").bounding_box()
    assert bottom is not None
    for dimension in assign_hotkeys(codebook).dimensions:
        for label in dimension.labels:
            told = f"{label.name}[{label.hotkey}]"
            box = page.locator(".sf-question label", has_text=told).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= bottom["y"], label.name
