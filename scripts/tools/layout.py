"""Where everything lies in the repository."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders and files that the commands read and write.

    Attributes:
        root: The root of the repository.
    """

    root: Path

    @property
    def fragments(self) -> Path:
        """The published operations, one file each."""
        return self.root / "openapi" / "fragments"

    @property
    def sources(self) -> Path:
        """Where each fragment came from."""
        return self.root / "openapi" / "sources.yaml"

    @property
    def contract(self) -> Path:
        """The fragments, merged."""
        return self.root / "openapi" / "cekura.yaml"

    @property
    def overlay(self) -> Path:
        """Where the package that people import is."""
        return self.root / "overlay"

    @property
    def overlays(self) -> tuple[Path, Path]:
        """The folders of corrections and additions, in the order of their application."""
        return self.root / "overlay" / "corrections", self.root / "overlay" / "additions"

    @property
    def operations(self) -> Path:
        """The operations that this project covers."""
        return self.root / "overlay" / "operations.yaml"

    @property
    def build(self) -> Path:
        """What Git ignores; temporary folders go here, so that a swap is a rename."""
        return self.root / "build"

    @property
    def corrected(self) -> Path:
        """The corrected contract, for people and tools."""
        return self.build / "cekura.corrected.yaml"

    @property
    def generated(self) -> Path:
        """The generated bindings."""
        return self.root / "generated"

    @property
    def surface(self) -> Path:
        """What people see of the package, taken down."""
        return self.root / "tests" / "surface" / "public_surface.txt"

    @property
    def pins(self) -> Path:
        """The file that pins the tools."""
        return self.root / "pyproject.toml"


REPOSITORY = Layout(Path(__file__).resolve().parents[2])
