"""
The peer: django-helpdesk's `escalate_tickets`; run in a Python of its own, where it is installed.

Makes so many open tickets in an SQLite file; then, for each line that it reads, makes some of them due (none, or 100),
and prints the seconds of the command. Mail goes nowhere, but is written.
"""
# ruff: noqa: PLC0415 - Django wants to be configured before anything else is imported

import logging
import random
import sys
import time
import types
from datetime import timedelta

import django
from django.conf import settings

APPS = (
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.sites",
    "django.contrib.admin", "django.contrib.messages", "django.contrib.humanize", "rest_framework", "helpdesk",
)  # fmt: skip


def configured(path: str) -> None:
    """Make a project that has nothing but the help desk."""
    logging.disable(logging.CRITICAL)
    settings.configure(
        INSTALLED_APPS=APPS,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}},
        USE_TZ=True,
        SITE_ID=1,
        SECRET_KEY="benchmark",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        ROOT_URLCONF="urls_of_benchmark",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()
    from django.urls import include
    from django.urls import path as route

    urls = types.ModuleType("urls_of_benchmark")
    urls.urlpatterns = [route("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]
    sys.modules[urls.__name__] = urls


def filled(n: int) -> None:
    """Make one ticket, and copies of it."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone
    from helpdesk.models import Queue, Ticket

    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    queue = Queue.objects.create(title="Support", slug="support", escalate_days=1, email_address="desk@example.com")
    Ticket.objects.create(
        title="The printer prints hieroglyphs", queue=queue, submitter_email="jane@example.com", priority=3,
        created=timezone.now(), last_escalation=timezone.now(), description="The printer prints hieroglyphs",
    )  # fmt: skip
    others = ", ".join(field.column for field in Ticket._meta.concrete_fields if not field.primary_key)  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE series (number) AS "
            f"(SELECT 1 UNION ALL SELECT number + 1 FROM series WHERE number < {n - 1}) "
            f"INSERT INTO helpdesk_ticket ({others}) SELECT {others} FROM helpdesk_ticket, series"
        )


def main(path: str, n: int, due: int) -> None:
    """Make ready, and take turns."""
    configured(path)
    from django.core.management import call_command
    from django.utils import timezone
    from helpdesk.models import Ticket

    filled(n)
    print("ready", flush=True)
    for turn, _ in enumerate(iter(sys.stdin.readline, "")):
        if due:
            late = random.Random(turn).sample(range(1, n + 1), due)
            Ticket.objects.filter(id__in=late).update(last_escalation=timezone.now() - timedelta(days=9), priority=3)
        began = time.perf_counter()
        call_command("escalate_tickets")
        print(time.perf_counter() - began, flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
