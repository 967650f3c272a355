"""`python -m derivations`: prove the formulas, check every step, write it up as a report."""

import argparse
import shlex
import sys
import time
from pathlib import Path

from derivations import golden, ledger, report
from derivations.outcome import Outcome, all_failures
from derivations.report import proofs
from derivations.steps import Check, Derivation
from derivations.terminal import print_results, run_all
from derivations.theorems import DERIVATIONS
from workbench.command import Parser, one_sentence
from workbench.files import make_folder
from workbench.manifest import this_command, write_manifest

QUICK = 2  # derivations


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code is 1 if anything failed, 2 for bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_args(arguments)
    ignored = options.names or options.quick or options.out
    if ((options.list or options.ledger) and ignored) or (
        (options.check or options.proofs) and options.out
    ):
        parser.error("expected --list and --ledger alone, and --check and --proofs without --out")
    if options.list:
        for name, derivation in DERIVATIONS.items():
            print(f"{name:16} {derivation.title}")
        return 0
    if options.ledger:
        ledger.write()
        print(ledger.TABLE)
        return 0
    with one_sentence(parser):
        chosen = _chosen(options.names, options.quick)
        committed = golden.load()
        if options.check:
            return _check(chosen, committed)
        if options.update_golden:
            return _update(chosen, committed)
        if options.proofs:
            return _proofs(chosen, committed)
        folder = Path(options.out or f"results/derivations{'-quick' if options.quick else ''}")
        make_folder(folder if options.quick else folder / report.PICTURES)
        return _report(chosen, committed, folder, not options.quick, arguments)


def _check(chosen: list[Derivation], committed: golden.Golden) -> int:
    """Run and print; failures are also golden values that differ, old pages and unreadable formulas."""
    outcomes, failures = _compared(chosen, committed, None)
    unreadable = report.unreadable(report.document(outcomes, failures, "", pictures=False))
    failures += [(outcome.name, check) for outcome in outcomes for check in proofs.compare(outcome)]
    print_results(outcomes, failures)
    for problem in unreadable:
        print(f"FAILED {problem}")
    return 1 if failures or unreadable else 0


def _report(
    chosen: list[Derivation],
    committed: golden.Golden,
    folder: Path,
    pictures: bool,
    arguments: list[str],
) -> int:
    """Run, write the report, print."""
    started, command = time.time(), this_command("derivations", arguments)
    drawn = folder / report.PICTURES
    outcomes, failures = _compared(chosen, committed, drawn if pictures else None)
    document = report.document(outcomes, failures, shlex.join(command), pictures=pictures)
    unreadable = report.write(folder, document)
    write_manifest(
        folder / "manifest.json",
        started,
        command,
        checks={outcome.name: len(outcome.checks) for outcome in outcomes},
        seconds={outcome.name: round(outcome.seconds, 1) for outcome in outcomes},
        failed=[f"{name}: {check.claim}" for name, check in failures],
    )
    print_results(outcomes, failures)
    for problem in unreadable:
        print(f"FAILED {problem}")
    print(f"report {folder / 'report.html'}, {folder / 'report.md'}")
    return 1 if failures or unreadable else 0


def _update(chosen: list[Derivation], committed: golden.Golden) -> int:
    """Run, and replace the golden values of every derivation that has no failure."""
    outcomes = run_all(chosen, None)
    for outcome in outcomes:
        outcome.problems += golden.duplicates(outcome)
    failures = all_failures(outcomes, ())
    print_results(outcomes, failures)
    golden.write(golden.update(committed, outcomes, DERIVATIONS))
    print(golden.PATH)
    return 1 if failures else 0


def _proofs(chosen: list[Derivation], committed: golden.Golden) -> int:
    """Run, and write the pages of docs/proofs for every derivation that has no failure."""
    make_folder(proofs.FOLDER)
    outcomes, failures = _compared(chosen, committed, proofs.FOLDER)
    proofs.write(outcomes, DERIVATIONS.values())
    print_results(outcomes, failures)
    print(proofs.FOLDER)
    return 1 if failures else 0


def _compared(
    chosen: list[Derivation], committed: golden.Golden, pictures: Path | None
) -> tuple[list[Outcome], list[tuple[str, Check]]]:
    """What came out, and everything that failed, golden values included."""
    outcomes = run_all(chosen, pictures)
    for outcome in outcomes:
        outcome.problems += golden.compare(outcome, committed)
    return outcomes, all_failures(outcomes, golden.unclaimed(committed, DERIVATIONS))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m derivations", description=__doc__, allow_abbrev=False)
    parser.add_argument("names", metavar="NAME", nargs="*", help="derivations to run (default: all)")
    instead = parser.add_mutually_exclusive_group()
    add = instead.add_argument
    add("--check", action="store_true", help="run the checks only, write nothing")
    add("--list", action="store_true", help="show names and titles and stop")
    add("--update-golden", action="store_true", help="run the checks and write their golden values")
    add("--proofs", action="store_true", help="run the checks and write the pages of docs/proofs")
    add("--ledger", action="store_true", help="write derivations/LEDGER.md from ledger.toml and stop")
    parser.add_argument(
        "--quick", action="store_true", help=f"the first {QUICK} only, unless named, and no pictures"
    )
    parser.add_argument("--out", metavar="DIR", help="output folder (default: results/derivations)")
    return parser


def _chosen(names: list[str], quick: bool) -> list[Derivation]:
    """The derivations named, all if none is, in the order in which they are read."""
    for name in names:
        if name not in DERIVATIONS:
            raise ValueError(f"derivation = {name!r}: expected one of {', '.join(DERIVATIONS)}")
    chosen = [DERIVATIONS[name] for name in DERIVATIONS if name in names or not names]
    return chosen[:QUICK] if quick and not names else chosen


if __name__ == "__main__":
    sys.exit(main())
