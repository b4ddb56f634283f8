"""The bank's own tests: Flyball answers in them without a thread, a model or a server."""

from django.test import TestCase

from flyball.testing import answers
from loans.models import Customer

REFUSE = {
    "output": {"label": "defaulted", "probabilities": {"defaulted": 0.9, "repaid": 0.1}},
    "decision": "refuse",
}


class AskingForALoan(TestCase):
    """The page stores what was decided."""

    def test_the_decision_is_stored_with_the_loan(self) -> None:
        """A refusal is shown and stored, and the prediction carries the loan's number."""
        customer = Customer.objects.create(age=30, income=20_000)
        with answers({"credit": REFUSE}) as made:
            answer = self.client.post(
                "/loans/", {"customer": customer.pk, "amount": 9_000, "purpose": "car"}
            ).json()
        assert answer["decision"] == "refuse"
        assert made[0].reference == str(answer["loan"])
