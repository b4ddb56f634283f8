"""What the census is asked."""

from flyball import Classification, Outcome, Rows, Search


class Income(Classification):
    """Does this person earn more than 50,000 dollars a year?"""

    rows = Rows("adult.csv")
    outcome = Outcome("income", positive=">50K")
    candidates = [
        "linear",
        "forest",
        "extra_trees",
        "boosting",
        "svm",
        "nearest_neighbours",
        "naive_bayes",
    ]
    search = Search(trials=4, seconds=20)
