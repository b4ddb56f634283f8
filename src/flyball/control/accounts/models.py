"""Teams, who belongs to them in which role, and API keys."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from flyball.domain.access import ROLES

ROLE_CHOICES = [(role, role.capitalize()) for role in ROLES]
"""The roles of ``domain.access`` as a column's choices."""


class Team(models.Model):
    """The owner of endpoints: what belongs to one team does not exist for another."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "flyball_team"

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """A user's role in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="flyball_memberships")
    role = models.CharField(max_length=16, choices=ROLE_CHOICES)
    joined_at = models.DateTimeField(auto_now_add=True, null=True)

    class Meta:
        db_table = "flyball_membership"
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="flyball_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.team}"


class ApiKey(models.Model):
    """A key's SHA-256, never the key: 256 random bits, bound to a team and a role, revoked at most once.

    ``endpoints`` are the names of the only ones it is for, where there are any; ``last_used_at`` is right to
    a minute or so.
    """

    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=200)
    team = models.ForeignKey(Team, models.CASCADE, related_name="api_keys")
    role = models.CharField(max_length=16, choices=ROLE_CHOICES)
    endpoints = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_api_key"

    def __str__(self) -> str:
        return f"{self.label} ({self.role} of {self.team})"


class Invitation(models.Model):
    """A link into a team, by its SHA-256: whoever has it becomes a member, once and until ``ends_at``."""

    digest = models.CharField(max_length=64, unique=True)
    team = models.ForeignKey(Team, models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=ROLE_CHOICES)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flyball_invitation"

    def __str__(self) -> str:
        return f"{self.role} of {self.team}"
