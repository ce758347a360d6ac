"""The smallest single-user server that a hub takes for one: it answers below its prefix. Saves seconds a start."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 -- http.server's name

    def log_message(self, *args):
        pass


at = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
HTTPServer(("127.0.0.1", at.port), Handler).serve_forever()
