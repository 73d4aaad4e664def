"""Identities: each coder is one person, whatever a file or server calls them.

Label Studio names a coder by e-mail address or by number, Prodigy by a session, and a plan by what
the team calls people. Where a file or server gives two names together, they count from then on as
one person's; others are joined by hand (``annotate coders --same``). They are stored in
``coders.json`` beside the annotations, and apply to earlier answers, too.

A number identifies somebody on one server only. Where two addresses were seen with the same number,
it identifies nobody any more.
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
    """Canonical name of each other name."""

    def name(self, coder: str, source: str = "label-studio:") -> str:
        """Return the canonical name of a coder; numbers mean something in Label Studio only."""
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
        """Record which numbers came with which addresses, and which sessions are one person's."""
        for number, addresses in people.items():
            known = self.numbers.setdefault(number, [])
            known += sorted({address.lower() for address in addresses}.difference(known))
        for other, name in (same or {}).items():
            if self.name(other) == other != self.name(name):
                self.same[other] = name

    def join(self, name: str, other: str) -> None:
        """Make a name the canonical one of another.

        Raises
        ------
        InputError
            They are one coder already.
        """
        first, second = self.name(name), self.name(other)
        if first == second:
            raise InputError("--same", f"{name!r} and {other!r} are one coder already")
        self.same[second] = first

    def apply(self, rows: Iterable[Annotation]) -> list[Annotation]:
        """Return annotations under the canonical names of their coders."""
        rows = list(rows)
        names = {
            (row.coder, row.source.partition(":")[0]): self.name(row.coder, row.source)
            for row in rows
        }
        named = ((row, names[row.coder, row.source.partition(":")[0]]) for row in rows)
        return [row if row.coder == name else replace(row, coder=name) for row, name in named]

    def write(self, path: Path) -> None:
        """Write the identities."""
        write_text(path, dump_json({"numbers": self.numbers, "same": self.same}) + "\n")


def read_identities(path: Path) -> Identities:
    """Read identities; none where there is no such file.

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
    """Return planned coders who do not appear, and coders who were not planned.

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
