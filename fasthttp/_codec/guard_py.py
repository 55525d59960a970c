"""Whether a fast path may be taken, in pure Python: the twin of guard_c.pyx, and its contract."""


class Pristine:
    """Answers whether an object's methods are still the ones that a fast path bypasses.

    Made with the class that defines them and their names. Called with an instance of it or of a
    subclass, it is true only where neither a subclass, nor an assignment to a class, nor one to
    the instance has put anything else in the place of one of them.
    """

    __slots__ = ("_names", "_originals")

    def __init__(self, owner: type, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        self._originals = [(name, getattr(owner, name)) for name in names]

    def __call__(self, instance: object) -> bool:
        if not self._names.isdisjoint(instance.__dict__):
            return False
        cls = type(instance)
        return all(getattr(cls, name) is original for name, original in self._originals)


class Unchanged:
    """Answers whether names in a module's namespace still have the values they had.

    Made with the namespace, a dict, and the names. Called without arguments.
    """

    __slots__ = ("_namespace", "_originals")

    def __init__(self, namespace: dict[str, object], names: tuple[str, ...]) -> None:
        self._namespace = namespace
        self._originals = [(name, namespace.get(name)) for name in names]

    def __call__(self) -> bool:
        namespace = self._namespace
        return all(namespace.get(name) is original for name, original in self._originals)
