"""Django's settings, as its own `startproject` lays them out, on the database that PSG_DATABASE_URL names."""

import os
from pathlib import Path

from sqlalchemy.engine import make_url

_ADDRESS = make_url(os.environ["PSG_DATABASE_URL"])

SECRET_KEY = "only for comparing " * 3
FIELD_ENCRYPTION_KEY = "b25seSBmb3IgY29tcGFyaW5nLCBub3RoaW5nIGhlcmU="
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.benchmarks.django_peer.pages"
LOGIN_URL = "/sign-in"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _ADDRESS.database,
        "USER": _ADDRESS.username,
        "PASSWORD": _ADDRESS.password or "",
        "HOST": _ADDRESS.host or "",
        "PORT": _ADDRESS.port or "",
        "OPTIONS": dict(_ADDRESS.query),
        "CONN_MAX_AGE": None,  # each thread keeps its connection, as PSG's pool does
    }
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "tests.benchmarks.django_peer",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": os.environ.get("PEER_TEMPLATES", "django.template.backends.django.DjangoTemplates"),
        "DIRS": [Path(__file__).parent],
    }
]
