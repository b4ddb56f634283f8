"""The bank's own user model."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A clerk, who works in a branch."""

    branch = models.CharField(max_length=40, blank=True)
