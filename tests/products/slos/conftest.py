"""Makes the shelf of objectives for tests importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
