"""Counting the sums over pairs again, from the scores: after an upgrade, or when they are in doubt."""

from collections import defaultdict

from sqlalchemy.orm import Session

from evalplat.episodes.moments import NOTHING, CellSums
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.counting import count_episodes
from evalplat.services.moments import CellKey, Clients, CountKey, make_cell_row
from evalplat.storage import audit, moments

EPISODES_AT_ONCE = 2_000


def rebuild_moments(session: Session, catalogue: Catalogue, actor: Actor) -> int:
    """Count every pair again and replace the sums; returns the number of cells. System jobs only.

    Sheets that come in meanwhile wait until it is done. Episodes are read in parts, so that memory holds the sums and
    one part's measurements only.
    """
    demand(session, actor)
    moments.lock_sums(session)
    moments.clear_sums(session)
    counts: dict[CountKey, int] = defaultdict(int)
    cells: dict[CellKey, tuple[dict[str, int], CellSums]] = {}
    opened = moments.list_opened(session)
    for start in range(0, len(opened), EPISODES_AT_ONCE):
        part = opened[start : start + EPISODES_AT_ONCE]
        changes = count_episodes(session, catalogue, part)
        for key, n in changes.counts.items():
            counts[key] += n
        clients = Clients(session, changes.episodes)
        for cell, change in changes.cells.items():
            known, sums = cells.get(cell, ({}, NOTHING))
            for name, n in change.counts.items():
                known[name] = known.get(name, 0) + n
            cells[cell] = (known, sums.add(clients.cases(change)))
    moments.add_counts(
        session,
        [
            {**dict(zip(moments.COUNTS_KEY, key, strict=True)), "n": counts[key]}
            for key in sorted(counts)
            if counts[key]
        ],
    )
    rows = [make_cell_row(catalogue, key, {}, *cells[key]) for key in sorted(cells)]
    moments.put_cells(session, rows)
    moments.set_counted(session)
    audit.record(session, "rebuild_moments", "moments", "")
    return len(rows)


def needs_rebuilding(session: Session, actor: Actor) -> bool:
    """Whether the sums were never counted, or in another way than this program reads them."""
    demand(session, actor)
    return not moments.is_counted(session)
