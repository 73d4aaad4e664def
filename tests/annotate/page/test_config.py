from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from standfirst.annotate.page.checks import answer_problems, config_problems
from standfirst.annotate.page.config import SPEAKER, View, instructions, labeling_config
from standfirst.annotate.page.tasks import result
from standfirst.errors import CodebookError
from standfirst.labels import Codebook, Condition, Label

PAGE = '<View><Text name="text" value="$text"/>{}</View>'
CONTROL = '<Choices name="c" toName="{to}" choice="{choice}">{choices}</Choices>'
A = '<Choice value="A" alias="a" hotkey="1"/>'


def test_codebook_stands_in_the_config(codebook: Codebook) -> None:
    """Every dimension is a control, every label an alias in the codebook's order, with a key."""
    root = fromstring(labeling_config(codebook))
    controls = {tag.get("name"): tag for tag in root.iter("Choices")}

    assert list(controls) == [dimension.id for dimension in codebook.dimensions]
    for dimension in codebook.dimensions:
        choices = list(controls[dimension.id].iter("Choice"))
        assert tuple(choice.get("alias") for choice in choices) == dimension.label_ids
        assert all(choice.get("hotkey") for choice in choices)
        kind = controls[dimension.id].get("choice")
        assert kind == ("single-radio" if dimension.choice == "single" else "multiple")
    assert not config_problems(labeling_config(codebook))


@pytest.mark.parametrize("view", ["unit", "article", "adjudication"])
def test_speakers_name(codebook: Codebook, view: View) -> None:
    """Where the codebook asks for it, every page takes a name, and none must be given."""
    asked = replace(codebook, speaker_name=True)
    with_, without = (labeling_config(book, view=view) for book in (asked, codebook))
    (control,) = (x for x in fromstring(with_).iter("TextArea") if x.get("name") == SPEAKER)

    assert control.get("required") == "false"
    assert (control.get("perRegion") == "true") == (view == "article")
    assert SPEAKER not in without
    assert asked.revision == codebook.revision
    if view != "adjudication":
        assert not config_problems(with_, asked)
        assert "asks for" in " ".join(config_problems(without, asked))
    required = with_.replace('required="false"', 'required="true"')
    assert "must not be required" in " ".join(config_problems(required, asked))
    lost = with_.replace(f'name="{SPEAKER}" toName="text"', f'name="{SPEAKER}" toName="stance"')
    assert f"'{SPEAKER}' answers to 'stance'" in " ".join(config_problems(lost))
    assert not answer_problems(result({}, "hm", "Ana"), asked, complete=False)


def test_any_character_survives(codebook: Codebook) -> None:
    """Questions and names are text, whatever they look like."""
    odd = "<b>\"5\" & 'x'</b> 😀"
    first = codebook.dimensions[0]
    labels = (replace(first.labels[0], name=odd, definition=odd), *first.labels[1:])
    changed = replace(codebook, dimensions=(replace(first, question=odd, labels=labels),))
    root = fromstring(labeling_config(changed))

    assert next(root.iter("Choice")).get("value") == odd
    assert odd in [tag.get("value") for tag in root.iter("Header")]
    assert not config_problems(labeling_config(changed))
    assert '<b>"5"' not in instructions(changed)


def test_price_is_not_a_variable(codebook: Codebook) -> None:
    """A dollar sign in a question would be replaced by the task's data."""
    first = replace(codebook.dimensions[0], question="Does it cost $5?")
    config = labeling_config(replace(codebook, dimensions=(first,)))

    assert "$5" not in config


def test_condition_and_target(codebook: Codebook) -> None:
    """A conditional question is wrapped, and a target is shown."""
    stance, position = codebook.dimensions[:2]
    position = replace(position, when=Condition("stance", ("legal_check",)), target="policy")
    config = labeling_config(replace(codebook, dimensions=(stance, position)))

    assert 'whenTagName="stance" whenChoiceValue="legal_check"' in config
    assert 'value="$policy"' in config
    with pytest.raises(CodebookError, match="its condition names 'stance'"):
        labeling_config(replace(codebook, dimensions=(position, stance)))


def test_names_and_keys_that_clash_are_refused(codebook: Codebook) -> None:
    """The page needs some names itself, and a key stands for one label."""
    first = codebook.dimensions[0]
    labels = (Label("a", "A", hotkey="1"), Label("b", "B", hotkey="1"))
    bad = replace(codebook, dimensions=(replace(first, id="text", labels=labels),))
    with pytest.raises(CodebookError) as error:
        labeling_config(bad)

    assert "'text': the labelling page needs this name" in error.value.problems[0]
    assert "hotkey '1' is used 2 times" in error.value.problems[1]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("<View>", "not XML"),
        ('<?xml version="1.0"?><View/>', "XML declaration"),
        (PAGE.format(CONTROL.format(to="nobody", choice="single", choices=A)), "nobody"),
        (PAGE.format(CONTROL.format(to="text", choice="one", choices=A)), "choice='one'"),
        (PAGE.format(CONTROL.format(to="text", choice="single", choices=A + A)), "2 times"),
    ],
)
def test_problems_are_found_offline(config: str, problem: str) -> None:
    """What the server would refuse, or accept and regret, is reported before it is sent."""
    assert problem in " ".join(config_problems(config))


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"stance": ["legal_check", "rights_critique"]}, "on a single choice"),
        ({"stance": ["bogus"]}, "'bogus' is not a label"),
        ({"mood": ["good"]}, "'mood' is not a dimension"),
        ({"stance": ["legal_check"]}, "position: no answer, and one is required"),
    ],
)
def test_answers_are_checked_offline(
    codebook: Codebook, answers: dict[str, list[str]], problem: str
) -> None:
    """Two values on a single choice, unknown names, and what is required and missing."""
    assert problem in " ".join(answer_problems(result(answers), codebook))


def test_the_same_control_twice(codebook: Codebook) -> None:
    """Two answers to one question are none."""
    twice = [*result({"stance": ["legal_check"]}), *result({"stance": ["legal_check"]})]

    assert "stance is answered 2 times" in answer_problems(twice, codebook)


def test_config_of_another_codebook(codebook: Codebook) -> None:
    """Controls that are missing, or that ask something else, are reported by name."""
    first, *rest = codebook.dimensions
    other = replace(first, labels=first.labels[1:], choice="multiple", required=False)
    config = labeling_config(replace(codebook, dimensions=(other, *rest[1:])))
    message = " ".join(config_problems(config, codebook))

    assert f"{first.id!r} and the codebook differ in: {first.labels[0].id}" in message
    assert f"{first.id!r} is not single choice" in message
    assert f"{first.id!r} must be required" in message
    assert f"dimension {rest[0].id!r} has no control" in message
