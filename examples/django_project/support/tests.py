"""The project's own tests: python manage.py test."""

import json
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase, TransactionTestCase
from support.desk import SECRET, desk
from support.models import Case, Complaint

from supporttiers import Actor, VendorStatus
from supporttiers.backends.signatures import sign
from supporttiers.clock import SystemClock
from supporttiers.commands import VendorUpdate

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


class Calls(TestCase):
    """What a vendor calls in."""

    def setUp(self) -> None:
        """Have a case at the vendor, and a call about it."""
        case = desk.open("The teapot has arrived broken", by="jane", id="T-1")
        case = desk.dispatch(case, by="bob", vendor="acme", text="Please send a new one.")
        key = case.vendor_tickets[0].key
        opened = VendorUpdate(
            case_id=case.id, by=Actor.vendor("acme"), vendor="acme", key=key, remote_id="AP-1",
            status=VendorStatus.OPEN,
        )  # fmt: skip
        desk.execute(opened)
        now = SystemClock().now()
        data = {"id": "AP-1", "status": "in_progress", "updated_at": now.isoformat()}
        self.body = json.dumps({"type": "org.supporttiers.vendor.changed", "data": data}).encode()
        self.headers = sign(self.body, id="msg_1", at=now, secrets=[SECRET])

    def call(self, vendor: str = "acme", **headers: str) -> HttpResponse:
        """Call as the vendor does."""
        given = {**self.headers, **headers}
        return self.client.post(f"/vendors/{vendor}", self.body, content_type="application/json", headers=given)

    def test_vendor_is_heard_once(self) -> None:
        """What it says twice is taken once."""
        self.assertEqual([200, 200], [self.call().status_code, self.call().status_code])
        self.assertEqual("in_progress", desk.get("T-1").vendor_tickets[0].status)

    def test_others_are_refused(self) -> None:
        """Who does not know the secret is nobody, and other vendors take no calls."""
        forged = self.call(**{"webhook-signature": "v1,bm9ib2R5"})
        self.assertEqual([401, 404], [forged.status_code, self.call("globex").status_code])
        self.assertEqual("open", desk.get("T-1").vendor_tickets[0].status)


class Migrations(TransactionTestCase):
    """The migration goes there and back."""

    def test_way_back_takes_the_tables_away(self) -> None:
        """Going back takes away what was made, and going there makes it again."""
        call_command("migrate", "support", "zero", verbosity=0)
        left = [name for name in connection.introspection.table_names(include_views=True) if "support" in name]
        call_command("migrate", verbosity=0)

        self.assertEqual([], left)
        self.assertEqual(0, Case.objects.count())
