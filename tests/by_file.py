"""Which process gets which tests: those of a file go to one, in the order of the run."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

from . import whole_run


class ByFile(LoadFileScheduling):
    """A file's tests go to one process; so do those of a folder that shares what takes long.

    What a process is to do is a dict of files, of which each is a dict of tests. xdist's own looks
    at all of them for each test that has run: with ours only what is still to be done is there.
    """

    _places: dict[str, int]

    def _split_scope(self, nodeid: str) -> str:
        folder = whole_run.folder_of(nodeid)
        return folder if folder in whole_run.FOLDERS else str(super()._split_scope(nodeid))

    def schedule(self) -> None:
        first = next(iter(self.registered_collections.values()))  # all have the same
        self._places = {nodeid: place for place, nodeid in enumerate(first)}
        super().schedule()

    def _assign_work_unit(self, node: Any) -> None:
        scope, tests = self.workqueue.popitem(last=False)
        self.assigned_work[node][scope] = tests
        node.send_runtest_some([self._places[nodeid] for nodeid in tests])

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        nodeid = self.registered_collections[node][item_index]
        files = self.assigned_work[node]
        scope = self._split_scope(nodeid)
        del files[scope][nodeid]
        if not files[scope]:
            del files[scope]
        self._reschedule(node)
