"""``standfirst annotate ask``: a language model codes the drawn units, as one more coder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ...errors import ServerError
from ..shared import completion
from ..shared.interrupt import stoppable
from ..shared.next_step import say_next
from ..shared.options import JsonOption, StudyOption, find_study, print_json, say
from ..shared.progress import ProgressLine

if TYPE_CHECKING:
    from ...annotate.language_models.asking import Plan
    from ...study.language_models import Job, Outcome

__all__ = ["ask"]

_AGAIN = "run the same command again to continue; nothing is asked twice"


def ask(
    endpoint: Annotated[
        str, typer.Option(help="Address of a chat endpoint, such as http://127.0.0.1:11434/v1.")
    ],
    model: Annotated[str, typer.Option(help="The model, as the endpoint calls it.")],
    round: Annotated[
        str | None,
        typer.Option(help="Only units of this round.", autocompletion=completion.rounds),
    ] = None,
    corpus: Annotated[
        bool, typer.Option("--corpus", help="All units of the corpus, not the drawn ones alone.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Write the answers as tags of the corpus, such as tags/llm.parquet.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Make at most so many requests this time.", min=1)
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only tell requests, tokens, time and cost.")
    ] = False,
    prompt_price: Annotated[
        float, typer.Option(help="Price of a million tokens of requests.", min=0)
    ] = 0.0,
    answer_price: Annotated[
        float, typer.Option(help="Price of a million tokens of answers.", min=0)
    ] = 0.0,
    budget: Annotated[
        float | None, typer.Option(help="Most that this coder may cost, earlier runs counted.")
    ] = None,
    token_budget: Annotated[
        int | None, typer.Option(help="Most tokens that it may take, earlier runs counted.")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Requests at a time.", min=1, max=64, show_default="1 here, 4 elsewhere"),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one answer.", min=0.1)] = 120.0,
    tries: Annotated[
        int, typer.Option(help="Attempts where it fails for a passing reason.", min=1, max=20)
    ] = 7,
    form: Annotated[
        Literal["json-schema", "json-object", "text"],
        typer.Option(help="How JSON is asked for; what the endpoint can do."),
    ] = "json-schema",
    again: Annotated[
        bool,
        typer.Option("--again", help="Ask the same once more, for validate: do answers stay?"),
    ] = False,
    reworded: Annotated[
        bool,
        typer.Option("--reworded", help="Ask in other words, for validate: do answers stay?"),
    ] = False,
    temperature: Annotated[float, typer.Option(help="Of the model.", min=0, max=2)] = 0.0,
    most_tokens: Annotated[
        int, typer.Option(help="Tokens that an answer may have.", min=1, max=100_000)
    ] = 300,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Allow another machine without TLS.")
    ] = False,
    study: StudyOption = None,
    json: JsonOption = False,
) -> None:
    """Have a language model code the drawn units; its answers are kept apart from people's.

    A key is taken from STANDFIRST_LLM_KEY and stands in no file. What is answered is not asked
    again.

    Example: standfirst annotate ask --endpoint http://127.0.0.1:11434/v1 --model qwen2.5:7b --plan
    """
    from ...annotate.language_models.asking import Budget
    from ...annotate.language_models.endpoint import Client, find_endpoint
    from ...study.language_models import job_of
    from ...tables.foreign import refuse_foreign
    from ...tables.writing import check_format

    if budget is not None and not (prompt_price or answer_price):
        problem = "needs prices: --prompt-price and --answer-price; or name --token-budget"
        raise typer.BadParameter(problem, param_hint="--budget")
    if again and reworded:
        raise typer.BadParameter("name one of --again and --reworded", param_hint="--again")
    if corpus and (again or reworded):
        raise typer.BadParameter("are for drawn units", param_hint="--again, --reworded")
    if corpus and round is not None:
        raise typer.BadParameter("name a round or the corpus", param_hint="--round")
    if output is not None and not corpus:
        raise typer.BadParameter("tags are of all units: --corpus", param_hint="--output")
    if output is not None:
        refuse_foreign(output, ["unit_id", "model_version"])
        check_format(output)
    where = find_endpoint(endpoint, plain_http=plain_http)
    job = job_of(
        find_study(study),
        where,
        model,
        round=round,
        corpus=corpus,
        variant="again" if again else "reworded" if reworded else "",
        form=form,
        temperature=temperature,
        most_tokens=most_tokens,
    )
    allowed = Budget(token_budget, budget, prompt_price, answer_price)
    options = {
        "threads": threads or (1 if where.is_local else 4),
        "limit": limit,
        "budget": allowed,
    }
    if plan:
        _print_plan(job, job.plan(**options), priced=bool(prompt_price or answer_price), json=json)
        return
    client = Client(where, timeout=timeout, tries=tries)
    try:
        with stoppable(lambda: f"stopped; {_AGAIN}", client.close), ProgressLine() as progress:
            done = job.run(client, progress=progress, **options)
    finally:
        client.close()
    _print_outcome(job, done, allowed.price(done.counts.n_prompt, done.counts.n_answer), json=json)
    if done.is_broken:
        raise ServerError(where.url, done.stopped, f"what was answered is kept; {_AGAIN}")
    if output is not None:
        _write_tags(job, output)
    say_next(job.study, f"annotate ask {job.prompt.of or job.prompt.coder}", quiet=json)


def _write_tags(job: "Job", output: Path) -> None:
    from ...study.machine_tags import machine_tags
    from ...tables import write_table

    table = machine_tags(job.study, job.prompt.coder)
    write_table(table, output)
    say(f"tags of {len(table)} units are in {output}")


def _print_plan(job: "Job", made: "Plan", *, priced: bool, json: bool) -> None:
    if json:
        from dataclasses import asdict

        print_json({"coder": job.prompt.coder, **asdict(made)})
        return
    print(
        f"{job.prompt.coder}: {made.n_units} units, {made.n_known} answered already, "
        f"{made.n_calls} requests to make"
    )
    measured = "as so far" if made.is_measured else "at most, estimated from the length of texts"
    print(f"  tokens  {made.n_prompt} of requests, {made.n_answer} of answers ({measured})")
    time = "not known before the first answers" if made.seconds is None else f"{made.seconds:.0f} s"
    print(f"  time    {time}")
    if priced:
        print(f"  cost    {made.cost:.2f}")


def _print_outcome(job: "Job", done: "Outcome", cost: float, *, json: bool) -> None:
    counts = done.counts
    if json:
        from dataclasses import asdict

        told = {"coder": job.prompt.coder, **asdict(counts), "cost": cost}
        print_json({**told, "stopped": done.stopped, "folder": str(done.folder)})
        return
    print(
        f"{job.prompt.coder}: {counts.n_units} units: {counts.n_answered} answered, "
        f"{counts.n_rejected} with an answer of no use, {counts.n_failed} without an answer, "
        f"{counts.n_left} not asked"
    )
    priced = f", cost {cost:.2f}" if cost else ""
    print(
        f"  {counts.n_new} requests now; {counts.n_prompt} tokens of requests and "
        f"{counts.n_answer} of answers in all{priced}"
    )
    if counts.n_rejected or counts.n_failed:
        say(f"what is of no use stands with its reason in {done.folder / 'rejects.jsonl'}")
    if (done.stopped or counts.n_failed) and not done.is_broken:
        say(f"{done.stopped or 'some requests failed'}; {_AGAIN}")
