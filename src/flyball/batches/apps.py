"""The app's name and label, and its kind of job."""

from django.apps import AppConfig

LOADS = ("pandas", "pyarrow.compute", "pyarrow.parquet")


class BatchesConfig(AppConfig):
    """Whole files and tables, and the job that answers them."""

    name = "flyball.batches"
    label = "flyball_batches"
    verbose_name = "Flyball: batches"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that answers a file, and the one that helps with it; check what is declared."""
        from django.core.checks import register as check

        from flyball.batches.checks import check_batches  # models are loaded only by now
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        check(check_batches, "flyball")
        register(
            Kind(
                name="batch",
                queue="batch",
                service="flyball.batches.work.job.carry_out",
                is_heavy=True,  # a file of anybody's is read in a process of its own
                loads=LOADS,
                is_dated=True,
            )
        )
        register(
            Kind(
                name="help_batch",
                queue="batch",
                service="flyball.batches.work.helping.carry_out",
                is_heavy=True,
                loads=LOADS,
                attempts=1,  # its batch goes on without it
                is_recurring=False,
                is_part=True,
            )
        )
