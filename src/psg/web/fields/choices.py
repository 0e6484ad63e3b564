"""Fields for choosing: radios, checkboxes, a list that opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from wtforms.fields.choices import SelectChoice

from psg import text
from psg.web.fields.base import KitField


def option(value: object, label: str, *, hint: str = "", group: str | None = None) -> SelectChoice:
    """One thing to choose. `value` may be a UUID or an enum's member: its text is what travels."""
    return SelectChoice(str(value), label, {"hint": hint}, group)


Options = Sequence[SelectChoice]


class _Choosing(KitField):
    """The part that radios, checkboxes and lists share.

    choices:  options, or a callable that gives them; may also be set on the bound field before it is checked.
    coerce:   turns a chosen value into data (UUID, an enum's class); only called with a value on offer.
    """

    def __init__(
        self,
        label: str,
        *,
        choices: Options | Callable[[], Options] = (),
        coerce: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.choices: list[SelectChoice] = list(choices() if callable(choices) else choices)
        self.coerce = coerce

    def chosen(self) -> list[str]:
        """The values ticked on the page."""
        if self.typed is not None:
            return [text.showable(value) for value in self.typed]
        values = self.data if self.several else [self.data]
        return [str(value) for value in values or [] if value is not None]

    def read(self, typed: list[str]) -> None:
        # Choices are often set after the form was made, so what was sent is looked up when the form is checked.
        for value in typed:
            self.cleaned(value)

    def is_empty(self) -> bool:
        return not any(self.typed) if self.typed is not None else not self.data

    def on_offer(self, value: str) -> bool:
        return any(str(choice.value) == value for choice in self.choices)

    def refused(self) -> str:
        """The words for a value that is not on offer."""
        return f"{self.said}: select one of the answers shown"

    def items(self) -> Iterator[dict[str, Any]]:
        """What the macro draws: value, label, hint, chosen, id (the first has the field's own id)."""
        chosen = self.chosen()
        for number, choice in enumerate(self.choices, start=1):
            yield {
                "value": str(choice.value),
                "label": choice.label,
                "hint": (choice.render_kw or {}).get("hint", ""),
                "chosen": str(choice.value) in chosen,
                "id": self.id if number == 1 else f"{self.id}-{number}",
            }


class ChoiceField(_Choosing):
    """Radios. `data` is the coerced value or None."""

    macro = "radios"

    def __init__(self, label: str, *, inline: bool = False, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.inline = inline

    def wrong(self) -> str | None:
        value = self.typed[0] if self.typed else str(self.data)
        if not self.on_offer(value):
            return self.refused()
        self.data = self.coerce(value)
        return None


class SelectField(ChoiceField):
    """A list that opens, in groups where the options have one. `empty` is the first line, which chooses nothing."""

    macro = "select"

    def __init__(self, label: str, *, empty: str = "Select one", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.empty = empty

    def groups(self) -> list[tuple[str | None, list[dict[str, Any]]]]:
        """Options under their group's name, in the order given."""
        pairs = zip(self.choices, self.items(), strict=True)
        return [(name, [item for _, item in part]) for name, part in groupby(pairs, key=lambda pair: pair[0].optgroup)]


class ManyField(_Choosing):
    """Checkboxes. `data` is a list of coerced values in the order of the options."""

    macro = "checkboxes"
    several = True

    def nothing(self) -> list[Any]:
        return []

    def process_data(self, value: Any) -> None:
        self.data = list(value) if value is not None else []

    def wrong(self) -> str | None:
        sent = self.typed if self.typed is not None else [str(value) for value in self.data]
        if not all(self.on_offer(value) for value in sent if value):
            return self.refused()
        self.data = [self.coerce(str(choice.value)) for choice in self.choices if str(choice.value) in sent]
        return None
