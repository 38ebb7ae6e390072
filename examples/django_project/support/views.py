"""Complaints: a row of the shop's and a case of the desk's, both or neither."""

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from support.desk import desk
from support.models import Case, Complaint


@csrf_exempt  # so that the example can be tried with curl
@require_POST
def complain(request: HttpRequest) -> JsonResponse:
    """Open a case, and write down to which order it belongs."""
    with transaction.atomic():
        case = desk.open(request.POST["text"], by=request.POST["customer"])
        complaint = Complaint(order_number=request.POST["order"], text=request.POST["text"], case_id=case.id)
        complaint.full_clean()  # what is wrong here takes the case back, too
        complaint.save()
    return JsonResponse({"complaint": complaint.pk, "case": case.id}, status=201)


@require_GET
def complaint(request: HttpRequest, number: int) -> JsonResponse:
    """Say how a complaint stands."""
    found = get_object_or_404(Complaint, pk=number)
    case = Case.objects.get(id=found.case_id)
    return JsonResponse({"order": found.order_number, "status": case.status, "tier": case.tier})
