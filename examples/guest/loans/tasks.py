"""What the bank's Celery app does."""

from celery import shared_task

from loans.models import Loan


@shared_task
def undecided() -> int:
    """How many loans wait for a decision."""
    return Loan.objects.filter(decision="").count()
