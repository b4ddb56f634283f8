"""``manage.py fetch [FILE]``: the census data as adult.csv, from a file or from the network; done once."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Puts adult.csv beside manage.py."""

    help = "Copy FILE to adult.csv; without FILE, fetch it with scikit-learn from OpenML."

    def add_arguments(self, parser: CommandParser) -> None:
        """``FILE`` may be left out."""
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        """A file that is there already is left alone."""
        target = Path(settings.BASE_DIR) / "adult.csv"
        if target.exists():
            return
        if file is None:
            _download(target)
        elif file.is_file():
            shutil.copyfile(file, target)
        else:
            raise CommandError(f"There is no file {file}.")
        self.stdout.write(f"The census is in {target.name}.")


def _download(target: Path) -> None:
    from sklearn.datasets import fetch_openml

    frame = fetch_openml("adult", version=2, as_frame=True).frame
    draft = target.with_suffix(".part")
    frame.rename(columns={"class": "income"}).to_csv(draft, index=False)
    draft.rename(target)
