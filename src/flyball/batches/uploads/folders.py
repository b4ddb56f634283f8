"""Where uploads lie: each in a folder of its own, under names that are ours."""

from __future__ import annotations

from pathlib import Path

from flyball.batches.models import Batch, Upload
from flyball.control.declarations.configured import configured


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


def open_to(batch: Batch) -> tuple[str, ...]:
    """The folders in which the files of a batch that was asked for from afar have to be."""
    if batch.upload is not None:
        return (str(folder_of(batch.upload.key)),)
    return configured().batch_folders
