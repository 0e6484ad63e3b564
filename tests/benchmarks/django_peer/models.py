"""The peer's tables: what PSG's list shows of a case, its three sealed columns under one key, and an audit row."""

from django.db import models
from encrypted_model_fields.fields import EncryptedCharField, EncryptedTextField


class Officer(models.Model):
    """A person of PSG's own table."""

    id = models.UUIDField(primary_key=True)
    last_name = models.TextField()

    class Meta:
        app_label = "django_peer"
        db_table = "users"
        managed = False


class Case(models.Model):
    """A case as the list shows it."""

    id = models.UUIDField(primary_key=True)
    partnership_id = models.UUIDField()
    reference = models.TextField()
    state = models.TextField()
    subject_kind = models.TextField()
    band = models.TextField()
    lead_officer = models.ForeignKey(Officer, on_delete=models.CASCADE, db_constraint=False)
    review_on = models.DateField()
    last_activity_at = models.DateTimeField()
    title = EncryptedCharField(max_length=200)
    score = EncryptedCharField(max_length=40)
    now_text = EncryptedTextField()

    class Meta:
        app_label = "django_peer"
        db_table = "peer_cases"
        indexes = (models.Index("partnership_id", "state", "review_on", "id", name="peer_cases_list"),)

    @property
    def review(self) -> str:
        """The date as both kinds of template write it."""
        return str(self.review_on)

    @property
    def activity(self) -> str:
        """The same for the last activity."""
        return str(self.last_activity_at.date())


class Seen(models.Model):
    """Who was shown which cases."""

    user_id = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    what = models.TextField()
    ids = models.TextField()

    class Meta:
        app_label = "django_peer"
        db_table = "peer_seen"
