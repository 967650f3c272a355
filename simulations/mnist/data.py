"""Labelled images: MNIST from a folder, the user's cache or a public mirror; scikit-learn's digits."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from jaxtyping import Float, Int

from simulations.mnist.idx import FILES, read

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SMALL = 7600, 500  # images for training and tests


class Images(NamedTuple):
    """Images as rows of pixels in [0, 1], with the digit that each shows."""

    name: str
    train: Float[np.ndarray, "N pixels"]
    train_digits: Int[np.ndarray, " N"]
    test: Float[np.ndarray, "T pixels"]
    test_digits: Int[np.ndarray, " T"]

    def first(self, train: int, test: int) -> "Images":
        """The first images of both parts."""
        return Images(
            self.name,
            self.train[:train],
            self.train_digits[:train],
            self.test[:test],
            self.test_digits[:test],
        )


def load(folder: str | None, small: bool = False) -> Images:
    """MNIST from `folder`, else from the folder COLLAPSE_DATA, else from the cache, else downloaded.

    `small` asks for the first images alone, where no folder is named for the digits of scikit-learn.
    Raises ValueError saying what to do if there is neither.
    """
    named = folder or os.environ.get("COLLAPSE_DATA")
    if small and not named:
        return digits()
    images = _mnist(_folder(Path(named)) if named else _download())
    return images.first(*SMALL) if small else images


def digits() -> Images:
    """The 1,797 images of 8 x 8 pixels that come with scikit-learn, a quarter of them for tests.

    Raises ValueError if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ValueError(
            "data = None: without MNIST the small run needs scikit-learn; "
            "pip install 'strong-model-collapse[digits]', or give --data DIR"
        ) from None
    pixels, shown = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))  # they come sorted by writer
    test, train = np.split(order, [len(order) // 4])
    pixels = pixels / 16
    return Images("digits", pixels[train], shown[train], pixels[test], shown[test])


def _mnist(paths: list[Path]) -> Images:
    arrays = [read(path, file) for path, file in zip(paths, FILES.values(), strict=True)]
    train, test = (arrays[i].reshape(len(arrays[i]), -1) / 255 for i in (0, 2))
    return Images("mnist", train, arrays[1].astype(int), test, arrays[3].astype(int))


def _folder(folder: Path) -> list[Path]:
    """The four files in a folder or in its subfolder mnist."""
    paths = []
    for name in FILES:
        places = [folder / (name + end) for end in ("", ".gz")]
        places += [folder / "mnist" / path.name for path in places]
        existing = [path for path in places if path.exists()]
        if not existing:
            raise ValueError(
                f"data = {folder}: no {name} or {name}.gz there; expected MNIST's four files"
            )
        paths.append(existing[0])
    return paths


def _download() -> list[Path]:
    """The four archives in the user's cache, fetched from the first mirror that answers."""
    cache = Path(pooch.os_cache("strong-model-collapse")) / "mnist"
    pooch.get_logger().setLevel("WARNING")
    reasons = []
    for mirror in MIRRORS:
        try:
            return [
                Path(
                    pooch.retrieve(
                        f"{mirror}{name}.gz",
                        known_hash=f"sha256:{file.archive}",
                        fname=f"{name}.gz",
                        path=cache,
                        progressbar=True,
                    )
                )
                for name, file in FILES.items()
            ]
        except (OSError, ValueError) as error:  # no network, no permission, wrong content
            reasons.append(f"{type(error).__name__} from {mirror}")
    raise ValueError(
        f"data = None: MNIST is neither in {cache} nor to be downloaded ({', '.join(reasons)}); "
        "give --data DIR with its four files, or run with --quick, which needs no download"
    )
