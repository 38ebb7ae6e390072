"""
A real django-helpdesk, on a port of this machine and a database of its own, for as long as its standard input is open.

    python helpdesk_site.py DIRECTORY

It is a process of its own, because the tests have settings of Django's already. A line of JSON on standard output says
where it is, and who may do what. Where its webhooks go stands in the file `webhooks` of the directory, a URL a line,
and may be changed at any time.
"""

import json
import os
import sys
import threading
from pathlib import Path

USERS = {"desk": "desk@house.test", "mary": "mary@vendor.test", "guest": "guest@house.test"}
PASSWORD = "hunter2-of-helpdesk"
TOKENS = {"desk": "0123456789abcdef0123456789abcdef01234567"}
"""The token of our account is known beforehand, to those who look whether it is told."""


def main(directory: str) -> None:
    """Set it up, say so, and serve."""
    base = Path(directory)
    _configure(base)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    seeded = _seed()
    _serve(seeded)


def urls_in(base: Path) -> list[str]:
    """Read where the webhooks go."""
    file = base / "webhooks"
    return file.read_text().split() if file.exists() else []


def _configure(base: Path) -> None:
    from django.conf import settings

    settings.configure(
        SECRET_KEY=os.urandom(32).hex(),
        ALLOWED_HOSTS=["127.0.0.1", "localhost"],
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
            "django.contrib.sites", "django.contrib.humanize", "rest_framework", "rest_framework.authtoken", "helpdesk",
        ],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware"],
        ROOT_URLCONF=__name__,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": base / "helpdesk.sqlite3",
                               "OPTIONS": {"timeout": 20}}},
        USE_TZ=True,
        TIME_ZONE="UTC",
        SITE_ID=1,
        MEDIA_ROOT=base / "media",
        MEDIA_URL="/media/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        HELPDESK_GET_FOLLOWUP_WEBHOOK_URLS=lambda: urls_in(base),
        HELPDESK_GET_NEW_TICKET_WEBHOOK_URLS=lambda: urls_in(base),
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework.authentication.TokenAuthentication", "rest_framework.authentication.BasicAuthentication"]},
    )  # fmt: skip


def _seed() -> dict[str, object]:
    from django.contrib.auth import get_user_model
    from helpdesk.models import Queue
    from rest_framework.authtoken.models import Token

    seeded: dict[str, object] = {}
    for name, email in USERS.items():
        user = get_user_model().objects.create_user(name, email, PASSWORD, is_staff=name != "guest")
        seeded[name] = {"id": user.id, "token": Token.objects.create(user=user, key=TOKENS.get(name, "")).key}
    seeded["queue"] = Queue.objects.create(title="Support", slug="support", email_address="support@vendor.test").id
    return seeded


def _serve(seeded: dict[str, object]) -> None:
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=8)
    seeded["url"] = f"http://127.0.0.1:{server.effective_port}/"
    threading.Thread(target=_end_with_input, daemon=True).start()
    print(json.dumps(seeded), flush=True)  # noqa: T201 - whoever has started it waits for that
    server.run()


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def __getattr__(name: str) -> object:
    if name != "urlpatterns":  # Django asks for them after it has been set up
        raise AttributeError(name)
    from django.urls import include, path

    return [path("", include("helpdesk.urls", namespace="helpdesk"))]


if __name__ == "__main__":
    main(*sys.argv[1:])
