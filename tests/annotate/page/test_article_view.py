from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfirst.annotate.answers.from_label_studio import read_tasks
from standfirst.annotate.design.sampling import Drawn
from standfirst.annotate.label_studio.batches import Batch
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.projects import project, push_design
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.checks import config_problems
from standfirst.annotate.page.config import labeling_config
from standfirst.annotate.page.tasks import article_task
from standfirst.annotate.suggestions.push import push_suggestions
from standfirst.annotate.suggestions.suggestion import Suggestion, article_prediction, blind_units
from standfirst.errors import InputError
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


@pytest.mark.slow
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
    assert "a mark that belongs to no unit" in reject.reason
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
        page.wait_for_timeout(1_000)
        for dimension, labels in answers.items():
            page.keyboard.press(keys[dimension, labels[0]])
        page.wait_for_timeout(800)
        if i == 0:
            page.screenshot(path=artefacts / "article-answered.png")
            _visible(page, codebook)
            # Two units are still without an answer.
            page.keyboard.press("Control+Enter")
            page.wait_for_selector(".ant-modal")
            page.locator(".ant-modal button").first.click()
            page.wait_for_timeout(1_000)
            page.keyboard.press("Escape")
    editor.press("")
    read = pull(server, number, codebook)

    got: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read.annotations:
        got.setdefault(row.unit_id, {})[row.dimension] = row.labels
    assert got == wanted
    assert not read.rejects


class Model:
    """Takes every unit for neutral reporting without a side."""

    def __init__(self, version: str = "m@1") -> None:
        self.version, self.asked = version, list[Mapping[str, Any]]()

    def suggest(self, units: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
        """Suggest the same for all, and note who asked."""
        self.asked += units
        labels = {"stance": ("neutral_reporting",), "position": ("neither",)}
        return [Suggestion(labels, {"stance": 0.9, "position": 0.8}) for _ in units]


PARTS: tuple[Literal["coding", "test"], ...] = ("coding", "test", "coding")
DESIGN = [Drawn(f"u{i}", "a1", part, "1", "random", "", 0.5, 9, 0) for i, part in enumerate(PARTS)]
ROWS = {
    unit["unit_id"]: unit | {"text": cut, "before": "", "after": "", "title": ""}
    for unit, cut in zip(UNITS, CUTS, strict=True)
}


def test_suggestions_stand_on_their_marks(codebook: Codebook) -> None:
    """The config takes them; a blind unit keeps its mark only, a bad answer is refused before."""
    from label_studio_sdk.label_interface import interface

    data = article_task(ARTICLE, UNITS, revision="r")["data"]
    (one,) = Model().suggest([{}])
    bad = Suggestion({"stance": ("bogus",)}, {"stance": 1.0})
    made = article_prediction(data, {"u0": one, "u2": one}, codebook, "m@1")
    page = labeling_config(codebook, view="article")
    config = interface.LabelInterface(page)

    assert config.validate_prediction(made, return_errors=True) == []  # type: ignore[no-untyped-call]
    assert Counter(region["id"] for region in made["result"]) == {"u0": 3, "u1": 1, "u2": 3}
    places = {(r["id"], r["value"]["start"], r["value"]["end"]) for r in made["result"]}
    assert places == {tuple(place) for place in data["units"]}
    assert made["score"] == 0.8
    with pytest.raises(InputError, match="'bogus' is not a label"):
        article_prediction(data, {"u0": bad}, codebook, "m@1")


@pytest.mark.server
def test_suggestions_on_the_server(server: Server, codebook: Codebook, tmp_path: Path) -> None:
    """Assisted units of open articles get one, replaced by the next; what was shown is reported."""
    state = tmp_path / "projects.json"
    number = project(server, codebook, Batch("Suggested - articles", 1, (), "article"), state)
    other = {"id": "a2", "text": TEXT}
    blind = [{"unit_id": "v0", "start": 0, "end": 5}]
    two = {f"w{i}": ROWS[f"u{i}"] | {"unit_id": f"w{i}"} for i in range(3)}
    third = ({"id": "a3", "text": TEXT}, list(two.values()))
    push(
        server,
        number,
        [article_task(*each, revision="r") for each in ((ARTICLE, UNITS), (other, blind), third)],
    )
    design = [*DESIGN, replace(DESIGN[1], unit_id="v0")]
    design += [replace(DESIGN[0], unit_id=unit_id) for unit_id in two]
    units, model = ROWS | two, Model()
    first = push_suggestions(server, number, codebook, design, model, units=units)
    tasks = {row["data"]["article_id"]: row["id"] for row in tasks_of(server, number)}

    def held(article: str) -> dict[str, dict[str, int]]:
        found = server.raw("GET", f"/api/tasks/{tasks[article]}/")["predictions"]
        return {one["model_version"]: Counter(r["id"] for r in one["result"]) for one in found}

    assert (first.n_sent, first.n_blind, first.n_answered) == (5, 2, 0)
    assert {unit["unit_id"] for unit in model.asked} == {"u0", "u2", *two}
    assert all(unit["text"] for unit in model.asked)
    assert held("a1") == {"m@1": {"u0": 3, "u1": 1, "u2": 3}}
    # A page opens with one version, so that a blind article has its marks in that one, too.
    assert held("a2")["m@1"] == {"v0": 1}

    answers = [
        region("u0", 2, 9, "neutral_reporting"),
        region("u1", 34, 56, "neutral_reporting"),
        region("u2", 0, 0, "legal_check"),
    ]
    for one in answers:
        one |= {"to_name": "text", "origin": "prediction"}
    shown = server.raw("GET", f"/api/tasks/{tasks['a1']}/")["predictions"][0]["id"]
    body = {"result": answers, "parent_prediction": shown}
    server.raw("POST", f"/api/tasks/{tasks['a1']}/annotations/", json=body)
    again = push_suggestions(server, number, codebook, design, Model("m@2"), units=units)
    read = pull(server, number, codebook, blind=blind_units(design))

    assert (again.n_sent, again.n_answered) == (3, 2)
    assert set(held("a3")) == {"m@2"}
    assert held("a1") == {"m@1": {"u0": 3, "u1": 1, "u2": 3}, "m@2": {"u0": 1, "u1": 1, "u2": 1}}
    fates = {(row.unit_id, row.dimension): row.suggestion for row in read.annotations}
    assert [fates[f"u{i}", "stance"] for i in range(3)] == ["kept", "none", "changed"]
    assert [fates[f"u{i}", "position"] for i in range(3)] == ["ignored", "none", "ignored"]
    assert (read.n_leaked, read.rejects) == (0, [])
    read = pull(server, number, codebook, blind={"u0"})
    assert {row.unit_id for row in read.annotations} == {"u1", "u2"}
    assert read.n_leaked == 1

    # An article of a later round opens with the project's version, too.
    late = Drawn("z0", "a9", "coding", "2", "random", "", 0.5, 9, 0)
    ((_, pushed),) = push_design(
        server,
        {"z0": ROWS["u0"] | {"unit_id": "z0", "article_id": "a9"}},
        codebook,
        [late],
        title="Suggested",
        state=state,
        articles={"a9": ARTICLE | {"id": "a9"}},
    )
    tasks = {row["data"]["article_id"]: row["id"] for row in tasks_of(server, number)}
    assert (pushed.project, held("a9")) == (number, {"m@2": {"z0": 1}})


@pytest.mark.server
@pytest.mark.browser
def test_a_coder_works_with_suggestions(
    server: Server,
    sign_up: Callable[[str], Any],
    codebook: Codebook,
    page: "Page",
    editor: Any,
    artefacts: Path,
    tmp_path: Path,
) -> None:
    """They stand in the form, a key changes one, and what became of each is pulled."""
    optional = [replace(d, required=False) for d in codebook.dimensions]
    codebook = replace(codebook, dimensions=tuple(optional))
    batch = Batch("Prefilled articles", 1, (), "article")
    number = project(server, codebook, batch, tmp_path / "projects.json")
    push(server, number, [article_task(ARTICLE, UNITS, revision="r")])
    push_suggestions(server, number, codebook, DESIGN, Model(), units=ROWS)
    (changed,) = (
        label.hotkey or ""
        for label in assign_hotkeys(codebook).dimension("stance").labels
        if label.id == "legal_check"
    )
    coder = sign_up("prefilled@example.org")
    editor.log_in(server.url, coder.email, coder.password)
    editor.open(server.url, number)
    page.locator("span[class*=htx-highlight]").nth(2).click()
    page.wait_for_timeout(500)
    page.screenshot(path=artefacts / "article-suggested.png")
    page.keyboard.press(changed)
    page.wait_for_timeout(300)
    page.locator("span[class*=htx-highlight]").nth(1).click()
    page.wait_for_timeout(500)
    page.keyboard.press(changed)
    page.wait_for_timeout(300)
    editor.press("")
    read = pull(server, number, codebook, blind=blind_units(DESIGN))

    fates = {
        (row.unit_id, row.dimension): (row.labels, row.suggestion)
        for row in read.annotations
        if row.dimension in ("stance", "position")
    }
    neutral, neither = ("neutral_reporting",), ("neither",)
    assert fates == {
        ("u0", "stance"): (neutral, "kept"),
        ("u0", "position"): (neither, "kept"),
        ("u1", "stance"): (("legal_check",), "none"),
        ("u1", "position"): ((), "none"),
        ("u2", "stance"): (("legal_check",), "changed"),
        ("u2", "position"): (neither, "kept"),
    }
    assert (read.n_leaked, read.rejects) == (0, [])


def _visible(page: "Page", codebook: Codebook) -> None:
    """Check that every answer shows with its key above the bar of buttons."""
    bottom = page.locator("[data-testid=bottombar-submit-button]").bounding_box()
    assert bottom is not None
    for dimension in assign_hotkeys(codebook).dimensions:
        for label in dimension.labels:
            caption = f"{label.name}[{label.hotkey}]"
            box = page.locator(".sf-question label", has_text=caption).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= bottom["y"], label.name
