"""``manage.py seed``: scikit-learn's bundled breast cancer data as patients; done once."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import models, transaction

from clinic.models import Error, Mean, Patient, Worst


class Command(BaseCommand):
    """Fills the empty tables; tables with patients are left alone."""

    help = "Fill the empty tables with 569 patients."

    def handle(self, *args: Any, **options: Any) -> None:
        """Patient n is the data's row n - 1."""
        if Patient.objects.exists():
            return
        from sklearn.datasets import load_breast_cancer

        data = load_breast_cancer()
        names = [str(data.target_names[target]) for target in data.target]
        with transaction.atomic():
            Patient.objects.bulk_create(
                [Patient(number=number, diagnosis=name) for number, name in enumerate(names, start=1)]
            )
            for position, table in enumerate((Mean, Error, Worst)):
                ten = data.data[:, position * 10 : position * 10 + 10].tolist()
                _fill(table, ten)
        self.stdout.write(f"{len(names)} patients are in the database.")


def _fill(table: type[models.Model], rows: list[list[float]]) -> None:
    fields = [field.attname for field in table._meta.concrete_fields if field.name != "patient"]
    table._default_manager.bulk_create(
        [
            table(patient_id=number, **dict(zip(fields, row, strict=True)))
            for number, row in enumerate(rows, start=1)
        ]
    )
