"""What people type about a partnership, its people and its agencies."""

import uuid

from psg import reference
from psg.access import Role, Standing
from psg.access.roles import GROUP_ROLES, ROLE_WORDS
from psg.partnerships.queries import Directory, Member
from psg.partnerships.rules import GroupState
from psg.web.fields import ChoiceField, DateField, EmailField, LongTextField, SelectField, TextField, option
from psg.web.forms import Form

COLOURS = ("Petrol", "Green", "Purple", "Ochre", "Blue", "Maroon")
"""The six tested colours of a partnership, in the order of the style sheet."""


class ConfirmForm(Form):
    """A form that is only a button: something that cannot be undone, or an order to send."""


class RoleForm(Form):
    """A role, and the group in which it is held."""

    role = SelectField("Role", missing="Select a role", coerce=Role)
    group = SelectField(
        "Group", empty="The whole partnership", hint="A chair is the chair of one group", coerce=uuid.UUID
    )

    def offer(self, names: Directory) -> "RoleForm":
        """Fill the lists from the partnership."""
        self.role.choices = [option(role.value, words) for role, words in ROLE_WORDS.items()]
        self.group.choices = [option(g.id, g.name) for g in names.groups if g.state is GroupState.ACTIVE]
        return self


class InviteForm(RoleForm):
    """A colleague to invite."""

    first_name = TextField("First name", max=80, missing="Enter their first name")
    last_name = TextField("Last name", max=80, missing="Enter their last name")
    email = EmailField("Work e-mail address", missing="Enter their work e-mail address")
    post = TextField("Post", max=120, hint="Such as neighbourhood police sergeant")
    agency = SelectField("Agency", missing="Select their agency", coerce=uuid.UUID)
    role = SelectField("First role", empty="None yet", coerce=Role)
    group = SelectField("Group", empty="The whole partnership", coerce=uuid.UUID)

    @classmethod
    def for_inviter(cls, standing: Standing, names: Directory) -> "InviteForm":
        """Coordinators choose agency and role; an agency lead invites into their own agency."""
        form = cls()
        form.offer(names)
        if Role.COORDINATOR in standing.roles:
            form.agency.choices = [option(a.id, a.name) for a in names.agencies if a.active]
        else:
            del form.agency, form.role, form.group
        return form


class AddAgencyForm(Form):
    """An agency of the installation, or a new one."""

    existing = SelectField("An agency that is already in PSG", empty="None of these: it is new", coerce=uuid.UUID)
    name = TextField("Name of a new agency")
    short_name = TextField("Short name of a new agency", max=40, hint="For tables, such as Police")
    kind = SelectField("Kind of a new agency", empty="Select one")
    may_refer = ChoiceField(
        "May it log cases?",
        choices=[option("yes", "Yes"), option("no", "No, it only takes part")],
        missing="Select whether the agency may log cases",
        inline=True,
    )

    def offer(self, existing: list[tuple[uuid.UUID, str]]) -> None:
        """Fill the lists."""
        self.existing.choices = [option(agency_id, name) for agency_id, name in existing]
        self.kind.choices = [option(code, label) for code, label in reference.labels("agency-kinds").items()]

    def complete(self) -> bool:
        """Whether one of the two halves is filled."""
        if self.existing.data:
            return True
        for field, words in (
            (self.name, "Select an agency, or enter the name of a new one"),
            (self.short_name, "Enter the short name of the new agency"),
            (self.kind, "Select what kind of agency it is"),
        ):
            if not field.data:
                field.put_error(words)
        return bool(self.name.data and self.short_name.data and self.kind.data)


class AgencyPlaceForm(Form):
    """An agency's place in the partnership."""

    may_refer = ChoiceField(
        "May it log cases?",
        choices=[option("yes", "Yes"), option("no", "No, it only takes part")],
        missing="Select whether the agency may log cases",
        inline=True,
    )
    liaison = SelectField(
        "Designated liaison officer",
        empty="Nobody named",
        hint="The person of the agency that others turn to about information sharing",
        coerce=uuid.UUID,
    )

    def offer(self, people: list[Member]) -> None:
        """The agency's own people."""
        self.liaison.choices = [option(person.user_id, person.name) for person in people]


class GroupForm(Form):
    """A new group."""

    name = TextField("Name of the group", missing="Enter the name of the group")
    slug = TextField(
        "Its name in addresses",
        max=40,
        hint="Small letters, figures and dashes, such as adults. It cannot be changed later",
        missing="Enter the group's name in addresses",
    )


class TermsForm(Form):
    """A group's name and terms of reference."""

    name = TextField("Name of the group", missing="Enter the name of the group")
    terms = LongTextField("Terms of reference", rows=12)
    terms_review_on = DateField("Review the terms on")


class GroupMemberForm(Form):
    """Somebody who joins a group."""

    person = SelectField("Person", missing="Select a person", coerce=uuid.UUID)
    role = ChoiceField("Role in this group", missing="Select the role", coerce=Role)

    def offer(self, names: Directory, not_in: list[Member]) -> None:
        """The people of the partnership by agency, and the roles of a group."""
        chosen = sorted(not_in, key=lambda person: (names.agency(person.agency_id), person.name))
        self.person.choices = [
            option(person.user_id, person.name, group=names.agency(person.agency_id)) for person in chosen
        ]
        self.role.choices = [option(role.value, ROLE_WORDS[role]) for role in sorted(GROUP_ROLES, reverse=True)]


class TermForm(Form):
    """An entry of one of the partnership's lists."""

    label = TextField("Words", missing="Enter the words of the entry")
    hint = TextField("Meaning", max=400, hint="One sentence, shown where people choose")


class ChangeTermForm(TermForm):
    """An entry that is reworded or retired."""

    valid_until = DateField(
        "Last day in use", hint="Leave it empty while the entry is in use. Cases that have it keep it"
    )


class ChangeBasisForm(ChangeTermForm):
    """A lawful basis, which the partnership may name as the usual one."""

    common = ChoiceField(
        "Is it the usual basis of this partnership’s referrals?",
        choices=[
            option("yes", "Yes", hint="It is ticked beforehand in every new referral: only if your agreement names it"),
            option("no", "No", hint="Whoever refers ticks it where it holds"),
        ],
        missing="Select whether it is the usual basis",
    )


class PartnershipForm(Form):
    """The partnership's own settings."""

    name = TextField("Name of the partnership", missing="Enter the name of the partnership")
    contact_email = EmailField(
        "Coordinator's mailbox",
        hint="Answers to reminders go there, and people who are stuck are told to write there",
        missing="Enter the coordinator's mailbox",
    )
    marking = TextField("Marking on pages about cases", max=60, missing="Enter the marking, such as OFFICIAL-SENSITIVE")
    colour = ChoiceField(
        "Colour of the line under the header",
        choices=[option(number, name) for number, name in enumerate(COLOURS, start=1)],
        coerce=int,
        missing="Select a colour",
    )
