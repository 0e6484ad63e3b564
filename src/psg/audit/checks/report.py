"""What a check of the audit found, in sentences for people and as JSON for machines."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_LISTED = 1_000

Progress = Callable[[str, int], None]
"""Told now and then which part is being checked and how far it has come."""


class Kind(StrEnum):
    """Which sort of tampering or damage a problem is."""

    EVENT_ALTERED = "event altered"
    EVENT_INSERTED = "event inserted"
    EVENT_MISSING = "event missing"
    MEMBER_ALTERED = "member altered"
    SEAL_ALTERED = "seal altered"
    SEAL_MISSING = "seal missing"
    SEAL_INCOMPLETE = "seal incomplete"
    ANCHOR_ALTERED = "anchor altered"
    ANCHOR_MISSING = "anchor missing"
    ROLLED_BACK = "rolled back"
    RECORD_ALTERED = "record altered"
    RECORD_MISSING = "record missing"
    RECORD_INSERTED = "record inserted"
    RECORD_ROLLED_BACK = "record rolled back"
    HISTORY_BROKEN = "history broken"


@dataclass(frozen=True)
class Problem:
    """One thing that is not as the application left it."""

    kind: Kind
    subject: str
    """Which event, seal, line or record, as an id that can be searched for."""
    sentence: str


@dataclass
class Report:
    """The outcome of one check."""

    checked_at: datetime
    problems: list[Problem] = field(default_factory=list)
    """The first of them; `problem_count` counts all."""
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unsealed: int = 0
    oldest_unsealed: datetime | None = None
    sealed_to: datetime | None = None
    """When the newest seal was made: what came later is not protected by a seal yet."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.problem_count == 0

    def add(self, kind: Kind, subject: object, sentence: str) -> None:
        """Add a problem. Memory stays bounded: beyond a thousand they are only counted."""
        self.problem_count += 1
        if len(self.problems) < MOST_LISTED:
            self.problems.append(Problem(kind, str(subject), sentence))

    def note(self, sentence: str) -> None:
        """Add something worth knowing that is no sign of tampering."""
        if len(self.notes) < MOST_LISTED:
            self.notes.append(sentence)

    def sentences(self) -> list[str]:
        """The whole report as lines of text."""
        found = [problem.sentence for problem in self.problems]
        if self.problem_count > len(found):
            found.append(f"… and {self.problem_count - len(found)} more problems.")
        checked = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counts.items()))
        tail = f"{self.unsealed:,} events are not sealed yet"
        if self.oldest_unsealed is not None:
            tail += f", the oldest from {self.oldest_unsealed:%Y-%m-%d %H:%M:%S} UTC"
        verdict = "Nothing was altered." if self.ok else f"{self.problem_count:,} problems were found."
        return [*found, *self.notes, f"Checked: {checked}.", f"{tail}.", verdict]

    def json(self) -> str:
        """The whole report for machines."""
        return json.dumps(
            {
                "ok": self.ok,
                "checked_at": self.checked_at.isoformat(),
                "sealed_to": self.sealed_to.isoformat() if self.sealed_to else None,
                "problem_count": self.problem_count,
                "problems": [asdict(problem) for problem in self.problems],
                "notes": self.notes,
                "counts": dict(sorted(self.counts.items())),
                "unsealed": {
                    "count": self.unsealed,
                    "oldest": self.oldest_unsealed.isoformat() if self.oldest_unsealed else None,
                },
            },
            indent=2,
        )
