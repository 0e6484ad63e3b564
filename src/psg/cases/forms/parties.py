"""Who or what a case is about: people, places, agencies' own numbers."""

import uuid
from typing import Any

from psg import clock
from psg.cases.contents import PersonView, PlaceView
from psg.cases.forms import choices
from psg.cases.rules import SubjectKind
from psg.cases.values import PERSON_DETAILS
from psg.people.rules import Born, Names
from psg.web.fields import (
    ChoiceField,
    DateField,
    EmailField,
    IntegerField,
    LongTextField,
    ManyField,
    SelectField,
    TextField,
    option,
)
from psg.web.forms import Form

SUBJECTS = {
    SubjectKind.PERSON: "A person, or several people",
    SubjectKind.PLACE: "A place",
    SubjectKind.BOTH: "People and a place",
}
NEW = "new"


class _LateChoice(ChoiceField):
    """A choice whose answers are known only once the rest of the form has been read; the route checks it then."""

    def wrong(self) -> str | None:
        """Right as long as nothing is on offer."""
        return super().wrong() if self.choices else None


class _PersonQuestions:
    """The questions about a person."""

    role = ChoiceField("Their part in it", hint="Said, not proven: it can be changed")
    first = TextField("First names", max=100)
    last = TextField("Last name", max=100)
    not_known = ManyField("Name", choices=[option("yes", "Their name is not known")])
    aliases = TextField("Other names they use (optional)", max=300, hint="Part several with commas")
    born = DateField("Date of birth (optional)", latest=clock.today, hint="For example, 27 3 1987")
    born_year = IntegerField("Or the year, if that is all you know (optional)", min=1900, max=2100)
    safe_contact = LongTextField(
        "How to contact them safely (optional)", max=2000, rows=3, hint="Read by everybody before they ring or visit"
    )
    address = LongTextField("Address (optional)", max=500, rows=3)
    postcode = TextField("Postcode (optional)", max=12, width="govuk-input--width-10")
    phone = TextField("Telephone (optional)", max=40, width="govuk-input--width-20")
    email = EmailField("E-mail address (optional)")
    vulnerabilities = LongTextField(
        "What makes things harder for them (optional)", max=2000, rows=3, hint="Health, age, being used by others"
    )
    how_we_know = LongTextField("How we know about them (optional)", max=1000, rows=2)
    note = LongTextField("Anything else (optional)", max=2000, rows=3)


def _check_person(form: Any) -> None:
    """A role, and a name or the word that it is not known."""
    if not form.role.data and not form.role.errors:
        form.put_error("role", "Select their part in it")
    named = bool(form.first.data or form.last.data)
    if not named and not form.not_known.data and not form.first.errors:
        form.put_error("first", "Enter a name, or select that it is not known")
    if named and form.not_known.data:
        form.put_error("first", "Enter a name, or select that it is not known, not both")
    if form.born_year.data and form.born_year.data > clock.today().year:
        form.put_error("born_year", "The year of birth must be this year or earlier")


def _names(form: Any) -> Names:
    aliases = tuple(part.strip() for part in (form.aliases.data or "").split(",") if part.strip())
    return Names(form.first.data or "", form.last.data or "", aliases, known=not form.not_known.data)


def _born(form: Any) -> Born:
    return Born(on=form.born.data) if form.born.data else Born(year=form.born_year.data)


def _details(form: Any) -> dict[str, str]:
    return {name: form[name].data or "" for name in PERSON_DETAILS}


class PersonForm(Form, _PersonQuestions):
    """A person on a case."""

    same_as = _LateChoice("Is it somebody you know from another case?")

    def __init__(self, partnership_id: uuid.UUID, view: PersonView | None = None, **kwargs: Any) -> None:
        if view is not None:
            kwargs |= {name: view.details.get(name, "") for name in PERSON_DETAILS}
            kwargs |= {
                "role": view.role,
                "first": view.names.first,
                "last": view.names.last,
                "not_known": [] if view.names.known else ["yes"],
                "aliases": ", ".join(view.names.aliases),
                "born": view.born.on,
                "born_year": None if view.born.on else view.born.year,
                "version": view.version,
            }
        super().__init__(**kwargs)
        self.role.choices = choices.of_list(partnership_id, "person-roles")
        self.offered = False

    def offer(self, people: list[tuple[uuid.UUID, str, str]]) -> None:
        """Ask whether it is one of these people: record id, name, and the case they are known from."""
        self.offered = True
        self.same_as.choices = [
            *(option(person_id, f"Yes: {name}", hint=f"Known from case {case}") for person_id, name, case in people),
            option(NEW, "No, it is somebody else"),
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """The fields by themselves, then together."""
        super().validate(*args, **kwargs)
        _check_person(self)
        return not self.error_summary()

    def values_for_operation(self) -> dict[str, Any]:
        """What `operations.add_person` and `change_person` take."""
        return {"names": _names(self), "role": self.role.data, "born": _born(self), "details": _details(self)}


class PlaceForm(Form):
    """A place on a case."""

    description = LongTextField("What it is", max=1000, rows=3, hint="For example, the garages behind the shops")
    address = LongTextField("Address", max=500, rows=3)
    postcode = TextField("Postcode (optional)", max=12, width="govuk-input--width-10")
    note = LongTextField("Anything else (optional)", max=2000, rows=3)

    def __init__(self, view: PlaceView | None = None, **kwargs: Any) -> None:
        if view is not None:
            kwargs |= dict(view.details) | {"version": view.version}
        super().__init__(**kwargs)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """An address or a description at least."""
        super().validate(*args, **kwargs)
        if not self.description.data and not self.address.data and not self.error_summary():
            self.put_error("description", "Enter what the place is, or its address")
        return not self.error_summary()

    def details(self) -> dict[str, str]:
        """What `operations.add_place` takes."""
        return self.values()


class ReferenceForm(Form):
    """An agency's own number for the case."""

    agency = SelectField("Whose number it is", coerce=uuid.UUID, missing="Select whose number it is")
    number = TextField("Number", max=60, missing="Enter the number", width="govuk-input--width-20")
    meaning = TextField(
        "What kind of number (optional)", max=100, hint="For example, crime number or housing case number"
    )

    def __init__(self, partnership_id: uuid.UUID, own_agency: uuid.UUID, **kwargs: Any) -> None:
        super().__init__(agency=own_agency, **kwargs)
        self.agency.choices = choices.agencies(partnership_id)


class FirstPageForm(Form, _PersonQuestions):
    """Log a case, page 1: who or what, with the first person and the first place."""

    subject_kind = ChoiceField(
        "Who or what is this case about?",
        choices=[option(kind, words) for kind, words in SUBJECTS.items()],
        coerce=SubjectKind,
        missing="Select who or what this case is about",
    )
    place_description = LongTextField("What the place is", max=1000, rows=2, hint="For example, a block of flats")
    place_address = LongTextField("Address of the place", max=500, rows=3)
    place_postcode = TextField("Postcode of the place (optional)", max=12, width="govuk-input--width-10")

    def __init__(self, partnership_id: uuid.UUID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.role.choices = choices.of_list(partnership_id, "person-roles")

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What is asked for depends on what the case is about."""
        super().validate(*args, **kwargs)
        if self.about_person:
            _check_person(self)
        if self.about_place and not self.place_description.data and not self.place_address.data:
            self.put_error("place_description", "Enter what the place is, or its address")
        return not self.error_summary()

    @property
    def about_person(self) -> bool:
        """Whether a person is to be put on the case."""
        if self.subject_kind.data == SubjectKind.PLACE:
            return bool(self.first.data or self.last.data or self.role.data or self.not_known.data)
        return bool(self.subject_kind.data)

    @property
    def about_place(self) -> bool:
        """Whether a place is to be put on the case."""
        if self.subject_kind.data == SubjectKind.PERSON:
            return bool(self.place_description.data or self.place_address.data)
        return bool(self.subject_kind.data)

    def person(self) -> dict[str, Any]:
        """What `operations.add_person` takes."""
        return {"names": _names(self), "role": self.role.data, "born": _born(self), "details": _details(self)}

    def place(self) -> dict[str, str]:
        """What `operations.add_place` takes."""
        return {
            "description": self.place_description.data or "",
            "address": self.place_address.data or "",
            "postcode": self.place_postcode.data or "",
        }
