"""Who is who: coders are persons, however a file or server names them.

Label Studio names a coder by e-mail address or by number, Prodigy by a session, and a plan by what
the team calls people. Where a file or server tells two names together, they are known from then on
as one person's; the others are joined by hand (``annotate coders --same``). What is known lies in
``coders.json`` beside the annotations, and holds for answers that came in earlier, too.

A number means somebody on one server only. Where two addresses were seen with the same number, it
names nobody any more.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ...errors import InputError
from ...files import dump_json, write_text
from ...labels import Annotation

__all__ = ["Identities", "read_identities", "strangers"]


@dataclass(slots=True)
class Identities:
    """The names of each coder.

    Examples
    --------
    >>> known = Identities()
    >>> known.learn({"7": {"ann@x.org"}})
    >>> known.join("ann", "ann@x.org")
    >>> known.name("7"), known.name("Ann@x.org"), known.name("bo")
    ('ann', 'ann', 'bo')
    """

    numbers: dict[str, list[str]] = field(default_factory=dict)
    """E-mail addresses that were seen with a number of Label Studio."""
    same: dict[str, str] = field(default_factory=dict)
    """Other names, and the name that stands for each."""

    def name(self, coder: str, source: str = "label-studio:") -> str:
        """Return the name that stands for a coder; numbers mean something in Label Studio only."""
        coder = coder.lower() if "@" in coder else coder
        addresses = self.numbers.get(coder, [])
        if coder not in self.same and len(addresses) == 1 and source.startswith("label-studio:"):
            coder = addresses[0]
        while coder in self.same:
            coder = self.same[coder]
        return coder

    def learn(
        self, people: Mapping[str, Collection[str]], same: Mapping[str, str] | None = None
    ) -> None:
        """Take in which numbers came with which addresses, and which sessions are one person's."""
        for number, addresses in people.items():
            known = self.numbers.setdefault(number, [])
            known += sorted({address.lower() for address in addresses}.difference(known))
        for other, name in (same or {}).items():
            if self.name(other) == other != self.name(name):
                self.same[other] = name

    def join(self, name: str, other: str) -> None:
        """Let a name stand for another one, too.

        Raises
        ------
        InputError
            They are the same already.
        """
        first, second = self.name(name), self.name(other)
        if first == second:
            raise InputError("--same", f"{name!r} and {other!r} are one coder already")
        self.same[second] = first

    def apply(self, rows: Iterable[Annotation]) -> list[Annotation]:
        """Give annotations under the names that stand for their coders."""
        rows = list(rows)
        names = {
            (row.coder, row.source.partition(":")[0]): self.name(row.coder, row.source)
            for row in rows
        }
        named = ((row, names[row.coder, row.source.partition(":")[0]]) for row in rows)
        return [row if row.coder == name else replace(row, coder=name) for row, name in named]

    def write(self, path: Path) -> None:
        """Write what is known."""
        write_text(path, dump_json({"numbers": self.numbers, "same": self.same}) + "\n")


def read_identities(path: Path) -> Identities:
    """Read what is known; nothing where there is no such file.

    Raises
    ------
    InputError
        The file is damaged, or a chain of names runs in a circle.
    """
    if not path.exists():
        return Identities()
    try:
        known = msgspec.json.decode(path.read_bytes(), type=Identities)
    except msgspec.MsgspecError as error:
        raise InputError(path, str(error), "correct the file") from error
    for name in known.same:
        seen = {name}
        while (name := known.same.get(name, "")) and name not in seen:
            seen.add(name)
        if name:
            raise InputError(path, f"{name!r} stands for itself", "correct the file")
    return known


def strangers(
    planned: Iterable[str], coders: Iterable[str], identities: Identities
) -> tuple[list[str], list[str]]:
    """Find planned coders whom nobody is, and coders whom nobody planned.

    Both lists are empty unless there is somebody in each: a coder may not have begun yet, and a
    study may be planned without names.

    Examples
    --------
    >>> strangers(["ann", "bo@x.org"], ["ann@x.org", "bo@x.org"], Identities())
    (['ann'], ['ann@x.org'])
    """
    wanted = {identities.name(coder): coder for coder in planned}
    there = {identities.name(coder): coder for coder in coders}
    missing = sorted(wanted[name] for name in set(wanted) - set(there))
    others = sorted(there[name] for name in set(there) - set(wanted))
    return (missing, others) if missing and others else ([], [])
