"""One accelerator: seeds a second, the card's own ceilings, and which way to the inverse is faster.

    python -m benchmarks.device [--quick] [--out DIR]

Writes `device.csv` with the device's name.  On a machine without an accelerator it measures the CPU.
"""

from collections.abc import Iterator
from pathlib import Path

import jax

from benchmarks.command import OUT, Fact, parser_of, print_facts, write_facts
from benchmarks.compiled import cost_of_a_seed
from benchmarks.floor import rates
from benchmarks.setting import Setting
from workbench.command import one_sentence
from workbench.compiling import compile_fast
from workbench.files import make_folder


def facts(quick: bool) -> Iterator[Fact]:
    """Ceilings first, then seeds a second in both precisions."""
    sizes = (40,) if quick else (100, 300, 1000)
    for q in sizes:
        yield from rates(q)
    for dtype in ("float64", "float32"):
        for d in sizes:
            for m in (None,) if quick else (None, d // 2, d):
                yield from _seeds(Setting(d, d, m), dtype, 16 if quick else max(64, 2**27 // d**2))


def _seeds(at: Setting, dtype: str, most: int) -> Iterator[Fact]:
    devices = jax.local_device_count()
    cost = cost_of_a_seed(at, most - most % devices or devices, dtype)
    yield Fact("seeds", f"{dtype}, {at}", 1 / cost.seconds, "a second")
    yield Fact("rate", f"{dtype}, {at}", cost.operations / cost.seconds / 1e9, "Gflop/s")


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and write the table."""
    parser = parser_of("benchmarks.device", __doc__, "one small size: a trial, whose times mean nothing")
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"output folder ({OUT})")
    options = parser.parse_args(arguments)
    folder = Path(options.out)
    with one_sentence(parser, "nothing is kept"):
        make_folder(folder)
        if options.quick:
            compile_fast()
        device = jax.devices()[0]
        name = f"{jax.local_device_count()} x {device.device_kind} ({device.platform})"
        measured = list(facts(options.quick))
        print_facts(name, measured)
        write_facts(folder, "device", measured, device=name)


if __name__ == "__main__":
    main()
