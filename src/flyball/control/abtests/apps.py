"""The app's name and label, its kind of job, its system check, and its step of the dispatchers."""

from django.apps import AppConfig
from django.core import checks


class ABTestsConfig(AppConfig):
    """A/B tests of endpoints."""

    name = "flyball.control.abtests"
    label = "flyball_abtests"
    verbose_name = "Flyball: A/B tests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that looks at a test, have dispatchers ask for it, and check declared tests."""
        from flyball.control.abtests.declared.checks import check_abtests
        from flyball.control.abtests.making import ask_due  # models are loaded only by now
        from flyball.control.jobs import dispatching
        from flyball.control.jobs.kinds import Kind, register

        register(
            Kind(
                name="abtest",
                queue="default",
                service="flyball.control.abtests.analysing.carry_out",
                is_recurring=False,
            )
        )
        dispatching.register(ask_due)
        checks.register(check_abtests, "flyball")
