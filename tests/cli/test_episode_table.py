"""A table of episodes with columns of one's own: numbers and days beside the scores."""

from datetime import date

import numpy as np
import pytest

from evalplat.cli.episode_table import read_episode_table
from evalplat.errors import FileRejected

HEADER = "provider;episode;instrument;scale;baseline;end;voucher_eur;opened_on;age\n"


def write(tmp_path, *rows):
    path = tmp_path / "episodes.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n")
    return path


def read(path):
    return read_episode_table(
        path, numbers=("voucher_eur",), dates=("opened_on",), covariates=("age",)
    )


def test_more_numbers_and_days_are_read_beside_the_scores(tmp_path):
    frame = read(
        write(
            tmp_path,
            "Kurki;1;i;s;10;12;1 200,50;2026-11-24;50",
            "Kurki;2;i;s;10;;;24.11.2026;",
            "Kurki;3;i;s;10;12;0;;44",
            "Kurki;4;i;s;10;12;3;2026-11-24T09:30:00;44",
        )
    )
    assert frame["voucher_eur"].tolist()[2:] == [0.0, 3.0]
    assert frame["voucher_eur"].iloc[0] == 1200.5 and np.isnan(frame["voucher_eur"].iloc[1])
    day = date(2026, 11, 24)
    assert frame["opened_on"].tolist() == [day, day, None, day]
    assert list(frame.index) == [2, 3, 4, 5]


def test_faults_of_numbers_and_days_are_told_together(tmp_path):
    with pytest.raises(FileRejected) as rejected:
        read(
            write(
                tmp_path,
                "Kurki;1;i;s;10;12;much;2026-13-01;50",
                "Kurki;2;i;s;10;12;1;yesterday;50",
                "Kurki;3;i;s;10;12;1;30.2.2026;50",
            )
        )
    places = [fault.where for fault in rejected.value.faults]
    assert places == [
        "row 2, voucher_eur",
        "row 2, opened_on",
        "row 3, opened_on",
        "row 4, opened_on",
    ]


def test_a_column_that_is_asked_for_must_be_there(tmp_path):
    path = write(tmp_path, "Kurki;1;i;s;10;12;1;2026-01-01;50")
    with pytest.raises(FileRejected) as rejected:
        read_episode_table(path, numbers=("follow_up",), dates=("closed_on",))
    assert [fault.where for fault in rejected.value.faults] == [
        "column follow_up",
        "column closed_on",
    ]


def test_a_column_of_days_without_a_day_is_none_and_not_a_number(tmp_path):
    frame = read(write(tmp_path, "Kurki;1;i;s;10;12;1;;50"))
    assert frame["opened_on"].tolist() == [None]


def test_a_number_whose_powers_leave_the_range_of_numbers_is_zero(tmp_path):
    path = tmp_path / "tiny.csv"
    path.write_text(
        "provider,episode,instrument,scale,baseline,end\nA,1,own,x,1e-200,-1e-60\nA,2,own,x,1e-9,0\n"
    )
    frame = read_episode_table(path)
    assert frame[["baseline", "end"]].to_numpy().tolist() == [[0.0, 0.0], [1e-9, 0.0]]
