"""The `groundswell` command; in the wheel this file is `groundswell/__init__.py`.

Other distributions are called `adapters` and `storage`, so the wheel owns one name only and
keeps our packages in a folder of its own. That folder comes first on the path, hence a foreign
package of the same name changes nothing. Other programs cannot `import bot`: intended.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the command from the folder beside this file, or from the checkout when editable."""
    sys.path.insert(0, str(Path(__file__).parent / "app"))
    from adapters.cli import main as run  # noqa: PLC0415 - the path must be set first

    run()
