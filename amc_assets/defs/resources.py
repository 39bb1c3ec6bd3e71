"""Resources: the workspace of a run (lake, database, providers, clock), opened once per process and closed after it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from amc_assets.defs.failed_days import record_unopened

if TYPE_CHECKING:
    from amc_assets.pipeline.workspace import Workspace


class EnvironmentWorkspace(dg.ConfigurableResource["EnvironmentWorkspace"]):
    """The workspace that the environment variables describe; nothing of them is stored with a run."""

    _workspace: "Workspace | None" = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["EnvironmentWorkspace"]:
        """Open the workspace for the length of a run; when it does not open, the days of the run get audit rows."""
        # SQLAlchemy, httpx and alembic cost 0.6 s of import: every Dagster process would pay, only a run needs them
        from amc_assets.pipeline.vaulted import vaulted_settings  # noqa: PLC0415
        from amc_assets.pipeline.workspace import open_workspace  # noqa: PLC0415

        settings = vaulted_settings(os.environ)
        with ExitStack() as stack:
            try:
                self._workspace = stack.enter_context(open_workspace(settings))
            except Exception as error:
                record_unopened(settings, context.run, error)
                raise
            yield self
        self._workspace = None

    def get(self) -> "Workspace":
        """Return the open workspace."""
        if self._workspace is None:
            raise dg.DagsterInvariantViolationError("the workspace is open only while a run executes")
        return self._workspace


class HeldWorkspace:
    """A workspace that somebody else opened and will close: replays and tests."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace

    def get(self) -> "Workspace":
        """Return the workspace given."""
        return self._workspace


WorkspaceParam = dg.ResourceParam[EnvironmentWorkspace]
"""Annotation of an asset's ``workspace`` argument; either class above may stand behind it."""
