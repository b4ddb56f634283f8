"""What the bank wants to know before it lends."""

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows, Search, Threshold


class Credit(Classification):
    """Will this loan be repaid?"""

    rows = Rows("loans.Loan", key="id", time="applied_at")
    features = [
        RequestSource("amount", "purpose"),
        FeatureTable(
            "customer",
            model="loans.Customer",
            on="customer_id",
            columns=["age", "income"],
            static=True,
            writable=["income"],
        ),
    ]
    outcome = Outcome("status", positive="defaulted")
    decide = Threshold(0.4, at_or_above="refuse", below="accept")
    candidates = ["linear", "boosting"]
    search = Search(trials=2)
