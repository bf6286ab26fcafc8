"""Where everything lies in the repository."""

from pathlib import Path


class Layout:
    """The folders and files that the commands read and write.

    Args:
        root: The root of the repository.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        # As published, an operation each; where each came from; all of them merged.
        self.fragments = root / "openapi" / "fragments"
        self.sources = root / "openapi" / "sources.yaml"
        self.contract = root / "openapi" / "cekura.yaml"
        # Which operations are covered, and what is applied to the contract, in this order.
        self.overlay = root / "overlay"
        self.operations = self.overlay / "operations.yaml"
        self.overlays = (self.overlay / "corrections", self.overlay / "additions")
        self.generated = root / "generated"
        # What Git ignores; temporary folders go here, so that a swap is a rename.
        self.build = root / "build"
        self.corrected = self.build / "cekura.corrected.yaml"
        self.surface = root / "tests" / "surface" / "public_surface.txt"
        self.pins = root / "pyproject.toml"


REPOSITORY = Layout(Path(__file__).resolve().parents[2])
