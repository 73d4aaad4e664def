from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from standfirst.annotate.answers.from_label_studio import read_tasks
from standfirst.annotate.design.sampling import Drawn
from standfirst.annotate.label_studio.connection import Server
from standfirst.annotate.label_studio.sync import pull, push
from standfirst.annotate.label_studio.task_list import tasks_of
from standfirst.annotate.page.tasks import result, task
from standfirst.annotate.suggestions.push import push_suggestions
from standfirst.annotate.suggestions.suggestion import (
    Suggestion,
    blind_units,
    prediction,
    refuse_blind,
)
from standfirst.errors import InputError, LeakError
from standfirst.labels import Codebook

SURE = {"stance": 0.9, "framing": 0.6}


class Model:
    """Answers by the number at the end of a text."""

    def __init__(self, version: str = "m@1") -> None:
        self.version = version

    def suggest(self, units: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
        """Suggest a stance for all, and frames for some."""
        labels = [
            {"stance": ("legal_check",), "framing": ("economy", "security") if i % 2 else ()}
            for i, _ in enumerate(units)
        ]
        return [Suggestion(one, SURE) for one in labels]


def drawn(i: int, part: Any = "coding", n_coders: int = 1) -> Drawn:
    """Make a row of a design."""
    return Drawn(f"u{i}", "a1", part, "1", "random", "", 0.5, 9, 0, n_coders=n_coders)


DESIGN = [drawn(0), drawn(1), drawn(2), drawn(3, "test"), drawn(4, n_coders=2)]


def test_blind_are_test_and_double_units() -> None:
    """Test units, units of several coders by number or name, and those that are not assisted."""
    named = replace(drawn(5), coders=("ann", "bo"))

    assert blind_units([*DESIGN, named]) == {"u3", "u4", "u5"}


def test_named_blind_units_are_refused() -> None:
    """Who asks for suggestions on blind or unknown units gets none at all."""
    refuse_blind(["u0", "u2"], DESIGN)
    with pytest.raises(LeakError, match=r"1 units are coded blind or not drawn \(u3\)"):
        refuse_blind(["u0", "u3"], DESIGN)
    with pytest.raises(LeakError, match=r"\(u9\)"):
        refuse_blind(["u9"], DESIGN)


@pytest.mark.parametrize(
    ("labels", "sure", "problem"),
    [
        ({"stance": ("bogus",)}, 0.5, "'bogus' is not a label"),
        ({"stance": ("legal_check", "rights_critique")}, 0.5, "on a single choice"),
        ({"mood": ("good",)}, 0.5, "'mood' is not a dimension"),
        ({"stance": ("legal_check",)}, 1.3, "1.3 is not between 0 and 1"),
        ({"stance": ("legal_check",)}, float("nan"), "nan is not between 0 and 1"),
    ],
)
def test_bad_suggestions_are_refused(
    codebook: Codebook, labels: dict[str, tuple[str, ...]], sure: float, problem: str
) -> None:
    """What the server would store without a look is refused before it is sent."""
    one = Suggestion(labels, dict.fromkeys(labels, sure))

    with pytest.raises(InputError, match=problem):
        prediction(one, codebook, "m@1")


def test_shown_suggestion_on_a_blind_unit_does_not_count(codebook: Codebook) -> None:
    """The answer is set aside with its reason; the same on another unit is kept."""
    made = [
        task({"unit_id": unit, "text": "x"}, revision="r")
        | {
            "id": i,
            "predictions": [4],
            "annotations": [
                {"completed_by": 1, "result": result({"stance": ["legal_check"]})}
                | {"parent_prediction": 4}
            ],
        }
        for i, unit in enumerate(["u0", "u3"])
    ]
    read = read_tasks(made, codebook, blind=blind_units(DESIGN))

    assert {row.unit_id for row in read.annotations} == {"u0"}
    assert (read.n_leaked, read.n_exposed) == (1, 1)
    assert "a suggestion was shown, and this unit is to be coded blind" in read.rejects[0].reason


@pytest.mark.server
def test_suggestions_on_the_server(
    server: Server, new_project: Callable[..., int], codebook: Codebook
) -> None:
    """They reach open, assisted units only, replace each other, and leave a trace in answers."""
    project = new_project(codebook, "Suggestions")
    made = [task({"unit_id": row.unit_id, "text": "t"}, revision="r") for row in DESIGN]
    push(server, project, made)
    rows = {row["data"]["unit_id"]: row["id"] for row in tasks_of(server, project)}
    server.client.annotations.create(id=rows["u0"], result=result({"stance": ["legal_check"]}))
    first = push_suggestions(server, project, codebook, DESIGN, Model())
    again = push_suggestions(server, project, codebook, DESIGN, Model("m@2"))

    assert (first.n_sent, first.n_blind, first.n_answered) == (2, 2, 1)
    assert first == again
    shown = {
        unit: server.raw("GET", f"/api/tasks/{number}/")["predictions"]
        for unit, number in rows.items()
    }
    assert {unit: [one["model_version"] for one in found] for unit, found in shown.items()} == {
        "u0": [],
        "u1": ["m@2"],
        "u2": ["m@2"],
        "u3": [],
        "u4": [],
    }
    (one,) = shown["u2"]
    assert one["score"] == 0.6
    assert {region["from_name"]: region["score"] for region in one["result"]} == SURE
    assert server.client.projects.get(project).model_version == "m@2"
    with pytest.raises(LeakError, match="u4"):
        push_suggestions(server, project, codebook, DESIGN, Model(), only=["u1", "u4"])

    regions = result({"stance": ["legal_check"]})
    body = {"result": [regions[0] | {"origin": "prediction"}], "parent_prediction": one["id"]}
    server.raw("POST", f"/api/tasks/{rows['u2']}/annotations/", json=body)
    push_suggestions(server, project, codebook, DESIGN, Model("m@3"))
    read = pull(server, project, codebook, blind=blind_units(DESIGN))
    seen = {(row.unit_id, row.dimension): row.suggestion for row in read.annotations}
    assert seen["u2", "stance"] == "kept"
    assert seen["u2", "framing"] == "ignored"
    assert seen["u0", "stance"] == "none"
    assert (read.n_leaked, read.n_exposed) == (0, 0)
