"""What people see of the package: names, parameters, types; read from the source, not run."""

from collections.abc import Iterator
from pathlib import Path

import griffe

_PACKAGES = ("cekura_client", "cekura_api")
_SPECIAL = {"__init__", "__call__", "__iter__", "__len__", "__getitem__", "__enter__", "__aenter__"}


def public_surface(*folders: Path) -> list[str]:
    """Describe all that can be imported from `cekura_client` and its packages, and all it leads to.

    Args:
        folders: Where `cekura_client` and `cekura_api` are.

    Returns:
        Lines: one for each function and attribute, under one for each class.
    """
    loader = griffe.GriffeLoader(search_paths=list(folders), allow_inspection=False)
    client, _ = (loader.load(package) for package in _PACKAGES)
    loader.resolve_aliases()
    exported = _exported(client)
    lines: list[str] = []
    for path, thing in sorted(_reached(loader, exported).items()):
        lines += [*_described(path, thing, made_by_people=path in exported), ""]
    return lines[:-1]


Thing = griffe.Object | griffe.Alias


def _exported(module: Thing) -> dict[str, Thing]:
    """Find what a package offers, and its packages; the modules in between are its own matter."""
    found = {f"{module.path}.{name}": _named(module, str(name)) for name in module.exports or ()}
    known = {_target(thing).path for thing in found.values()}
    for member in module.modules.values():
        if member.is_init_module and not member.name.startswith("_"):
            more = _exported(member)
            found |= {path: each for path, each in more.items() if _target(each).path not in known}
    return found


def _named(module: Thing, name: str) -> Thing:
    """Find what a package offers under a name, which a module of it may have, too."""
    found: Thing = module[name]
    inner: Thing | None = found.members.get(name) if found.is_module else None
    return found if inner is None else inner


def _reached(loader: griffe.GriffeLoader, exported: dict[str, Thing]) -> dict[str, Thing]:
    """Add the classes that what is exported takes, holds or returns."""
    found = dict(exported)
    seen = {_target(thing).path for thing in found.values()}
    waiting = list(found.values())
    while waiting:
        for name in _names_in(waiting.pop()):
            path = name.canonical_path
            if not path.startswith(_PACKAGES) or name.name.startswith("_"):
                continue
            thing = _target(loader.modules_collection[path])
            if thing.path not in seen and isinstance(thing, griffe.Class):
                seen.add(thing.path)
                found[thing.path] = thing
                waiting.append(thing)
    return found


def _names_in(thing: Thing) -> Iterator[griffe.ExprName]:
    """Find the names in the types of what a class or function shows."""
    target = _target(thing)
    for member in _members(target) if isinstance(target, griffe.Class) else [target]:
        for annotation in _annotations(member):
            if isinstance(annotation, griffe.Expr):
                named = annotation.iterate(flat=True)
                yield from (name for name in named if isinstance(name, griffe.ExprName))


def _annotations(member: griffe.Object) -> list[griffe.Expr | str | None]:
    if isinstance(member, griffe.Function):
        # What a class is made from is its own matter where nobody but the package makes it.
        made = [] if member.name == "__init__" else [each.annotation for each in member.parameters]
        return [*made, member.returns]
    return [member.annotation] if isinstance(member, griffe.Attribute) else []


def _members(thing: griffe.Class) -> list[griffe.Object]:
    """List what a class shows, what it inherits first."""
    members: dict[str, griffe.Object] = {}
    for base in reversed([thing, *thing.mro()]):
        for name, member in base.members.items():
            if not member.is_alias and (not name.startswith("_") or name in _SPECIAL):
                members[name] = _target(member)
    return list(members.values())


def _described(path: str, thing: Thing, *, made_by_people: bool) -> list[str]:
    target = _target(thing)
    if isinstance(target, griffe.Class):
        bases = ", ".join(_public_bases(target))
        members = [each for each in _members(target) if made_by_people or each.name != "__init__"]
        lines = [line for member in members for line in _told(member)]
        return [f"class {path}{f'({bases})' if bases else ''}", *(f"    {line}" for line in lines)]
    return [f"{kind} {path}{rest}".lstrip() for kind, rest in _parts(target)]


def _told(member: griffe.Object) -> list[str]:
    if isinstance(member, griffe.Class):
        return [f"class {member.name}"]
    return [f"{kind} {member.name}{rest}".lstrip() for kind, rest in _parts(member)]


def _parts(member: griffe.Object) -> list[tuple[str, str]]:
    """Split what there is to say of a member: what it is, and what follows its name."""
    if isinstance(member, griffe.Function):
        kind = " ".join([*sorted(member.labels & {"async", "classmethod", "staticmethod"}), "def"])
        versions = member.overloads or [member]
        return [(kind, str(each.signature()).removeprefix(member.name)) for each in versions]
    if isinstance(member, griffe.Attribute):
        annotation = f": {member.annotation}" if member.annotation is not None else ""
        # What a private name or a function call stands for is no part of the surface.
        shown = "class-attribute" in member.labels and "(" not in str(member.value)
        value = f" = {member.value}" if shown and member.value is not None else ""
        kind = "property" if "property" in member.labels else ""
        return [(kind, f"{annotation}{value}")]
    return [(member.kind.value, "")]


def _public_bases(thing: griffe.Class) -> list[str]:
    """Name the bases of a class; in place of a private one, those that it has."""
    names: list[str] = []
    for base in thing.bases:
        name = str(base)
        if not name.startswith("_"):
            names.append(name)
            continue
        private = next((known for known in thing.mro() if known.name == name), None)
        names += _public_bases(private) if private is not None else []
    return list(dict.fromkeys(names))


def _target(thing: Thing) -> griffe.Object:
    return thing.final_target if isinstance(thing, griffe.Alias) else thing
