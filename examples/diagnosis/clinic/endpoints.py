"""What this clinic wants to know."""

from flyball import Classification, FeatureTable, Outcome, Rows, Search, Threshold


class Diagnosis(Classification):
    """Is this patient's tumour malignant?"""

    rows = Rows("clinic.Patient", key="number")
    features = [
        FeatureTable("mean", model="clinic.Mean", on="number", writable=["mean_radius", "mean_texture"]),
        FeatureTable("error", model="clinic.Error", on="number"),
        FeatureTable("worst", model="clinic.Worst", on="number", writable=["worst_area", "worst_radius"]),
    ]
    outcome = Outcome("diagnosis", positive="malignant")
    decide = Threshold(0.3, at_or_above="biopsy", below="routine")
    candidates = ["linear", "forest"]
    search = Search(trials=4)
