"""Makes the peer's tables beside PSG's, fills them from PSG's cases, and prints the cookie of somebody signed in.

python -m tests.benchmarks.django_peer.prepare
"""

import random

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from encrypted_model_fields.fields import encrypt_str

from tests.benchmarks.filling import words

SEALED = 2_000
"""So many different texts for each column, shared by the rows: one costs the same to open however often it stands."""


def make_tables() -> None:
    """Django's own, and those of the models here."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for name in ("Case", "Seen"):
            editor.create_model(apps.get_model("django_peer", name))


def fill() -> None:
    """As many rows as PSG has cases, with texts of the same lengths."""
    chance = random.Random(7)
    ways = (lambda: words(chance, 7), lambda: f"{chance.randrange(30)} of 30", lambda: words(chance, 20))
    sealed = [[encrypt_str(write()).decode() for _ in range(SEALED)] for write in ways]
    plain = "id, partnership_id, reference, state, subject_kind, band, lead_officer_id, review_on, last_activity_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into peer_cases ({plain}, title, score, now_text) "
            f"select {plain}, (%s::text[])[turn], (%s::text[])[turn], (%s::text[])[turn] "
            f"from (select *, 1 + row_number() over () %% {SEALED} as turn from cases) c",
            sealed,
        )
        cursor.execute("vacuum analyze peer_cases")


def sign_in() -> str:
    """Starts somebody's session; the value of its cookie."""
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("officer"))
    value: str = browser.cookies["sessionid"].value
    return value


if __name__ == "__main__":
    django.setup()
    make_tables()
    fill()
    print(sign_in())
