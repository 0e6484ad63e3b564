"""Rows of long lists: drawn once by their template, then filled with words many times over.

A page of 50 rows costs a template engine some thousand calls, most of them to escape words that cannot need it and to
put together markup that is the same in every row. A stencil is that markup with holes. The markup stays where markup
belongs, in a macro of a template; what goes into the holes is escaped here, always, unless it is markup already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any
from weakref import WeakKeyDictionary

from flask import current_app
from jinja2 import Environment, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

_special = re.compile("[&<>\"']").search
_as_markup = str.__new__
"""Makes markup of a string that needs no look: `Markup(...)` itself is a Python call that asks for `__html__`."""
_HOLE = "\ue000{}\ue001"
"""Private characters, so that no word of a template is taken for a hole."""
_MOST = 500
_drawn: WeakKeyDictionary[Environment, dict[tuple[str, ...], Markup]] = WeakKeyDictionary()


def drawn(template: str, macro: str, *words: str) -> Markup:
    """What a macro draws for these words, remembered: for the few words a list shows again and again, such as bands."""
    environment = current_app.jinja_env
    known = _drawn.setdefault(environment, {})
    asked = (template, macro, *words)
    if (markup := known.get(asked)) is None:
        markup = draw(template, macro, *words)
        if len(known) >= _MOST:
            known.clear()
        known[asked] = markup
    return markup


def draw(template: str, macro: str, *values: Any) -> Markup:
    """What a macro draws for these values."""
    return Markup(_macro(current_app.jinja_env, template, macro)(*values))  # noqa: S704 - a macro escapes its words


def _macro(environment: Environment, template: str, name: str) -> Callable[..., str]:
    macro: Callable[..., str] = getattr(environment.get_template(template).module, name)
    return macro


class SharedModules(Template):
    """A template whose macros are the same wherever they are imported.

    Jinja looks at each import whether the importing page has globals that the macros lack. Ours never have any: what a
    page knows reaches a macro as its argument, so the look, a third of a millisecond a page, is left out.
    """

    def _get_default_module(self, _ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()


class Stencil:
    """A macro of a template as a pattern.

    template, macro: where it is drawn. holes: the macro's arguments in their order, each drawn exactly once and
    as it comes: a macro that decides by an argument needs two stencils.
    """

    def __init__(self, template: str, macro: str, holes: Sequence[str]) -> None:
        self._template = template
        self._macro = macro
        self._holes = tuple(holes)
        self._patterns: WeakKeyDictionary[Environment, str] = WeakKeyDictionary()

    def rows(self, rows: Iterable[Sequence[Any]]) -> Markup:
        """Many rows, one after the other. Each has a word (text, markup or a number) for every hole, in order."""
        pattern = self._pattern()
        # Written for speed: a list has a thousand words, and hardly one that needs escaping.
        drawn = [
            pattern
            % tuple(
                [
                    word if word.__class__ is Markup or word.__class__ is int or not _special(word) else escape(word)
                    for word in words
                ]
            )
            for words in rows
        ]
        return _as_markup(Markup, "".join(drawn))

    def fill(self, *words: Any) -> Markup:
        """One row."""
        return self.rows((words,))

    def filler(self) -> Callable[[str], Markup]:
        """For one part of many rows: a function that fills the only hole."""
        before, after = (piece.replace("%%", "%") for piece in self._pattern().split("%s"))

        def fill(word: str) -> Markup:
            text = word if word.__class__ is Markup or not _special(word) else escape(word)
            return _as_markup(Markup, "".join((before, text, after)))

        return fill

    def _pattern(self) -> str:
        environment = current_app.jinja_env
        if (known := self._patterns.get(environment)) is not None:
            return known
        macro = _macro(environment, self._template, self._macro)
        pattern = str(macro(*(_HOLE.format(hole) for hole in self._holes))).replace("%", "%%")
        at = -1
        for hole in self._holes:
            mark = _HOLE.format(hole)
            if pattern.count(mark) != 1 or pattern.index(mark) < at:
                raise ValueError(f"{self._template}: {self._macro} must draw {hole} once and in its order")
            at = pattern.index(mark)
            pattern = pattern.replace(mark, "%s")
        self._patterns[environment] = pattern
        return pattern


_OPTION = Stencil("components/lists.html", "option", ("value", "chosen", "text"))
_CHOSEN = Markup(" selected")


def select_options(pairs: Iterable[tuple[str, str]], chosen: str, *, empty: str = "") -> Markup:
    """The options of a select, from (value, words): what stands for no choice first, when it has words."""
    given = [("", empty), *pairs] if empty else pairs
    return _OPTION.rows((value, _CHOSEN if value == chosen else "", words) for value, words in given)
