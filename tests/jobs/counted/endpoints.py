"""The endpoint; the variable names its file of rows."""

import os

from optuna.distributions import FloatDistribution
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from flyball import Candidate, Classification, Outcome, Rows, Search
from tests.jobs.counted.transformers import Fits

ROWS = "TEST_ROWS"


class Counted(Classification):
    """Is it yes?"""

    rows = Rows(os.environ.get(ROWS, "rows.csv"))
    outcome = Outcome("bought", positive="yes")
    candidates = [
        Candidate(
            "mine",
            make_pipeline(Fits(), GaussianNB()),
            {
                "fits__point": FloatDistribution(0.0, 1.0),
                "gaussiannb__var_smoothing": FloatDistribution(1e-9, 10.0, log=True),
            },
        ),
        # No model; and its set of texts has another order in each process.
        Candidate("failing", CountVectorizer(stop_words={"a", "of", "the"})),
    ]
    trusted = [Fits]
    search = Search(trials=10, seconds=3600)
    cv = 3
