"""The version of this package. Asking the installed metadata for it would delay every start."""

VERSION = "0.1.0"
