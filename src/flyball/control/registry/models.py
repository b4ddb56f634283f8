"""Builds with their leaderboards, numbered versions, and the tables of artifacts."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.control.datasets.models import Snapshot
from flyball.control.declarations.models import endpoint_key
from flyball.control.jobs.models import Job


class Build(models.Model):
    """One run of model selection on one snapshot."""

    Status = Job.Status

    endpoint = endpoint_key("builds")
    snapshot = models.ForeignKey(
        Snapshot, models.PROTECT, null=True, related_name="builds", help_text="Null until it is taken."
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    arguments = models.JSONField(default=dict, help_text="What was asked for beyond the declaration.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    seed = models.BigIntegerField()
    metric = models.CharField(max_length=63)
    environment = models.JSONField(default=dict, help_text="Code commit, Python and library versions.")
    plan = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what is searched, and of the code that declares it."
    )
    reproducible = models.BooleanField(default=True, help_text="False where time ended a search.")
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_build"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"build {self.pk} of {self.endpoint_id}"


class BuildUnit(models.Model):
    """A unit of a build's search, written when it is begun and when it is done: what a kill may cost.

    One point of a candidate on one rung, or one fold of it on the last of several.
    """

    build = models.ForeignKey(Build, models.CASCADE, related_name="units", db_index=False)  # constraints do
    candidate = models.CharField(max_length=63)
    rung = models.PositiveIntegerField(help_text="From 0.")
    point = models.PositiveIntegerField(help_text="1 is the defaults.")
    fold = models.PositiveIntegerField(null=True, help_text="From 0; null where all folds are one unit.")
    parameters = models.JSONField(default=dict)
    claimant = models.CharField(max_length=127, help_text="Who has begun it last.")
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    scores = models.JSONField(default=list, help_text="Of each fold; null where it is not defined.")
    seconds = models.FloatField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "flyball_build_unit"
        ordering = ["build", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["build", "candidate", "rung", "point", "fold"], name="flyball_build_unit_fold_once"
            ),
            # Nulls are never the same in the one above.
            models.UniqueConstraint(
                fields=["build", "candidate", "rung", "point"],
                condition=models.Q(fold=None),
                name="flyball_build_unit_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidate}, point {self.point} on rung {self.rung} in {self.build}"


class CandidateResult(models.Model):
    """One candidate's best fit on a leaderboard; ``manifest`` is everything a version of it needs.

    It is there as soon as the candidate is done; ranks are given when all are, to those that were fitted.
    """

    build = models.ForeignKey(Build, models.CASCADE, related_name="results")
    name = models.CharField(max_length=63)
    rank = models.PositiveIntegerField(null=True)
    parameters = models.JSONField(default=dict)
    fold_scores = models.JSONField(default=list)
    held_out_score = models.FloatField(null=True)
    trials = models.PositiveIntegerField(default=0)
    stopped_by_time = models.BooleanField(default=False)
    seconds = models.FloatField(default=0)
    error = models.TextField(blank=True)
    ended = models.TextField(blank=True, help_text="Why it was given up before its folds on all rows.")
    manifest = models.JSONField(null=True)
    compiling = models.JSONField(default=dict, help_text="What compiling it has shown.")

    class Meta:
        db_table = "flyball_candidate_result"
        ordering = ["build", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["build", "name"], name="flyball_candidate_result_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.build}"


class Version(models.Model):
    """A numbered model of an endpoint. Immutable, but for being archived, and removed.

    Of one that was removed, the row stays without its content: its number is never given again, because
    predictions name it.
    """

    endpoint = endpoint_key("versions")
    number = models.PositiveIntegerField()
    candidate = models.ForeignKey(
        CandidateResult, models.PROTECT, null=True, related_name="versions", help_text="Null if imported."
    )
    manifest = models.JSONField(help_text="What a server needs to load it and to prove it loaded.")
    facts = models.JSONField(help_text="Scores, parameters, snapshot, environment: what export carries.")
    segment = models.CharField(max_length=63, null=True)  # nothing reads it yet
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_version"
        ordering = ["endpoint", "number"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "number"], name="flyball_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}@{self.number}"


class Artifact(models.Model):
    """A stored artifact; this row is written last, so that it stands for all its parts."""

    digest = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "flyball_artifact"

    def __str__(self) -> str:
        return self.digest


class ArtifactPart(models.Model):
    """At most 1 MB of an artifact: a longer write would hold up predictions on SQLite."""

    digest = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "flyball_artifact_part"
        constraints = [
            models.UniqueConstraint(fields=["digest", "number"], name="flyball_artifact_part_once")
        ]

    def __str__(self) -> str:
        return f"{self.digest} {self.number}"
