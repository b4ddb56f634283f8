"""What the laboratory asks."""

from flyball import Clustering, Outcome, Regression, RequestSource, Rows, Search, Threshold


class Progression(Regression):
    """How far does this patient's diabetes progress within a year?"""

    rows = Rows("diabetes.csv")
    outcome = Outcome("progression")
    decide = Threshold(150, at_or_above="see soon", below="see as usual")
    candidates = ["linear", "forest", "boosting", "nearest_neighbours"]
    search = Search(trials=4)


class Cultivar(Clustering):
    """Which wines are alike, by their chemistry?"""

    rows = Rows("wine.parquet", key="bottle")
    features = [
        RequestSource("alcohol", "malic_acid", "ash", "flavanoids", "color_intensity", "hue", "proline")
    ]
    candidates = ["kmeans", "gaussian_mixture"]
    search = Search(trials=4)
