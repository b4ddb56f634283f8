"""Makes tables and publishes an endpoint, in a process of its own: Django knows one database a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def prepared(url: str, home: Path) -> str:
    """A member's key to the endpoint, on a database that was empty."""
    own = {
        "DJANGO_SETTINGS_MODULE": "flyball.project.settings",
        "FLYBALL_DATABASE_URL": url,
        "FLYBALL_HOME": str(home),
    }
    command = [sys.executable, "-m", "tests.durability.prepare"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def main() -> None:
    """Print the key."""
    import django

    django.setup()
    from django.core.management import call_command

    from flyball.control.connection import database
    from tests import published

    call_command("migrate", verbosity=0)
    published.publish(database())
    sys.stdout.write(published.key(role="member"))


if __name__ == "__main__":
    main()
