"""`psg user`: inviting from the command line, for the first people of a partnership and for lost administrators."""

import uuid

import click
from flask.cli import with_appcontext

from psg import audit, settings
from psg.access import Role
from psg.accounts import operations as accounts
from psg.accounts import queries
from psg.accounts.models import PasswordLink
from psg.db import DomainError, transaction
from psg.partnerships import operations as partnerships
from psg.partnerships import queries as partnership_queries


@click.group()
def user() -> None:
    """Invite people."""


@user.command()
@click.argument("email")
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--administrator", is_flag=True, help="A system administrator, who sees configuration and no case.")
@click.option("--partnership", "slug", help="The partnership's name in addresses; with --agency and --role.")
@click.option("--agency", "agency_name", help="The agency's full name.")
@click.option("--post", default="")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="A role in the whole partnership.")
@with_appcontext
def invite(
    email: str,
    first_name: str,
    last_name: str,
    administrator: bool,
    slug: str | None,
    agency_name: str | None,
    post: str,
    role: str | None,
) -> None:
    """Invite somebody by e-mail; prints the link as well."""
    if not administrator and not (slug and agency_name):
        raise click.ClickException("Give --administrator, or --partnership and --agency.")
    if administrator and slug:
        raise click.ClickException("A system administrator holds no place in a partnership.")
    try:
        with transaction():
            person = queries.by_email(email) or accounts.create_user(
                email=email,
                first_name=first_name,
                last_name=last_name,
                is_system_administrator=administrator,
                by=audit.SYSTEM,
            )
            link = accounts.invite(person, partnership_id=None, by=audit.SYSTEM)
            if slug and agency_name:
                _join(person.id, slug, agency_name, post, role)
    except DomainError as problem:
        raise click.ClickException(str(problem)) from None
    _say(link)


def _join(user_id: uuid.UUID, slug: str, agency_name: str, post: str, role: str | None) -> None:
    partnership = partnership_queries.by_slug(slug)
    if partnership is None:
        raise DomainError(f"There is no partnership called {slug}.")
    places = partnership_queries.directory(partnership.id).agencies
    agency = next((place for place in places if place.name == agency_name), None)
    if agency is None:
        raise DomainError(f"{agency_name} is not in this partnership.")
    member = partnerships.add_member(
        partnership.id,
        user_id=user_id,
        agency_id=agency.id,
        post=post,
        by=audit.SYSTEM,
    )
    if role:
        partnerships.grant_role(member, Role(role), by=audit.SYSTEM)


def _say(link: PasswordLink) -> None:
    base = settings.current().base_url
    click.echo(f"{base}/invitations/{accounts.token_of(link.id)}")
    click.echo("The link works once, for 48 hours. The person gets it by e-mail too.")
