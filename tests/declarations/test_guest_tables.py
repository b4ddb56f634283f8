"""Our tables in a host's project: they follow its own user model, and leave no migration over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOST = """
import sys
import django
from django.conf import settings
from django.core.management import call_command
from flyball import APPS

sys.path.insert(0, FOLDER)
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "people", *APPS],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER + "/host.sqlite3"}},
    AUTH_USER_MODEL="people.Person",
    DEFAULT_AUTO_FIELD=AUTO_FIELD,
    SECRET_KEY="only for this process",
    USE_TZ=True,
)
django.setup()
call_command("makemigrations", "people", verbosity=0)
call_command("makemigrations", check_changes=True, dry_run=True)
call_command("migrate", verbosity=0)

from people.models import Person
from flyball.control.accounts import selectors, services
from flyball.control.registry.models import Build
from flyball.control.routing.models import RouteRevision

ada = Person.objects.create(name="ada")
services.add_member(team=services.create_team(slug="lending"), user=ada, role="owner")
assert dict(selectors.actor(ada).roles) == {"lending": "owner"}
for model, name in ((Build, "asked_by"), (RouteRevision, "created_by")):
    assert model._meta.get_field(name).related_model is Person
    assert type(model._meta.pk).__name__ == "BigAutoField"
print("as it should be")
"""
PERSON = """
import uuid
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

class Person(AbstractBaseUser):
    {key}
    name = models.CharField(max_length=50, unique=True)
    USERNAME_FIELD = "name"
"""
HOSTS = [
    # how the host's users are known, what its own tables are numbered with
    ("", "django.db.models.BigAutoField"),
    ("", "django.db.models.AutoField"),
    ("id = models.UUIDField(primary_key=True, default=uuid.uuid4)", "django.db.models.SmallAutoField"),
    ("badge = models.CharField(max_length=20, primary_key=True)", "django.db.models.AutoField"),
]


@pytest.mark.parametrize(("key", "auto_field"), HOSTS)
def test_our_tables_follow_the_hosts_users_and_leave_no_migration_over(
    key: str, auto_field: str, tmp_path: Path
) -> None:
    people = tmp_path / "people"
    people.mkdir()
    (people / "__init__.py").write_text("")
    (people / "models.py").write_text(PERSON.format(key=key))
    code = f"FOLDER, AUTO_FIELD = {str(tmp_path)!r}, {auto_field!r}\n{HOST}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "as it should be"
