"""``python -m cekura_client.cli``: the same as ``cekura-client``."""

from cekura_client.cli import main

if __name__ == "__main__":
    main()
