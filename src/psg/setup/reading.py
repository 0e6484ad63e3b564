"""Reading a YAML file with a line number for everything that is wrong in it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from psg import text

T = TypeVar("T")
LARGEST = 1_000_000


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong, and where."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


class Unreadable(Exception):
    """The file cannot be used; `problems` says everything that is wrong, in the order of the file."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def parse(content: str) -> Node:
    """The file as a tree with line numbers."""
    if len(content) > LARGEST:
        raise Unreadable([Problem(1, "the file is larger than one million characters")])
    try:
        tree = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable([Problem(line, f"this is not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError):
        raise Unreadable([Problem(1, "this is not YAML: it cannot be taken apart")]) from None
    if tree is None:
        raise Unreadable([Problem(1, "the file is empty")])
    return tree


class Section:
    """A mapping of the file. Each method reads one entry, notes what is wrong with it, and gives a usable value."""

    def __init__(self, node: Node, name: str, allowed: Collection[str], problems: list[Problem]) -> None:
        self.line = node.start_mark.line + 1
        self.name = name
        self.problems = problems
        self._entries: dict[str, tuple[int, Node]] = {}
        if not isinstance(node, MappingNode):
            self.wrong(f"{name} must hold entries such as “name: …”")
            return
        for key, value in node.value:
            self._keep(key, value, allowed)

    def _keep(self, key: Node, value: Node, allowed: Collection[str]) -> None:
        line = key.start_mark.line + 1
        word = str(getattr(key, "value", ""))
        if word not in allowed:
            self.wrong(f"{self.name} has no entry “{text.showable(word)}”; it may hold {', '.join(allowed)}", line)
        elif word in self._entries:
            self.wrong(f"{word} stands twice in {self.name}", line)
        else:
            self._entries[word] = (line, value)

    def wrong(self, words: str, line: int | None = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(line or self.line, words))

    def line_of(self, key: str) -> int:
        """The line on which an entry stands."""
        return self._entries[key][0] if key in self._entries else self.line

    def has(self, key: str) -> bool:
        """Whether the entry is there."""
        return key in self._entries

    def text(self, key: str, *, required: bool = True, most: int = 200, multiline: bool = False) -> str:
        """A text."""
        value = self._scalar(key)
        if value is None or not value.strip():
            if required:
                self.wrong(f"{self.name} needs “{key}”", self.line_of(key))
            return ""
        try:
            cleaned = text.clean(value, multiline=multiline)
        except text.Unreadable as problem:
            self.wrong(f"{key} {problem}", self.line_of(key))
            return ""
        if len(cleaned) > most:
            self.wrong(f"{key} must be {most} characters or less", self.line_of(key))
        return cleaned

    def one_of(self, key: str, words: Collection[str], *, default: str = "", required: bool = True) -> str:
        """One of some words."""
        value = self.text(key, required=required and not default) or default
        if value and value not in words:
            self.wrong(f"{key} must be one of {', '.join(words)}", self.line_of(key))
            return default or next(iter(words))
        return value

    def number(self, key: str, *, least: int, most: int, default: int | None = None) -> int:
        """A whole number."""
        value = self._scalar(key)
        if value is None and default is not None:
            return default
        if value is None or not value.isascii() or not value.isdigit() or not least <= int(value[:9]) <= most:
            self.wrong(f"{key} must be a whole number from {least} to {most}", self.line_of(key))
            return least
        return int(value)

    def yes(self, key: str, *, default: bool) -> bool:
        """Yes or no."""
        value = self._scalar(key)
        if value is None:
            return default
        if value.lower() not in ("yes", "no", "true", "false"):
            self.wrong(f"{key} must be yes or no", self.line_of(key))
        return value.lower() in ("yes", "true")

    def day(self, key: str) -> date:
        """A date such as 2026-04-01."""
        return self._read(key, date.fromisoformat, "a date such as 2026-04-01", date(2000, 1, 1))

    def clock(self, key: str) -> time:
        """A time of day such as 10:00."""
        return self._read(key, time.fromisoformat, 'a time such as "10:00", in quotes', time(10, 0))

    def section(self, key: str, allowed: Collection[str]) -> "Section | None":
        """A mapping below this one; None when it is not there."""
        if key not in self._entries:
            return None
        return Section(self._entries[key][1], key, allowed, self.problems)

    def sections(self, key: str, name: str, allowed: Collection[str]) -> Iterator["Section"]:
        """A list of mappings below this one."""
        for node in self._list(key):
            yield Section(node, name, allowed, self.problems)

    def texts(self, key: str) -> list[tuple[int, str]]:
        """A list of texts with their lines."""
        found = []
        for node in self._list(key):
            if isinstance(node, ScalarNode) and node.value.strip():
                found.append((node.start_mark.line + 1, str(node.value)))
            else:
                self.wrong(f"{key} must be a list of texts", node.start_mark.line + 1)
        return found

    def pairs(self, key: str) -> list[tuple[int, str, str]]:
        """The entries of a mapping of texts, with their lines."""
        if key not in self._entries:
            return []
        line, node = self._entries[key]
        if not isinstance(node, MappingNode):
            self.wrong(f"{key} must hold entries such as “name: value”", line)
            return []
        return [
            (name.start_mark.line + 1, str(name.value), str(value.value))
            for name, value in node.value
            if isinstance(name, ScalarNode) and isinstance(value, ScalarNode)
        ]

    def _scalar(self, key: str) -> str | None:
        if key not in self._entries:
            return None
        line, node = self._entries[key]
        if not isinstance(node, ScalarNode):
            self.wrong(f"{key} must be a single value", line)
            return None
        return str(node.value)

    def _list(self, key: str) -> list[Node]:
        if key not in self._entries:
            return []
        line, node = self._entries[key]
        if not isinstance(node, SequenceNode):
            self.wrong(f"{key} must be a list", line)
            return []
        return list(node.value)

    def _read(self, key: str, read: Callable[[str], T], what: str, fallback: T) -> T:
        value = self._scalar(key)
        try:
            return read(value or "")
        except ValueError:
            self.wrong(f"{self.name} needs “{key}”, {what}", self.line_of(key))
            return fallback


def ensure_none(problems: list[Problem]) -> None:
    """Raise when anything was wrong."""
    if problems:
        raise Unreadable(problems)


def plain(value: Any) -> str:
    """A value as YAML text, for a file that people may edit."""
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110))
