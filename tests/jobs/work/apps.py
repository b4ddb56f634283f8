"""The app's name and label, and its kinds of jobs."""

import os
from importlib import import_module

from django.apps import AppConfig

LOADED = "TEST_LOADED"
"""Names the variable that names a module of the project, to be loaded with it."""
LATER = "later"
"""A module of the project that jobs load."""
MEMORY = 300 * 1024 * 1024


class WorkConfig(AppConfig):
    """Work to be done."""

    name = "tests.jobs.work"
    label = "work"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the kinds, as an app of Flyball's does."""
        from flyball.control.jobs.kinds import Kind, register

        if LOADED in os.environ:
            import_module(os.environ[LOADED])
        services = "tests.jobs.work.services"
        for kind in (
            Kind(name="mark", queue="default", service=f"{services}.effect", attempts=50),
            Kind(name="brief", queue="default", service=f"{services}.brief"),
            Kind(name="slow", queue="default", service=f"{services}.slow"),
            Kind(name="slow_and_limited", queue="default", service=f"{services}.slow", seconds=1),
            Kind(name="busy", queue="default", service=f"{services}.busy", attempts=2),
            Kind(name="odd", queue="default", service=f"{services}.odd"),
            Kind(name="refused", queue="default", service=f"{services}.refused"),
            Kind(name="garbled", queue="default", service=f"{services}.garbled"),
            Kind(name="heavy", queue="batch", service=f"{services}.heavy", is_heavy=True),
            Kind(name="code", queue="batch", service=f"{services}.code", is_heavy=True),
            Kind(name="loads", queue="batch", service=f"{services}.code", is_heavy=True, loads=(LATER,)),
            Kind(name="killed", queue="batch", service=f"{services}.killed", is_heavy=True),
            Kind(name="late", queue="batch", service=f"{services}.late", is_heavy=True, seconds=5),
            Kind(
                name="large",
                queue="batch",
                service=f"{services}.large",
                is_heavy=True,
                memory_bytes=MEMORY,
            ),
        ):
            register(kind)
