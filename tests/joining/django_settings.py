"""Settings of Django for the tests that run in a process of their own; databases are added as tests need them."""

SECRET_KEY = "nothing here is secret"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
