"""Settings, urls, wsgi and the supervised process: the only room that reads the environment."""
