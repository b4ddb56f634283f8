"""The user of a ready-made project; a project of one's own keeps its own."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in."""

    class Meta:
        db_table = "flyball_user"
