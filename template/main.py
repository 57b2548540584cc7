"""The CDKTF app of this instance: `pipeline.toml` becomes the stacks. `cdktf.json` runs it."""

from pathlib import Path

from stacks.app import main

if __name__ == "__main__":
    main(Path(__file__).parent)
