"""Settings: a file of SQLite, or the PostgreSQL database that the environment names."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
SECRET_KEY = os.environ.get("SECRET_KEY", "for this example only")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "project.urls"
INSTALLED_APPS = ["support"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

if "PGDATABASE" in os.environ:  # PGHOST, PGUSER and so on are read by libpq itself
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"]}}
else:
    options = {"transaction_mode": "IMMEDIATE"}  # whoever begins to write waits, and is not refused later
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "shop.db", "OPTIONS": options}}
