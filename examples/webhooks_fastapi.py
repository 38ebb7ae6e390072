"""
Calls of vendors' systems, taken by a FastAPI application.

In production: `uvicorn webhooks_fastapi:app`. Run as a script, the vendor of this very process calls it.
"""

import asyncio
import json
from pathlib import Path

from fastapi import FastAPI, Request, Response
from httpx import ASGITransport, AsyncClient

from supporttiers import AsyncSupportDesk, FakeClock, InputError, VendorStatus
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
desk = AsyncSupportDesk(Path(__file__).with_name("acme.toml"), clock=clock, vendors=[vendor])
app = FastAPI()


@app.post("/vendors/{name}")
@app.post("/vendors/{name}/{secret}")  # for systems that cannot sign, and have a secret in their address
async def take_call(name: str, request: Request, secret: str = "") -> Response:
    """Hand over what came as it came; answer with the number that the desk gives, and nothing else."""
    body = await whole_body(request)
    if body is None:
        return Response(status_code=413)
    headers = [*request.headers.items(), ("x-supporttiers-secret", secret)] if secret else request.headers.items()
    try:
        receipt = await desk.receive(name, headers, body)
    except WebhookRefusedError as refusal:
        return Response(status_code=refusal.http_status)
    return Response(status_code=receipt.http_status)


async def whole_body(request: Request) -> bytes | None:
    """Read the bytes; None, and no more of them, where they are too many."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def main() -> None:
    """Send a case to the vendor, let it call, and see what becomes of that; strangers are turned away."""
    case = await desk.open("Drum is worn out", id="T-1", by="jane", category="printing")
    case = await desk.escalate(case, by="bob", reason="needs a technician")
    case = await desk.escalate(case, by="eve")
    await desk.run_due()
    ticket = (await desk.get("T-1")).vendor_tickets[0].remote_id
    assert ticket is not None
    vendor.update(ticket, status=VendorStatus.RESOLVED, text="Replaced the drum.")

    body = json.dumps({"ticket": ticket}).encode()
    signed = sign(body, id="msg_1", at=clock.now(), secrets=[SECRET])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://support") as client:
        print("the vendor:", (await client.post("/vendors/acme-print", content=body, headers=signed)).status_code)
        print("a stranger:", (await client.post("/vendors/acme-print", content=body)).status_code)
        print(
            "changed on the way:", (await client.post("/vendors/acme-print", content=b"{}", headers=signed)).status_code
        )
        print("for nobody:", (await client.post("/vendors/nobody", content=body, headers=signed)).status_code)
        print("too long:", (await client.post("/vendors/acme-print", content=b"x" * 2 * MOST_BYTES)).status_code)

    await desk.run_due()
    case = await desk.get("T-1")
    print("after the next pass:", case.place, case.vendor_tickets[0].status)
    await desk.shut_down()


if __name__ == "__main__":
    asyncio.run(main())
