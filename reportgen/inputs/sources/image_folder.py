"""Folders of images, one folder per class: the images, the names of their classes and of their files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.errors import InputError
from reportgen.inputs.code import load_libraries, model_code
from reportgen.inputs.digest import of_folder
from reportgen.inputs.folders import files_below
from reportgen.inputs.sources.arrays import ArraySource, reading, require_name, stacked
from reportgen.inputs.sources.pictures import Pictures
from reportgen.inputs.sources.rows import Rows
from reportgen.inputs.sources.source import entries
from reportgen.spec.files import is_folder, read_bytes, unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.inputs.dataset import Array
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

_AT = ("data", "path")
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif"})
_LARGEST = 256
"""Megabytes of a file with an image."""
_ROWS_AT_ONCE = 64


class ImageFolder(ArraySource):
    """A folder with a folder of images for each class: ``x`` the images, ``y`` the class, ``file`` the name of the file.

    The rows are in the order of Keras' ``image_dataset_from_directory`` without shuffling: by class, then by folder and name.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()

    def names(self) -> tuple[str, ...]:
        """Return the names of the three arrays."""
        return ("x", "y", "file")

    def unusable(self) -> Iterator[tuple[Location, str, str]]:
        """Yield what is no folder."""
        if not is_folder(self.path):
            yield _AT, self.file, unusable(self.path) or "is a file, not a folder of images"

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the folder and one digest over its files."""
        return ((f"{self.file.rstrip('/')}/", of_folder(self.path)),)

    def reader(self) -> Read:
        """List the images, and read them when they are asked for."""
        with reading(_AT, self.file, "cannot be read as a folder of images"):
            files = self._listed()
        texts = {"y": [PurePosixPath(file).parts[0] for file in files], "file": files}

        def one(location: Location, name: str) -> Array:
            require_name(self.names(), location, self.file, name)
            return np.array(texts[name]) if name in texts else self._images(files)

        return stacked(one, self.file)

    def _listed(self) -> list[str]:
        every = files_below(self.path)
        files = [PurePosixPath(file) for file in every if PurePosixPath(file).suffix.lower() in _SUFFIXES]
        named = {value for _, value in entries(self.data)}
        outside = next((file for file in files if len(file.parts) == 1), None)
        if outside is not None and "y" in named:
            raise ValueError(f"{outside} is not in the folder of a class")
        if not files:
            message = "it has no PNG, JPEG, BMP or GIF files"
            raise ValueError(message)
        others = f", {len(every) - len(files):,} other files left out" if len(files) < len(every) else ""
        self.reading = f"images by class, folder and name{others}"
        return [str(file) for file in sorted(files, key=lambda file: (file.parts[0], str(file.parent), file.name))]

    def _images(self, files: list[str]) -> Array:
        if self.data.images is None:
            raise InputError(_AT, self.file, "is a folder of images: data.images must say their size and range")
        load_libraries()
        pictures = Pictures(self.data.images)
        with model_code(_AT, self.file, "cannot be read as a folder of images"), Rows(self.counted, len(files)) as rows:
            for start in range(0, len(files), _ROWS_AT_ONCE):
                batch = files[start : start + _ROWS_AT_ONCE]
                rows.add({"x": np.stack([pictures.decoded(self._content(file), file) for file in batch])})
            return rows.arrays()["x"]

    def _content(self, file: str) -> bytes:
        return read_bytes(self.path / file, _LARGEST)
