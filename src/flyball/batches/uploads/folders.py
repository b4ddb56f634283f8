"""Where uploads lie: each in a folder of its own, under names that are ours."""

from __future__ import annotations

from pathlib import Path

from flyball.batches.allowed import within
from flyball.batches.models import Batch, Upload
from flyball.control.declarations.configured import configured
from flyball.domain.errors import InvalidInput


def root() -> Path:
    """The folder of all uploads, without links."""
    config = configured()
    return Path(config.batch_upload_folder or config.home / "uploads").resolve()


def folder_of(key: str) -> Path:
    """The folder of one upload, with its rows and their answers."""
    return root() / key


def draft_of(key: str) -> Path:
    """The folder in which one is while it arrives."""
    return root() / f".{key}"


def rows_of(upload: Upload) -> Path:
    """The file that was sent."""
    return folder_of(upload.key) / f"rows{upload.ending}"


def confined(path: str, team: str, pointer: str) -> str:
    """A file that somebody names from afar, without links: uploads have their numbers. As ``within``."""
    return within(path, configured().batch_folders, team, pointer, closed=root())


def is_confined(batch: Batch, path: str) -> bool:
    """Whether a file of a batch that was asked for from afar is still where it has to be."""
    team = batch.endpoint.team.slug
    try:
        if batch.upload is None:
            return confined(path, team, "") == path
        return within(path, (str(folder_of(batch.upload.key)),), team, "") == path
    except InvalidInput:
        return False
