"""Loaded when a notebook's Python starts: gives `kfp.Client()` the pod's token.

kfp uses the token at KF_PIPELINES_SA_TOKEN_PATH only where it was given no address, which means one fixed name in the
cluster (kfp 2.17, client.py `_load_config`). With an address it takes `credentials`, so that is what it is given here, where
the address is the workspace's own and nothing else was given. Costs nothing where kfp is not imported.
"""

import functools
import importlib.abc
import importlib.util
import os
import sys

_MODULE = "kfp.client.client"
_ADDRESS = "KF_PIPELINES_ENDPOINT"
_TOKEN = "KF_PIPELINES_SA_TOKEN_PATH"


class _AfterImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        module.Client.__init__ = _with_credentials(module.Client.__init__)


def _with_credentials(construct):
    @functools.wraps(construct)
    def initialise(self, host=None, *args, **given):
        own = os.environ.get(_ADDRESS, "")
        # The pod's token is for its own platform, and what somebody gave wins.
        ours = (host or own).rstrip("/") == own.rstrip("/")
        if ours and not args and not given.keys() & {"client_id", "existing_token", "cookies", "credentials"}:
            if os.path.exists(os.environ.get(_TOKEN, "")):
                from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials

                given["credentials"] = ServiceAccountTokenVolumeCredentials()
        construct(self, host, *args, **given)

    return initialise


if os.environ.get(_ADDRESS):
    sys.meta_path.insert(0, _AfterImport())
