"""``manage.py seed``: scikit-learn's bundled diabetes and wine data as files; done once."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Writes diabetes.csv and wine.parquet beside manage.py."""

    help = "Write diabetes.csv and wine.parquet."

    def handle(self, *args: Any, **options: Any) -> None:
        """Files that are there already are left alone."""
        diabetes, wine = (Path(settings.BASE_DIR) / name for name in ("diabetes.csv", "wine.parquet"))
        if not diabetes.exists():
            _diabetes(diabetes)
        if not wine.exists():
            _wine(wine)


def _diabetes(target: Path) -> None:
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.rename(columns={"target": "progression"}).to_csv(target, index=False)


def _wine(target: Path) -> None:
    from sklearn.datasets import load_wine

    frame = load_wine(as_frame=True).data
    frame.insert(0, "bottle", range(1, len(frame) + 1))
    frame.to_parquet(target, index=False)
