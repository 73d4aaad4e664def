"""Ask a model about units: what is known already is not asked again, and a budget is kept.

Units with the same text around and in them are one question. Each answer is cached by the thread
that got it, before anything else happens; so a run that is killed loses at most what was on its
way. A budget counts all that this coder has ever cost in the study, and requests on their way at
the most that they may cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from ...progress import Progress
from .cache import Cache, Cached
from .endpoint import Client, Failure, Reply
from .prompt import Prompt

__all__ = ["Asked", "Budget", "Plan", "Question", "ask", "plan", "questions"]

FAILURES = 5
"""Requests in a row that bring no answer, after which a run ends."""

_CHARACTERS = 3.0
"""Characters that a token holds at the least, in most languages and vocabularies."""
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and the units that it answers for."""

    key: str
    """Hash of what is asked, and where."""
    message: str
    """The unit, as the model sees it."""
    unit_ids: tuple[str, ...]
    """The units with this message."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a coder may cost."""

    tokens: int | None = None
    """Tokens of requests and answers; any number if None."""
    cost: float | None = None
    """In the currency of the prices; any if None."""
    prompt_price: float = 0.0
    """Price of a million tokens of requests."""
    answer_price: float = 0.0
    """Price of a million tokens of answers."""

    def price(self, n_prompt: float, n_answer: float) -> float:
        """Return what tokens cost.

        Examples
        --------
        >>> Budget(prompt_price=0.5, answer_price=2.0).price(1_000_000, 100_000)
        0.7
        """
        return (n_prompt * self.prompt_price + n_answer * self.answer_price) / _MILLION

    def allows(self, n_prompt: float, n_answer: float) -> bool:
        """Return whether tokens lie within the budget."""
        if self.tokens is not None and n_prompt + n_answer > self.tokens:
            return False
        return self.cost is None or self.price(n_prompt, n_answer) <= self.cost


@dataclass(frozen=True, slots=True)
class Plan:
    """What asking will take."""

    n_units: int
    """Units that are wanted."""
    n_known: int
    """How many of them are answered already."""
    n_calls: int
    """Requests to make: units that look the same are one."""
    n_prompt: int
    """Tokens of these requests, about."""
    n_answer: int
    """Tokens of the answers, about; at most, where nothing was answered yet."""
    seconds: float | None
    """Time, about; None where nothing was answered yet."""
    cost: float
    """Price, about; 0 without prices."""
    is_measured: bool
    """Whether tokens and time are those of earlier answers of this coder."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking."""

    replies: Mapping[str, Cached]
    """Key of a question to its answer."""
    failures: tuple[tuple[Question, Failure], ...]
    """Requests that brought no answer."""
    n_calls: int
    """Questions that were asked now, of which each was answered or failed."""
    stopped: str
    """Why not everything was asked; empty if it was."""
    is_broken: bool
    """Whether it was the endpoint that ended it."""


def questions(prompt: Prompt, units: Iterable[Mapping[str, Any]], endpoint: str) -> list[Question]:
    """Make the questions about units, in their order; equal ones become one."""
    by_message: dict[str, list[str]] = {}
    for unit in units:
        by_message.setdefault(prompt.message(unit), []).append(str(unit["unit_id"]))
    return [
        Question(prompt.key(endpoint, message), message, tuple(ids))
        for message, ids in by_message.items()
    ]


def plan(
    prompt: Prompt,
    asked: Sequence[Question],
    cache: Cache,
    *,
    threads: int = 1,
    limit: int | None = None,
    budget: Budget | None = None,
) -> Plan:
    """Work out what asking takes, without asking.

    Parameters
    ----------
    prompt, asked, cache, threads, limit, budget
        As for `ask`.
    """
    known = cache.get([question.key for question in asked])
    new = [question for question in asked if question.key not in known][:limit]
    before = [row.reply for row in cache.of(prompt.coder)]
    n_prompt = sum(_tokens(prompt, question) for question in new)
    n_answer, seconds = float(prompt.most_tokens * len(new)), None
    if told := [reply for reply in before if reply.n_prompt is not None]:
        n_prompt = round(sum(reply.n_prompt or 0 for reply in told) / len(told) * len(new))
    if said := [reply.n_answer for reply in before if reply.n_answer is not None]:
        n_answer = sum(said) / len(said) * len(new)
    if before:
        seconds = sum(reply.seconds for reply in before) / len(before) * len(new) / threads
    cost = (budget or Budget()).price(n_prompt, n_answer)
    return Plan(
        sum(len(question.unit_ids) for question in asked),
        sum(len(question.unit_ids) for question in asked if question.key in known),
        len(new),
        n_prompt,
        round(n_answer),
        seconds,
        cost,
        bool(before),
    )


def ask(
    prompt: Prompt,
    asked: Sequence[Question],
    client: Client,
    cache: Cache,
    *,
    threads: int = 1,
    limit: int | None = None,
    budget: Budget | None = None,
    progress: Progress | None = None,
) -> Asked:
    """Ask a model all questions that the cache has no answer to.

    Parameters
    ----------
    prompt
        What it is asked.
    asked
        The questions, in the order in which they are asked.
    client
        The connection.
    cache
        Where answers are kept.
    threads
        Requests at a time.
    limit
        Most requests of this run; any number if None.
    budget
        What the coder may cost; anything if None.
    progress
        Takes reports.
    """
    known = cache.get([question.key for question in asked])
    new = [question for question in asked if question.key not in known]
    run = _Run(prompt, client, cache, budget or Budget())
    stopped = run.through(new[:limit], threads, progress)
    if not stopped and limit is not None and limit < len(new):
        stopped = f"--limit {limit} is reached"
    replies = cache.get([question.key for question in asked])
    return Asked(replies, tuple(run.failures), run.n_calls, stopped, run.is_broken)


class _Run:
    """One run: what is on its way, what it has cost, and when it has to end."""

    def __init__(self, prompt: Prompt, client: Client, cache: Cache, budget: Budget) -> None:
        self._prompt, self._client, self._cache, self._budget = prompt, client, cache, budget
        before = [row.reply for row in cache.of(prompt.coder)]
        # What an endpoint does not count is taken at the most that it may be.
        self._n_prompt = float(sum(reply.n_prompt or 0 for reply in before))
        self._n_answer = float(
            sum(
                prompt.most_tokens if reply.n_answer is None else reply.n_answer for reply in before
            )
        )
        self._waiting: dict[Future[Reply | Failure], Question] = {}
        self.failures: list[tuple[Question, Failure]] = []
        self.n_calls = 0
        self.is_broken = False
        self._in_a_row = 0

    def through(self, asked: Sequence[Question], threads: int, progress: Progress | None) -> str:
        """Ask all; return why it ended early, or nothing."""
        report: Callable[..., object] = progress or _silent
        stopped = ""
        left = iter(asked)
        with ThreadPoolExecutor(threads) as pool:
            question = next(left, None)
            report("asking", 0, len(asked), "units")
            while question is not None or self._waiting:
                while question is not None and not stopped and len(self._waiting) < threads:
                    if not self._affordable(question):
                        stopped = "the budget is spent"
                        break
                    self._waiting[pool.submit(self._ask, question)] = question
                    self.n_calls += 1
                    question = next(left, None)
                if stopped:
                    question = None
                stopped = self._collect() or stopped
                report("asking", self.n_calls - len(self._waiting), len(asked), "units")
        return stopped

    def _ask(self, question: Question) -> Reply | Failure:
        outcome = self._client.ask(self._prompt.body(question.message))
        if isinstance(outcome, Reply):
            self._cache.add(question.key, self._prompt.coder, outcome)
        return outcome

    def _affordable(self, question: Question) -> bool:
        way = [*self._waiting.values(), question]
        n_prompt = self._n_prompt + sum(_tokens(self._prompt, one) for one in way)
        return self._budget.allows(n_prompt, self._n_answer + self._prompt.most_tokens * len(way))

    def _collect(self) -> str:
        """Wait for an outcome; return why the run has to end, or nothing."""
        if not self._waiting:
            return ""
        stopped = ""
        for future in wait(self._waiting, return_when=FIRST_COMPLETED).done:
            question, outcome = self._waiting.pop(future), future.result()
            if isinstance(outcome, Reply):
                counted = outcome.n_prompt, outcome.n_answer
                most = _tokens(self._prompt, question), self._prompt.most_tokens
                n_prompt, n_answer = (
                    there if there is not None else at_most
                    for there, at_most in zip(counted, most, strict=True)
                )
                self._n_prompt += n_prompt
                self._n_answer += n_answer
                self._in_a_row = 0
                continue
            self.failures.append((question, outcome))
            self._in_a_row += 1
            if outcome.ends or self._in_a_row >= FAILURES:
                self.is_broken, stopped = True, outcome.reason
        return stopped


def _tokens(prompt: Prompt, question: Question) -> int:
    """Estimate the tokens of a request, rather too many than too few."""
    return round((len(prompt.instructions) + len(question.message)) / _CHARACTERS) + 16


def _silent(*_: object) -> None:
    pass
