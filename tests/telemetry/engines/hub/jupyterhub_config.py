"""A JupyterHub for tests: spawners that fail or dawdle by the name of the user. Read by jupyterhub itself."""

import os
import sys

from jupyterhub.spawner import SimpleLocalProcessSpawner

FOLDER = os.environ["HUB_FOLDER"]


class Moody(SimpleLocalProcessSpawner):
    """Starts a server, except for users called fail-N (it raises) and gone-N (the server dies at once).

    late-N gets a server that takes longer than the threshold of the test.
    """

    home_dir_template = os.path.join(FOLDER, "{username}")

    async def start(self):
        name = self.user.name
        if name.startswith("fail"):
            raise RuntimeError("no node is free")
        if name.startswith("gone"):
            self.cmd, self.args = ["sh", "-c", "exit 3"], []
        elif name.startswith("late"):
            self.cmd = [sys.executable, "-c", f"import time; time.sleep(5.2); exec(open({SERVER!r}).read())"]
        else:
            self.cmd = [sys.executable, SERVER]
        return await super().start()


SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "small_server.py")
c = get_config()  # noqa: F821 -- given by traitlets
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = Moody
c.Spawner.args = []
c.Spawner.http_timeout = 8
c.Spawner.start_timeout = 20
c.Spawner.consecutive_failure_limit = 0
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['HUB_PUBLIC_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['HUB_PROXY_PORT']}"
c.ConfigurableHTTPProxy.command = [os.environ["HUB_PROXY"]]
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{FOLDER}/cookie_secret"
c.JupyterHub.pid_file = f"{FOLDER}/pid"
c.ConfigurableHTTPProxy.pid_file = f"{FOLDER}/proxy.pid"
c.JupyterHub.services = [
    {"name": "driver", "api_token": os.environ["HUB_DRIVER_TOKEN"]},
    {"name": "meter", "api_token": os.environ["HUB_METRICS_TOKEN"]},
]
c.JupyterHub.load_roles = [
    {"name": "driver", "services": ["driver"], "scopes": ["admin:users", "admin:servers"]},
    {"name": "meter", "services": ["meter"], "scopes": ["read:metrics"]},
]
