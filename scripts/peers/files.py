"""Reading of files, against fio: whole runs in turns, since fio cannot be counted from outside."""

import json
import math
import os
import pathlib
import statistics
import tempfile

from peers.figures import Target
from peers.processes import fail, run

# Blocks of 4 KiB at random places of one file. The number of completions that fio waits for shapes
# its cost. Its best setting is the cheapest of those that are at most 2 % slower than the fastest.
FILE_MIB = 256
FIO_URING = ["--ioengine=io_uring", "--iodepth=32", "--iodepth_batch_submit=32"]
FIO_URING += ["--iodepth_batch_complete_max=32", "--registerfiles", "--fixedbufs"]
FIO_BEST = {
    f"fio, io_uring, batches of {least}": FIO_URING + [f"--iodepth_batch_complete_min={least}"]
    for least in (8, 16, 32)
}
FIO_PSYNC = {"fio, psync": ["--ioengine=psync", "--iodepth=1"]}
# Strategy, requests in flight, direct, fio's settings; the targets of IOPS and of CPU per read.
READERS = [
    ("uring", 32, False, FIO_BEST, Target(0.98, at_least=True), Target(1.05)),
    ("uring", 32, True, FIO_BEST, Target(0.98, at_least=True), Target(1.05)),
    ("thread_per_connection", 1, False, FIO_PSYNC, Target(0.90, at_least=True), None),
]
STARTING_S = 1.0  # and ending of a program, beside its run


def our_reader(options, strategy, in_flight, direct, folder):
    """Returns reads per second and CPU us per read of `asyncbench run file-read`."""
    out = pathlib.Path(folder) / "result.json"
    out.unlink(missing_ok=True)
    command = [options.program, "run", "file-read", "--strategies", strategy]
    command += ["--in-flight", in_flight, "--file-bytes", f"{FILE_MIB}m"]
    command += ["--direct", "on" if direct else "off", "--folder", folder]
    command += ["--trials", 1, "--turns", "off", "--warmup", "300ms"]
    command += ["--duration", f"{options.seconds}s"]
    # The machine's own idle setting, as for the peers.
    command += ["--cpu-idle", "default", "--out", out]
    command += ["--pin", f"subject={options.subject_cpu},peer={options.peer_cpu}"]
    run(command)
    trials = json.loads(out.read_text())["cells"][0]["trials"]
    trial = next((each for each in trials if each["kind"] == "timed" and each["valid"]), None)
    if trial is None:
        fail(f"{' '.join(map(str, command))} has no valid trial: see `asyncbench doctor`")
    used_ns = trial["subject"]["cpu_user_ns"] + trial["subject"]["cpu_system_ns"]
    return trial["throughput_per_s"], used_ns / 1e3 / trial["outcomes"]["ok"]


def fio(options, settings, file, direct):
    """Returns reads per second and CPU us per read of fio, its accounting of latencies on."""
    command = ["fio", "--name=reads", f"--filename={file}", "--rw=randread", "--bs=4k"]
    command += [f"--size={FILE_MIB}m", "--norandommap", f"--direct={int(direct)}", "--invalidate=0"]
    command += ["--time_based", f"--runtime={options.seconds}", "--thread", "--output-format=json"]
    text = run(command + settings, options.subject_cpu)
    job = json.loads(text[text.index("{") :])["jobs"][0]
    used_us = (job["usr_cpu"] + job["sys_cpu"]) / 100 * job["job_runtime"] * 1e3
    return job["read"]["iops"], used_us / job["read"]["total_ios"]


def make_file(path):
    """Makes a file as asyncbench makes its own: written, synced and read, so that the page cache
    holds it in pieces of the same size."""
    with open(path, "wb") as file:
        for _ in range(FILE_MIB):
            file.write(os.urandom(1 << 20))
        os.fsync(file.fileno())
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass


def drop_cached(path):
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def best_setting(iops, cpu, settings):
    """Returns the setting with the least median CPU, among those of `settings` within 2 % of the
    highest median rate."""
    fastest = max(statistics.median(iops[name]) for name in settings)
    able = [name for name in settings if statistics.median(iops[name]) >= 0.98 * fastest]
    return min(able, key=lambda name: statistics.median(cpu[name]))


def expected_s(options):
    programs = sum(1 + len(settings) for _, _, _, settings, _, _ in READERS)
    return options.sets * programs * (options.seconds + STARTING_S)


def row(table, what, unit, ours, theirs, target):
    log_ratios = [math.log(our / their) for our, their in zip(ours, theirs)]
    table.row(what, ours, theirs, unit, log_ratios, target)


def compare(options, table, progress, rng):
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        file = pathlib.Path(folder) / "peer"
        for strategy, in_flight, direct, settings, at_least, at_most in READERS:
            make_file(file)
            if direct:
                drop_cached(file)
            what = f"file-read, {in_flight} {'direct' if direct else 'cached'}, {strategy}"
            measurements = {
                strategy: lambda: our_reader(options, strategy, in_flight, direct, folder)
            }
            for name, chosen in settings.items():
                measurements[name] = lambda chosen=chosen: fio(options, chosen, file, direct)
            iops, cpu = ({name: [] for name in measurements} for _ in range(2))
            for repetition in range(options.sets):
                progress.note(f"files: {what}, {repetition + 1}/{options.sets}")
                for name in rng.sample(list(measurements), len(measurements)):
                    progress.step(
                        options.seconds + STARTING_S,
                        f"files: {what}, {repetition + 1}/{options.sets}: {name}",
                    )
                    rate_per_s, used_us = measurements[name]()
                    iops[name].append(rate_per_s / 1e3)
                    cpu[name].append(used_us)
            progress.clear()
            table.heading(what)
            best = best_setting(iops, cpu, settings)
            for name in settings:
                print(
                    f"  {name + (' (its best)' if name == best else ''):<43} "
                    f"{statistics.median(iops[name]):>7.2f} k/s "
                    f"{statistics.median(cpu[name]):>7.2f} us/req"
                )
            row(table, "against fio", "k/s", iops[strategy], iops[best], at_least)
            if at_most is not None:
                row(table, "against fio", "us/req", cpu[strategy], cpu[best], at_most)
