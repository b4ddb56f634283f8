"""The bank's page for asking for a loan."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import flyball
from flyball.domain.errors import FlyballError
from loans.models import Loan


@csrf_exempt  # the bank's own app calls this, with no cookie to abuse
@require_POST
def apply_for_loan(request: HttpRequest) -> JsonResponse:
    """Store a loan and decide on it; ``reference`` lets the outcome find the prediction later."""
    loan = Loan.objects.create(
        customer_id=int(request.POST["customer"]),
        applied_at=timezone.now(),
        amount=int(request.POST["amount"]),
        purpose=request.POST["purpose"],
    )
    try:
        answer = flyball.predict(
            "credit",
            entity={"customer_id": loan.customer_id},
            input={"amount": loan.amount, "purpose": loan.purpose},
            reference=str(loan.pk),
        )
    except FlyballError as error:
        return JsonResponse({"loan": loan.pk, "error": error.code}, status=422)
    loan.decision = answer.decision or ""
    loan.save(update_fields=["decision"])
    return JsonResponse({"loan": loan.pk, "decision": loan.decision, "prediction": str(answer.id)})
