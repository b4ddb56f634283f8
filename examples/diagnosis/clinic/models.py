"""Patients, what a microscope measured of their cells, and what the tumour turned out to be."""

from django.db import models


class Patient(models.Model):
    """Who was examined; the diagnosis is empty until it is known."""

    number = models.AutoField(primary_key=True)
    diagnosis = models.CharField(max_length=9, null=True)  # null: not known yet

    def __str__(self) -> str:
        return f"patient {self.number}"


class Mean(models.Model):
    """The mean of each measure over a patient's cell nuclei."""

    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True)
    mean_radius = models.FloatField()
    mean_texture = models.FloatField()
    mean_perimeter = models.FloatField()
    mean_area = models.FloatField()
    mean_smoothness = models.FloatField()
    mean_compactness = models.FloatField()
    mean_concavity = models.FloatField()
    mean_concave_points = models.FloatField()
    mean_symmetry = models.FloatField()
    mean_fractal_dimension = models.FloatField()

    def __str__(self) -> str:
        return f"mean of {self.patient}"


class Error(models.Model):
    """The standard error of each measure."""

    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True)
    error_radius = models.FloatField()
    error_texture = models.FloatField()
    error_perimeter = models.FloatField()
    error_area = models.FloatField()
    error_smoothness = models.FloatField()
    error_compactness = models.FloatField()
    error_concavity = models.FloatField()
    error_concave_points = models.FloatField()
    error_symmetry = models.FloatField()
    error_fractal_dimension = models.FloatField()

    def __str__(self) -> str:
        return f"error of {self.patient}"


class Worst(models.Model):
    """The mean of the three largest values of each measure."""

    patient = models.OneToOneField(Patient, models.CASCADE, primary_key=True)
    worst_radius = models.FloatField()
    worst_texture = models.FloatField()
    worst_perimeter = models.FloatField()
    worst_area = models.FloatField()
    worst_smoothness = models.FloatField()
    worst_compactness = models.FloatField()
    worst_concavity = models.FloatField()
    worst_concave_points = models.FloatField()
    worst_symmetry = models.FloatField()
    worst_fractal_dimension = models.FloatField()

    def __str__(self) -> str:
        return f"worst of {self.patient}"
