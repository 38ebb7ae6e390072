"""The project's own tests: python manage.py test."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase
from support.desk import desk
from support.models import Case, Complaint

from supporttiers.clock import SystemClock

COMPLAINT = {"customer": "jane", "order": "4711", "text": "The teapot has arrived broken"}


class Complaints(TestCase):
    """Each test is rolled back, with the rows of the shop and the cases of the desk."""

    def test_complaint_and_case_are_there_together(self) -> None:
        """A complaint has a case, which the ORM finds by way of the view."""
        answer = self.client.post("/complaints", COMPLAINT)

        self.assertEqual(201, answer.status_code)
        complaint = Complaint.objects.get()
        self.assertEqual("The teapot has arrived broken", Case.objects.get(id=complaint.case_id).subject)
        shown = self.client.get(f"/complaints/{complaint.pk}").json()
        self.assertEqual({"order": "4711", "status": "queued", "tier": 1}, shown)

    def test_complaint_that_is_refused_leaves_no_case(self) -> None:
        """An order number that is too long takes the case back."""
        with self.assertRaises(ValidationError):
            self.client.post("/complaints", COMPLAINT | {"order": "4" * 30})

        self.assertFalse(Complaint.objects.exists())
        self.assertFalse(Case.objects.exists())

    def test_pass_escalates_what_nobody_has_touched(self) -> None:
        """The command does what time asks for: an hour ago this case came to the first tier."""
        an_hour_ago = SystemClock().now() - timedelta(hours=1)
        case = desk.open("Still broken", by="jane", at=an_hour_ago)

        call_command("run_due", verbosity=0)

        self.assertEqual(2, Case.objects.get(id=case.id).tier)


class Migrations(TransactionTestCase):
    """The migration goes there and back."""

    def test_way_back_takes_the_tables_away(self) -> None:
        """Going back takes away what was made, and going there makes it again."""
        call_command("migrate", "support", "zero", verbosity=0)
        left = [name for name in connection.introspection.table_names(include_views=True) if "support" in name]
        call_command("migrate", verbosity=0)

        self.assertEqual([], left)
        self.assertEqual(0, Case.objects.count())
