"""One map, computed here, in processes or on a cluster: the same figures, the same errors, nobody left behind."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import parallel_parts
import psutil
import pytest
from parallel_parts import (
    draw_mean,
    end_suddenly,
    fail_at,
    find_process,
    raise_sealed,
    reject,
    seeds,
)

from evalplat import parallel
from evalplat.errors import InputRejected, NotConfigured, Unavailable
from evalplat.parallel import IN_PROCESS, PartFailed, open_runner


@pytest.fixture(scope="module")
def processes():
    with open_runner(workers=2) as runner:
        yield runner


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as local:
        yield local


@pytest.fixture(scope="module")
def on_cluster(cluster):
    with open_runner(scheduler=cluster.scheduler_address) as runner:
        yield runner


@pytest.fixture(params=["in_process", "processes", "on_cluster"])
def runner(request):
    return IN_PROCESS if request.param == "in_process" else request.getfixturevalue(request.param)


def test_the_figures_are_the_same_whoever_computes_them(runner):
    work = partial(draw_mean, size=1000)
    assert runner.map(work, seeds()) == [work(seed) for seed in seeds()]


def test_results_stand_in_the_order_of_the_items(runner):
    assert runner.map(abs, [-3, 2, -1, 0]) == [3, 2, 1, 0]
    assert runner.map(abs, []) == []


def test_the_first_part_that_fails_is_named_with_its_reason(runner):
    with pytest.raises(
        PartFailed, match=r"Part 3 of 5 failed: ZeroDivisionError: .* by 0"
    ) as caught:
        runner.map(partial(fail_at, place=2), [0, 1, 2, 3, 4])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (caught.value.part, caught.value.parts) == (3, 5)
    assert runner.map(abs, [-1]) == [1]


def test_an_error_for_people_keeps_its_class_and_faults_and_names_the_part(runner):
    with pytest.raises(InputRejected) as caught:
        runner.map(reject, [1, 2, 3])
    assert str(caught.value) == "Part 2 of 3: The file a.csv is empty.\n  row 1: there is none"


def test_an_error_that_cannot_travel_is_told_in_words(runner):
    with pytest.raises(
        PartFailed, match="Part 1 of 2 failed: Sealed: cannot be made again from this"
    ):
        runner.map(raise_sealed, [1, 2])


@pytest.mark.parametrize("name", ["processes", "on_cluster"])
def test_a_function_that_cannot_be_sent_is_refused_with_what_to_do(name, request):
    runner = request.getfixturevalue(name)
    with pytest.raises(TypeError, match=r"<lambda> cannot be sent .* top level of a module"):
        runner.map(lambda item: item, [1])


def test_one_worker_is_this_process_itself():
    with open_runner(workers=1) as runner:
        assert runner is IN_PROCESS
        assert runner.map(lambda item: (item, os.getpid()), [1]) == [(1, os.getpid())]


def test_a_worker_that_ends_suddenly_is_told_and_not_waited_for():
    with (
        pytest.raises(Unavailable, match="before part 1 of 2 was done"),
        open_runner(workers=2) as runner,
    ):
        runner.map(end_suddenly, [1, 2])


def test_no_worker_is_left_when_the_block_ends():
    with open_runner(workers=2) as runner:
        workers = runner.map(find_process, [0] * 4)
    assert os.getpid() not in workers
    assert not any(psutil.pid_exists(pid) for pid in workers)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_the_process_that_asked_for_them(sent, tmp_path):
    """Ctrl-C reaches the workers as well, and must not make them print; after a kill nobody can tidy up."""
    # Where the tests run in the background, Ctrl-C is ignored, by every process that they start as well.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    asking = subprocess.Popen(
        [sys.executable, Path(parallel_parts.__file__), tmp_path],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    with asking:
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
        workers = [int(path.name) for path in tmp_path.iterdir()]
        os.killpg(asking.pid, sent) if sent is signal.SIGINT else asking.send_signal(sent)
        _, told = asking.communicate()
    wait_until(lambda: not any(is_running(pid) for pid in workers))
    # Python's own thread that waits for the workers may be told of Ctrl-C too; a worker would name its process.
    assert "Process-" not in told
    assert ("KeyboardInterrupt" in told) == (sent is signal.SIGINT)


def wait_until(holds):
    while not holds():
        time.sleep(0.02)


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "wrong",
    [
        {"workers": 0},
        {"workers": 2, "scheduler": "tcp://127.0.0.1:1"},
        {"scheduler": "127.0.0.1:8786"},
        {"scheduler": "tcp://127.0.0.1:x"},
    ],
)
def test_a_choice_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputRejected), open_runner(**wrong):
        raise AssertionError("opened")


def test_a_scheduler_that_nobody_answers_at_is_named(monkeypatch):
    monkeypatch.setattr(parallel, "SECONDS_TO_ANSWER", 0.5)
    with (
        pytest.raises(Unavailable, match=r"Nobody answers at tcp://127.0.0.1:9"),
        open_runner(scheduler="tcp://127.0.0.1:9"),
    ):
        raise AssertionError("opened")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("evalplat", r"has evalplat \S+ and this program 0\.0\.1"),
        ("nowhere", "does not have nowhere"),
    ],
)
def test_a_cluster_with_other_programs_is_refused(name, found, cluster, monkeypatch):
    monkeypatch.setattr(parallel, "SAME_EVERYWHERE", (name,))
    monkeypatch.setattr(parallel, "_find_own_version", lambda name: "0.0.1")
    with (
        pytest.raises(NotConfigured, match=found),
        open_runner(scheduler=cluster.scheduler_address),
    ):
        raise AssertionError("opened")


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(NotConfigured, match=r"pip install 'evalplat\[cluster\]'"),
        open_runner(scheduler="tcp://127.0.0.1:8786"),
    ):
        raise AssertionError("opened")
