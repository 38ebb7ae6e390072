"""
A FastAPI application that takes the calls of a vendor's system.

In production: `uvicorn receive_fastapi:app`. Run as a script, it calls the application as the vendor would.
"""

import asyncio
import json
import os

from fastapi import FastAPI, HTTPException, Request, Response
from httpx import ASGITransport, AsyncClient

from supporttiers import Actor, AsyncSupportDesk, SupportProcess, VendorStatus
from supporttiers.backends.signatures import sign
from supporttiers.backends.vendor.webhook import WebhookVendor
from supporttiers.clock import SystemClock
from supporttiers.commands import VendorUpdate
from supporttiers.errors import WebhookRefusedError

SECRET = os.environ.get("ACME_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # that of the standard's example
MOST = 1024 * 1024
acme = WebhookVendor("acme", url="https://tickets.acme.example/support", secrets=[SECRET])
desk = AsyncSupportDesk(SupportProcess.default(), vendors=[acme])
app = FastAPI()


@app.post("/vendors/{vendor}")
async def receive(vendor: str, request: Request) -> Response:
    """Hand over what came in, byte by byte, and answer with what the desk says."""
    body = b""
    async for part in request.stream():  # no more than the desk takes
        body += part
        if len(body) > MOST:
            break
    try:
        receipt = await desk.receive(vendor, request.headers.raw, body)
    except WebhookRefusedError as refusal:
        raise HTTPException(refusal.http_status, refusal.problem) from None
    return Response(status_code=receipt.http_status)


async def main() -> None:
    """Send a case to the vendor, and let the vendor call: twice the same, and once as somebody else."""
    case = await desk.open("Drum is worn out", id="T-1", by="jane")
    case = await desk.dispatch(case, by="bob", vendor="acme", text="Please send a new one.")
    update = VendorUpdate(
        case_id=case.id, by=Actor.vendor("acme"), vendor="acme", key=case.vendor_tickets[0].key, remote_id="AP-1",
        status=VendorStatus.OPEN,
    )  # fmt: skip
    await desk.execute(update)  # stands for the next pass, which would open the ticket
    now = SystemClock().now()
    data = {"id": "AP-1", "status": "in_progress", "updated_at": now.isoformat(), "text": "It is on its way."}
    body = json.dumps({"type": "org.supporttiers.vendor.changed", "data": data}).encode()
    signed = sign(body, id="msg_1", at=now, secrets=[SECRET])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://support") as client:
        for headers in (signed, signed, {**signed, "webhook-signature": "v1,bm9ib2R5"}):
            answer = await client.post("/vendors/acme", content=body, headers=headers)
            print(answer.status_code, answer.text or "taken")
    found = await desk.get("T-1")
    print(f"the vendor says: {found.vendor_tickets[0].status}")


if __name__ == "__main__":
    asyncio.run(main())
