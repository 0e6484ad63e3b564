"""What people type about their own account."""

from psg.web.fields import ChoiceField, EmailField, PasswordField, TextField, option
from psg.web.forms import Form


class SignInForm(Form):
    """E-mail address and password."""

    email = EmailField("E-mail address", missing="Enter your e-mail address", autocomplete="username")
    password = PasswordField("Password", missing="Enter your password", autocomplete="current-password")


class InvitationForm(Form):
    """Name and first password."""

    first_name = TextField("First name", max=80, missing="Enter your first name", autocomplete="given-name")
    last_name = TextField("Last name", max=80, missing="Enter your last name", autocomplete="family-name")
    password = PasswordField(
        "Password",
        hint="15 characters or more. Three words are good.",
        missing="Enter a password",
        autocomplete="new-password",
    )


class ForgottenForm(Form):
    """The address a reset link goes to."""

    email = EmailField("E-mail address", missing="Enter your e-mail address", autocomplete="username")


class NewPasswordForm(Form):
    """A new password."""

    password = PasswordField(
        "New password",
        hint="15 characters or more. Three words are good.",
        missing="Enter a new password",
        autocomplete="new-password",
    )


class SettingsForm(Form):
    """A person's own name and reminders."""

    first_name = TextField("First name", max=80, missing="Enter your first name", autocomplete="given-name")
    last_name = TextField("Last name", max=80, missing="Enter your last name", autocomplete="family-name")
    digest = ChoiceField(
        "Weekday morning e-mail",
        hint="Escalations, meetings and account messages always come.",
        choices=[option("on", "Send it"), option("off", "Do not send it")],
        missing="Select whether the weekday e-mail is sent",
    )


class ChangePasswordForm(Form):
    """The present password and a new one."""

    current = PasswordField("Present password", missing="Enter your present password", autocomplete="current-password")
    password = PasswordField(
        "New password",
        hint="15 characters or more. Three words are good.",
        missing="Enter a new password",
        autocomplete="new-password",
    )
