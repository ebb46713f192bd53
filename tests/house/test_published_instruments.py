"""Shipped instruments are published: nobody edits a version by accident, and none goes missing."""

from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.instruments.published import read_published

ADVICE = (
    "A published version is never edited: bring the file back, or make a new version in a file of its own and run "
    "`evalplat instruments publish`."
)


def test_every_shipped_version_is_what_was_published() -> None:
    shipped = {(one.key, one.version): one.digest for one in load_catalogue().list()}
    assert shipped == read_published(instruments_folder()), ADVICE
