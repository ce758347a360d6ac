"""The product's settings on a data folder of the tests' own, with fast password hashes and unhashed static files."""

import atexit
import os
import shutil
import tempfile

# Before the product reads its settings: no test ever touches a person's data folder.
_KEPT = {"HORTUS_DATABASE_URL", "HORTUS_TEST_DATA"}
for _name in [n for n in os.environ if n.startswith("HORTUS_") and n not in _KEPT]:
    del os.environ[_name]
os.environ["HORTUS_DATA_DIR"] = tempfile.mkdtemp(prefix="hortus-test-")
os.environ["HORTUS_SAMPLE"] = "false"
atexit.register(shutil.rmtree, os.environ["HORTUS_DATA_DIR"], ignore_errors=True)

from hortus.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
