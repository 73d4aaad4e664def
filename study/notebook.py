"""A study as people hold it in a notebook: the whole way from articles to the report, by methods.

Each method does what the command of the same name does, by the same functions, and gives back what
it made: tables as datasets (``to_pandas()``, ``to_polars()``), everything else as values that show
themselves. Nothing is held in memory between two calls, so that commands and notebooks can take
turns on the same folder.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..arguments import checked
from ..corpus.storing.add import Added
from ..corpus.storing.corpus import Corpus
from ..errors import StudyError
from ..labels.codebook.codebook import Codebook
from ..labels.codebook.file import dump_codebook
from ..progress import Progress
from ..tables.in_memory import Rows
from . import folder as folders
from .new import new_study
from .revisions import keep_revision

if TYPE_CHECKING:
    from datasets import Dataset

    from ..annotate.answers.merge import Merged
    from ..annotate.label_studio.local_server import LocalServer
    from ..labels import Agreement
    from ..measure.estimates.results import Shares
    from ..measure.inputs.tagged import Tags
    from ..models import Evaluation, Goal, Model, Report
    from .drawing import Round
    from .exchange import Exported
    from .pushing import PushedProject
    from .resolving import Resolved
    from .status import Status

__all__ = ["Study"]

_NAMED = "codebook.yaml"


@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """One project, from its articles to its report.

    `Study.create` makes one, and `Study.open` opens one. What it holds: `codebook`, `corpus`,
    `units`, `design`, `annotations`, `gold`, `model`, `tags`, `shares`, `status`. What can be done
    with it: `add`, `sample`, `push` and `pull` (or `export_tasks` and `import_answers`),
    `agreement`, `resolve`, `train`, `evaluate`, `tag`, `report`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from standfirst import Study
    >>> with TemporaryDirectory() as folder:
    ...     study = Study.create(Path(folder) / "deals", "transfer-deals")
    ...     news = [{"headline": "Talks", "body": "Talks resume. The minister left."}]
    ...     n_added = study.add(news).added
    ...     drawn = study.sample(2, seed=1)
    ...     study.units().to_pandas()["text"].tolist(), drawn.name, len(study.design())
    (['Talks resume.', 'The minister left.'], '1', 2)
    """

    folder: folders.StudyFolder
    """Where its files lie: ``study.folder.gold`` is the path of the gold."""

    @classmethod
    @checked
    def create(
        cls,
        path: str | Path,
        codebook: str | Path | Codebook = "transfer-deals",
        *,
        title: str = "",
        languages: Sequence[str] = (),
    ) -> "Study":
        """Make a new study.

        Parameters
        ----------
        path
            Its folder; made when missing.
        codebook
            Name of a ready codebook (`standfirst.labels.ready_codebooks`), the path of a file, or a
            codebook.
        title
            One line for people.
        languages
            ISO 639-1 codes of the languages to keep; the codebook's own if empty.

        Raises
        ------
        ExistsError
            The folder is a study already, or lies in one.
        UnknownNameError, InputError, CodebookError
            The codebook cannot be used, or a language is no code of two letters.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     Study.create(Path(folder) / "s", "stance").codebook.id
        'stance'
        """
        if not isinstance(codebook, Codebook):
            return cls(new_study(Path(path), str(codebook), title=title, languages=languages)[0])
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as scratch:
            written = Path(scratch) / _NAMED
            written.write_text(dump_codebook(codebook), encoding="utf-8")
            return cls(new_study(Path(path), str(written), title=title, languages=languages)[0])

    @classmethod
    @checked
    def open(cls, path: str | Path = ".") -> "Study":
        """Open the study that a folder is, or lies in.

        Raises
        ------
        StudyError
            Neither the folder nor any above it is a study.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     made = Study.create(Path(folder) / "s", title="Deals")
        ...     Study.open(Path(folder) / "s" / "corpus").folder.settings().title
        'Deals'
        """
        found = folders.StudyFolder.find(Path(path))
        keep_revision(found)
        return cls(found)

    @property
    def path(self) -> Path:
        """The folder of the study."""
        return self.folder.root

    @property
    def codebook(self) -> Codebook:
        """What is coded, as ``codebook.yaml`` says now."""
        from .contents import codebook_of

        return codebook_of(self.folder)

    @property
    def corpus(self) -> Corpus:
        """The articles and units, with what can be done with them."""
        settings = self.folder.settings()
        return Corpus(self.folder.corpus, settings.preparation, settings.outlets)

    def articles(self, columns: Sequence[str] = ()) -> "Dataset":
        """Load the articles, or some of their columns."""
        return self.corpus.articles(columns)

    def units(self, columns: Sequence[str] = ()) -> "Dataset":
        """Load the units that are judged, or some of their columns."""
        return self.corpus.units(columns)

    def design(self) -> "Dataset":
        """Load what was drawn: a row a unit, with its round, its probability and its coders.

        Raises
        ------
        StudyError
            Nothing was drawn yet.
        """
        from datasets import Dataset

        from ..annotate.design.plan import read_design

        rows = read_design(self.folder.design)
        if not rows:
            raise StudyError(self.path, "has drawn nothing yet", "draw: study.sample(200)")
        kept = [asdict(row) for row in rows]
        return Dataset.from_dict(
            {name: [list(v) if isinstance(v := row[name], tuple) else v for row in kept]
             for name in kept[0]}
        )  # fmt: skip

    def annotations(self) -> "Dataset":
        """Load the answers: a row a unit and coder, a column a dimension.

        See `standfirst.labels.annotations_dataset`.

        Raises
        ------
        StudyError
            Nothing was coded yet.
        RevisionError
            They are of another revision of the codebook.
        """
        from ..labels import annotations_dataset
        from .resolving import coded_of

        coded = coded_of(self.folder)
        return annotations_dataset(coded.annotations, coded.codebook)

    def gold(self) -> "Dataset":
        """Load the resolved answers: a row a unit, a column a dimension, and how it was resolved.

        See `standfirst.labels.gold_dataset`.

        Raises
        ------
        StudyError
            Nothing was resolved yet.
        RevisionError
            They are of another revision of the codebook.
        """
        from ..labels import gold_dataset
        from .contents import gold_of

        book = self.codebook
        rows = gold_of(self.folder, book)
        if not rows:
            raise StudyError(self.path, "has no gold yet", "resolve the answers: study.resolve()")
        return gold_dataset(rows, book)

    def models(self) -> list[str]:
        """Name the models, the one that was made last first."""
        from .inventory import Inventory

        return [one.path.name for one in Inventory(self.folder).models if not one.problem]

    @checked
    def model(self, name: str | Path | None = None) -> "Model":
        """Load a model by its name in the study, or by its folder; the last one if None.

        Raises
        ------
        StudyError, UnknownNameError
            There is none, or none of this name.
        BundleError
            It is damaged.
        """
        from ..models import Model
        from .tagging import model_folder

        return Model.load(model_folder(self.folder, name))

    @checked
    def tags(self, path: str | Path | None = None, *, columns: Sequence[str] = ()) -> "Tags":
        """Read tags.

        Parameters
        ----------
        path
            What `tag` wrote; the tags of the study's own corpus if None.
        columns
            Further columns of them, such as ``text`` or ``outlet``.

        Raises
        ------
        StudyError
            The corpus is not tagged yet, or there are several tags of it.
        InputError, MissingFileError
            The file holds no tags of this codebook.
        """
        from .inputs import corpus_tags

        every = [dimension.id for dimension in self.codebook.dimensions]
        given = None if path is None else Path(path)
        return corpus_tags(self.folder, given, dimensions=every, columns=columns)

    def status(self) -> "Status":
        """Look what is there, what is odd, and what comes next; no server is asked."""
        from .status import status_of

        return status_of(self.folder)

    @checked
    def add(
        self,
        articles: str | Path | Sequence[str | Path] | Rows,
        *,
        text: str | None = None,
        title: str | None = None,
        id: str | None = None,  # noqa: A002 - named as the column is
        outlet: str | None = None,
        published: str | None = None,
        url: str | None = None,
        language: str | None = None,
        date_order: str = "",
        keep: str | None = None,
        n_workers: int = 1,
        progress: Progress | None = None,
    ) -> Added:
        """Add articles from files or from a table in memory; see `Corpus.add`."""
        return self.corpus.add(
            articles,
            text=text,
            title=title,
            id=id,
            outlet=outlet,
            published=published,
            url=url,
            language=language,
            date_order=date_order,
            keep=keep,
            n_workers=n_workers,
            progress=progress,
        )

    @checked
    def sample(
        self,
        n: int,
        *,
        rule: str = "random",
        by: Sequence[str] = (),
        keyword: str = "",
        models: Sequence[str | Path] = (),
        encoder: str | None = None,
        dimension: str = "",
        label: str = "",
        target: str = "",
        mix: float | None = None,
        power: float | None = None,
        test: int = 0,
        name: str | None = None,
        coders: Sequence[str] = (),
        overlap: float = 0.0,
        assisted: float = 1.0,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> "Round":
        """Draw units for coding, with probabilities that are kept.

        Parameters
        ----------
        n
            How many to draw.
        rule
            A name of `standfirst.annotate.RULES`.
        by, keyword
            What strata are made of: names of columns (outlet, month, article, cluster, language), a
            regular expression.
        models
            The models that a rule goes by: names in the study, or folders.
        encoder
            What makes vectors for the rules diversity and coreset.
        dimension, label
            What a model's rule looks at; a label as ``DIMENSION=LABEL``.
        target
            The share that is to be known, as ``DIMENSION=LABEL:HALF_WIDTH``.
        mix, power
            Share of a model's draw that is random (.2 if None), and to which power probabilities
            follow the score (.5 if None).
        test
            Units to set aside for testing first, at random.
        name
            Name of the round; the next number if None.
        coders
            Who codes.
        overlap
            Share of the units that two coders judge, 0 to 1.
        assisted
            Share of each coder's own units that may get suggestions, 0 to 1.
        seed
            Seed of the draw.
        progress
            Receives how many units a model has answered.

        Raises
        ------
        InputError, UnknownNameError
            Options do not fit the rule, or name what is not there.
        StudyError
            There are not enough units, or the round's name is taken.
        """
        from .drawing import draw_round
        from .tagging import model_folder

        return draw_round(
            self.folder,
            n,
            rule=rule,
            by=by,
            keyword=keyword,
            models=[model_folder(self.folder, one) for one in models],
            encoder=encoder,
            dimension=dimension,
            label=label,
            target=target,
            mix=mix,
            power=power,
            test=test,
            name=name,
            coders=coders,
            overlap=overlap,
            assisted=assisted,
            seed=seed,
            progress=progress,
        )

    @contextmanager
    def label_studio(self, *, port: int = 8080) -> "Iterator[LocalServer]":
        """Run Label Studio on this machine while the block runs.

        In a notebook, where coding takes days, run ``standfirst annotate start`` in a terminal
        instead; `push` and `pull` find it.

        Raises
        ------
        MissingExtraError, ServerError
            Label Studio is not installed, or does not start.
        """
        from ..annotate.label_studio.local_server import start_local

        with start_local(self.folder.state / "label-studio", port=port) as server:
            yield server

    @checked
    def push(
        self,
        *,
        name: str | None = None,
        title: str = "",
        view: str = "unit",
        model: str | Path | None = None,
    ) -> "list[PushedProject]":
        """Push the drawn units to Label Studio; what is there already is left alone.

        The server is the one of `label_studio` or of ``standfirst annotate start``, or the one that
        LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name.

        Parameters
        ----------
        name
            Only units of this round; all if None.
        title
            What the titles of the projects begin with.
        view
            A page for each ``unit``, or for each ``article`` with its units marked.
        model
            The model whose answers are suggested, where units are not blind.

        Raises
        ------
        StudyError, UnknownNameError
            Nothing is drawn, or there is no such round or view.
        ServerError
            Label Studio does not answer.
        """
        from .pushing import push_round
        from .tagging import model_folder

        suggests = None if model is None else model_folder(self.folder, model)
        return list(push_round(self.folder, name=name, title=title, view=view, model=suggests))

    @checked
    def pull(self, *, full: bool = False) -> "Merged":
        """Bring the answers back from Label Studio; what was pulled before stays.

        Parameters
        ----------
        full
            Read every task again, not only what has changed.

        Raises
        ------
        ServerError
            Label Studio does not answer.
        """
        from .contents import connected, pulled

        with connected(self.folder) as server:
            return pulled(self.folder, server, self.codebook, full=full)

    @checked
    def export_tasks(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        format: str = "label-studio",  # noqa: A002 - named as the option is
        coder: str = "",
        force: bool = False,
    ) -> "Exported":
        """Write the drawn units with their answers for another tool; see `annotate export`.

        Parameters
        ----------
        path
            The file to write.
        name
            Only units of this round; all if None.
        format
            ``label-studio``, ``prodigy`` or ``doccano``.
        coder
            Only this coder's answers.
        force
            Replace an existing file that holds something else.
        """
        from .exchange import export_round

        return export_round(
            self.folder, Path(path), name=name, form=format, coder=coder, force=force
        )

    @checked
    def import_answers(
        self,
        path: str | Path,
        *,
        format: str = "label-studio",  # noqa: A002 - named as the option is
        coder: str = "",
    ) -> "Merged":
        """Add the answers that another tool exported; see `annotate import`.

        Parameters
        ----------
        path
            What the other tool exported.
        format
            ``label-studio``, ``prodigy`` or ``doccano``.
        coder
            Whose answers they are, whatever the file says.
        """
        from .exchange import import_answers

        return import_answers(self.folder, Path(path), form=format, coder=coder)

    @checked
    def agreement(
        self,
        *,
        dimensions: Collection[str] | None = None,
        adjudicators: Collection[str] = (),
        draws: int = 1000,
        level: float = 0.95,
        seed: int = 0,
    ) -> "list[Agreement]":
        """Measure how far coders agree on each dimension; see `standfirst.agreement`.

        Raises
        ------
        StudyError
            Nothing was coded yet.
        """
        from ..labels import agreement
        from .resolving import coded_of

        coded = coded_of(self.folder)
        return agreement(
            coded.annotations,
            coded.codebook,
            dimensions=dimensions,
            adjudicators=adjudicators,
            draws=draws,
            level=level,
            seed=seed,
        )

    @checked
    def resolve(
        self, *, rule: str = "majority", adjudicators: Collection[str] = (), least: float = 0.0
    ) -> "Resolved":
        """Resolve each unit to one answer, and write them as gold; see `standfirst.resolve`.

        Raises
        ------
        StudyError
            Nothing was coded yet.
        UnknownNameError
            There is no such rule.
        """
        from .resolving import resolve_gold

        return resolve_gold(self.folder, rule=rule, adjudicators=adjudicators, least=least)

    @checked
    def train(
        self,
        dimensions: Sequence[str] | None = None,
        *,
        name: str | None = None,
        encoder: str | Sequence[str] | None = None,
        context: str | None = None,
        effort: str = "default",
        goal: "Goal | str" = "macro-f1",
        votes: bool = False,
        n_folds: int | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> "Report":
        """Train a model on the gold, without the test part, and keep it in the study.

        Parameters
        ----------
        dimensions
            Ids of the dimensions; all if None.
        name
            Name of the model; that of the codebook if None.
        encoder, context, effort, goal, n_folds, seed, progress
            As for `standfirst.train`.
        votes
            Weight rows by how many coders agree.

        Raises
        ------
        StudyError
            There is no gold yet.
        InputError
            A dimension cannot be learned.
        """
        from ..models import train
        from ..models.bundle.folder import can_save
        from ..models.tagging.blocks import with_preparation
        from .labelled import labelled_rows

        rows, _ = labelled_rows(self.folder, dimensions, votes=votes)
        output = self.folder.models / (name or rows.codebook.id)
        can_save(output)
        report = train(
            rows,
            encoder=encoder,
            context=context,
            effort=effort,
            goal=goal,
            n_folds=n_folds,
            seed=seed,
            progress=progress,
        )
        # Tagging cuts new articles as the study cut those that were coded.
        with_preparation(report.model, self.folder.preparation()).save(output)
        return report

    @checked
    def evaluate(
        self,
        model: str | Path | None = None,
        *,
        dimensions: Sequence[str] | None = None,
        seed: int = 0,
    ) -> "Evaluation":
        """Score a model on the gold of the test part; see `standfirst.evaluate`.

        Parameters
        ----------
        model
            Its name in the study, or its folder; the last one if None.
        dimensions
            Ids of the dimensions; all if None.
        seed
            Seed of the bootstrap.

        Raises
        ------
        StudyError
            There is no test part, or none of it is coded.
        """
        from ..models import evaluate
        from .labelled import rows_of_test_part

        loaded = self.model(model)
        return evaluate(loaded, rows_of_test_part(self.folder, loaded, dimensions), seed=seed)

    @checked
    def tag(self, model: str | Path | None = None, *, progress: Progress | None = None) -> "Tags":
        """Tag all units of the corpus; tags of it that are there already are replaced.

        For other articles, of any number, there is `standfirst.tag_files`.

        Parameters
        ----------
        model
            Its name in the study, or its folder; the last one if None.
        progress
            Receives how many bytes of input are done.

        Raises
        ------
        StudyError
            There are no units or no model.
        """
        from .tagging import tag_corpus

        return self.tags(tag_corpus(self.folder, model, progress=progress))

    @checked
    def shares(
        self,
        dimensions: Sequence[str] | None = None,
        *,
        by: str | Sequence[str] = (),
        compare: bool = False,
        against: str | None = None,
        trend: bool = False,
        tags: str | Path | None = None,
        method: Literal["shrunk", "ppi++"] = "shrunk",
        level: float = 0.95,
    ) -> "Shares":
        """Estimate how often each label holds, corrected by gold; see `standfirst.shares`.

        Parameters
        ----------
        dimensions
            Ids of the dimensions; all if None.
        by
            Also by group: ``outlet``, ``month`` or any column, or several of them.
        compare
            Also the differences between groups, in pairs.
        against
            The group that all others are compared with, instead of in pairs.
        trend
            Also how much each share rises in a month.
        tags
            The tags of the corpus; found in the study if None.
        method
            How far the model is trusted: shrunk to fully, or as in PPI++.
        level
            Coverage of the intervals.

        Raises
        ------
        StudyError
            Nothing was drawn, there is no gold, or the corpus is not tagged.
        """
        from .inputs import inputs_of, with_trends

        names = [by] if isinstance(by, str) and by else list(by)
        ties = ["published", "article_id", "cluster"] if trend else []
        columns = ["published" if name == "month" else name for name in [*names, *ties]]
        given = inputs_of(
            self.folder,
            None if tags is None else Path(tags),
            dimensions=dimensions,
            columns=columns,
        )
        made = given.shares(
            by=given.cells(names) if names else None,
            by_names=names,
            compare=compare,
            against=against,
            method=method,
            level=level,
        )
        return with_trends(made, given, level=level) if trend else made

    @checked
    def report(
        self,
        path: str | Path | None = None,
        *,
        regressions: Sequence[str] = (),
        beside: Sequence[str | Path] = (),
        force: bool = False,
    ) -> Path:
        """Write the page that says what the study found, how, and what it rests on.

        Parameters
        ----------
        path
            The page; ``report.html`` in the study if None.
        regressions
            Labels to explain by columns, such as ``critique ~ outlet + trend``.
        beside
            Tags of the same units by other models.
        force
            Replace an existing file that is no report.

        Returns
        -------
        The page, to open in a browser.

        Raises
        ------
        StudyError
            There are no articles yet.
        """
        from .reporting import write_report

        page = self.path / "report.html" if path is None else Path(path)
        write_report(
            self.folder, page, formulas=regressions, beside=[*map(Path, beside)], force=force
        )
        return page

    def __repr__(self) -> str:
        corpus = self.corpus
        title = self.folder.settings().title or self.path.name
        drawn = "nothing drawn"
        if self.folder.design.is_file():
            with self.folder.design.open("rb") as lines:
                drawn = f"{sum(1 for _ in lines):,} units drawn"
        models = ", ".join(self.models()) or "none"
        return (
            f"Study {title!r} in {self.path}: {corpus.n_articles:,} articles, "
            f"{corpus.n_units:,} units, {drawn}; models: {models}"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{self.status()._repr_html_()}"
