from dataclasses import replace

import pytest

from standfirst.labels import (
    ADJUDICATION,
    Annotation,
    Codebook,
    Dimension,
    Label,
    agreement,
    agreement_as_json,
    agreement_as_text,
    competence,
    disagreements,
    drift,
    readings,
    resolve,
    stability,
    ties,
)

BOOK = Codebook("b", "t", "1", (Dimension("tone", "?", (Label("warm", "W"), Label("cold", "C"))),))
MACHINE = "llm:small@0d1f5ea2c3b4"


def answers(coder: str, said: str, **fields: str) -> list[Annotation]:
    """Make one answer a unit: w for warm, c for cold."""
    names = {"w": "warm", "c": "cold"}
    created = fields.pop("created", "2026-03-02T09:00:00Z")
    return [
        Annotation(f"u{i}", coder, "tone", (names[letter],), created=created, **fields)  # type: ignore[arg-type]
        for i, letter in enumerate(said)
    ]


PEOPLE = [*answers("ann", "wwcc"), *answers("bo", "wwcw")]


@pytest.mark.parametrize("round_", ["1", "test", ADJUDICATION])
def test_machines_change_nothing_that_rests_on_people(round_: str) -> None:
    """Nothing is changed by a machine's answers, not even as adjudicator or in such a round."""
    machine = answers(MACHINE, "cccc", round=round_)
    later = answers(MACHINE, "wwww", round=round_, created="2026-03-09T09:00:00Z")
    both = [*PEOPLE, *machine, *later]
    options = {"adjudicators": (MACHINE,)}

    assert readings(both, [MACHINE]) == PEOPLE
    assert resolve(both, BOOK, **options) == resolve(PEOPLE, BOOK)  # type: ignore[arg-type]
    assert ties(both, BOOK, **options) == ties(PEOPLE, BOOK)  # type: ignore[arg-type]
    assert agreement(both, BOOK, **options) == agreement(PEOPLE, BOOK)  # type: ignore[arg-type]
    assert disagreements(both, BOOK) == disagreements(PEOPLE, BOOK)
    assert drift(both, BOOK) == drift(PEOPLE, BOOK)
    assert stability(both, BOOK) == stability(PEOPLE, BOOK)
    assert competence(both, []) == competence(PEOPLE, [])


def test_a_machine_alone_makes_no_gold() -> None:
    """A unit that only a language model has answered has no gold."""
    machine = answers(MACHINE, "wc", round=ADJUDICATION)

    assert resolve(machine, BOOK) == ties(machine, BOOK) == []


def test_agreement_names_a_machine() -> None:
    """Beside people's pairs stand those with the machine, named; no other figure takes it in."""
    alone = agreement(PEOPLE, BOOK)[0]
    (beside,) = agreement(PEOPLE, BOOK, machines=answers(MACHINE, "wwcc"))
    lines = list(agreement_as_text([beside]))
    pairs = agreement_as_json([beside])["dimensions"]["tone"]["pairs"]

    assert replace(beside, pairs=alone.pairs) == alone
    assert [pair.coders for pair in beside.pairs] == [
        ("ann", "bo"),
        ("ann", MACHINE),
        ("bo", MACHINE),
    ]
    assert [pair["machine"] for pair in pairs] == [False, True, True]
    assert any(line.startswith(f"    ann / {MACHINE} (a machine): 1.000") for line in lines)


def test_people_are_no_machines_of_the_comparison() -> None:
    """What is not named as a language model is not taken as one."""
    (beside,) = agreement(PEOPLE, BOOK, machines=answers("cy", "wwcc"))

    assert beside == agreement(PEOPLE, BOOK)[0]
