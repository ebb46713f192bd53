"""Coverage, shares of change and goals for programs: one flat record a provider, unrounded, with stable names.

Provider `*` stands for all together. What was withheld or does not exist is empty, and `…_status` says why.
"""

from collections.abc import Sequence

from evalplat.reports.records import Record
from evalplat.statistics.shares.change_shares import CategoryShare, ChangeShares
from evalplat.statistics.shares.flow import Flow
from evalplat.statistics.shares.goal_attainment import GoalAttainment, GoalRow
from evalplat.statistics.shares.proportions import Difference


def flow_records(flow: Flow) -> list[Record]:
    """One record per provider; `…_of` is the denominator's count, which `denominator` names."""
    records: list[Record] = []
    for row in (*flow.rows, flow.total):
        record: Record = {"provider": row.provider, "n_started": row.started}
        for stage in row.stages:
            key = stage.key
            record |= {
                key: stage.count,
                f"{key}_of": stage.of,
                f"{key}_denominator": stage.denominator,
                f"{key}_share": stage.share,
                f"{key}_low": stage.low,
                f"{key}_high": stage.high,
                f"{key}_status": stage.status,
            }
        records.append(record)
    return records


def change_records(results: Sequence[ChangeShares]) -> list[Record]:
    """One record per method and provider. Differences are to all other providers together."""
    records: list[Record] = []
    for shares in results:
        for row in (*shares.rows, shares.total):
            record: Record = {
                "method": shares.method.value,
                "provider": row.provider,
                "n_pairs": row.n_pairs,
            }
            for share in row.shares:
                record |= _describe_share(share)
            record |= _spread("net", row.net)
            records.append(
                {
                    **record,
                    "sdc": shares.sdc,
                    "mic": shares.mic,
                    "cut_off": shares.cut_off,
                    "status": shares.status,
                    "missing": " ".join(shares.missing),
                }
            )
    return records


def goal_records(attainment: GoalAttainment) -> list[Record]:
    """One record per provider; goals attained are at level 0 or above, their interval is clustered by client."""
    return [_describe_goals(row) for row in (*attainment.rows, attainment.total)]


def _describe_share(share: CategoryShare) -> Record:
    key = share.key
    return {
        f"n_{key}": share.count,
        f"{key}_of": share.of,
        f"{key}_share": share.share,
        f"{key}_low": share.low,
        f"{key}_high": share.high,
        **_spread(f"{key}_difference", share.difference),
        f"{key}_shrunken": share.shrunken,
        f"{key}_shrunken_low": share.shrunken_low,
        f"{key}_shrunken_high": share.shrunken_high,
        f"{key}_verdict": share.verdict.value if share.verdict else None,
        f"{key}_status": share.status,
    }


def _spread(name: str, found: Difference | None) -> Record:
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _describe_goals(row: GoalRow) -> Record:
    goals, clients = row.goals, row.clients_at_50
    return {
        "provider": row.provider,
        "n_clients": row.n_clients,
        "n_attained": goals.count,
        "n_goals": goals.of,
        "attained_share": goals.share,
        "attained_se": goals.se,
        "attained_low": goals.low,
        "attained_high": goals.high,
        "design_effect": goals.design,
        "n_clients_at_50": clients.count if clients else None,
        "clients_at_50_share": clients.share if clients else None,
        "clients_at_50_low": clients.low if clients else None,
        "clients_at_50_high": clients.high if clients else None,
        "mean_t": row.mean_t,
        "mean_t_low": row.mean_t_low,
        "mean_t_high": row.mean_t_high,
        "easy_goals": "yes" if row.easy else "no",
        "status": row.status,
    }
