"""
Calls of vendors' systems, taken by Django.

A project of your own takes over the view and its address. Run as a script, the vendor of this very process calls it.
"""

import json
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from supporttiers import FakeClock, InputError, SupportDesk, VendorStatus
from supporttiers.backends.signatures import sign, verify
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorCall, VendorNews
from supporttiers.errors import WebhookRefusedError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the standard's example
MOST_BYTES = 1024 * 1024


class AcmePrint(InProcessVendor):
    """A vendor that signs its calls; in production, a gateway that comes with the library, or one of your own."""

    def receive(self, call: VendorCall, /) -> VendorNews:
        """Make sure that it is the vendor's; the ticket is asked about before anything is believed."""
        try:
            delivery = verify(call.headers, call.body, secrets=[SECRET], now=call.now)
            return VendorNews(delivery=delivery, hints=[str(json.loads(call.body)["ticket"])])
        except InputError as error:
            raise WebhookRefusedError(self.name, 401, f"{error.field} {error.problem}") from None
        except (ValueError, TypeError, KeyError, RecursionError):
            raise WebhookRefusedError(self.name, 400, "it speaks of no ticket") from None


clock = FakeClock("2026-03-23T09:00Z")  # leave it out in production: the machine's clock is the default
vendor = AcmePrint("acme-print")
desk = SupportDesk(Path(__file__).with_name("acme.toml"), clock=clock, vendors=[vendor])


@csrf_exempt  # a vendor has no cookie of ours; the gateway makes sure that it is the vendor
@require_POST
def take_call(request: HttpRequest, name: str, secret: str = "") -> HttpResponse:
    """Hand over what came as it came; answer with the number that the desk gives, and nothing else."""
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        return HttpResponse(status=413)
    headers = dict(request.headers.items())
    if secret:
        headers["x-supporttiers-secret"] = secret
    try:
        receipt = desk.receive(name, headers, body)
    except WebhookRefusedError as refusal:
        return HttpResponse(status=refusal.http_status)
    return HttpResponse(status=receipt.http_status)


urlpatterns = [
    path("vendors/<str:name>", take_call),
    path("vendors/<str:name>/<str:secret>", take_call),  # for systems that cannot sign, and have it in their address
]


def main() -> None:
    """Send a case to the vendor, let it call, and see what becomes of that; strangers are turned away."""
    case = desk.open("Drum is worn out", id="T-1", by="jane", category="printing")
    case = desk.escalate(case, by="bob", reason="needs a technician")
    case = desk.escalate(case, by="eve")
    desk.run_due()
    ticket = desk.get("T-1").vendor_tickets[0].remote_id
    assert ticket is not None
    vendor.update(ticket, status=VendorStatus.RESOLVED, text="Replaced the drum.")

    body = json.dumps({"ticket": ticket}).encode()
    signed = sign(body, id="msg_1", at=clock.now(), secrets=[SECRET])
    print("the vendor:", posted("acme-print", body, signed))
    print("a stranger:", posted("acme-print", body, {}))
    print("changed on the way:", posted("acme-print", b"{}", signed))
    print("for nobody:", posted("nobody", body, signed))
    print("too long:", posted("acme-print", b"x" * 2 * MOST_BYTES, signed))

    desk.run_due()
    case = desk.get("T-1")
    print("after the next pass:", case.place, case.vendor_tickets[0].status)


def posted(name: str, body: bytes, headers: dict[str, str]) -> int:
    """Call as a vendor would, and give the number of the answer."""
    return Client().post(f"/vendors/{name}", body, content_type="application/json", headers=headers).status_code


if __name__ == "__main__":
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"])
    django.setup()
    main()
