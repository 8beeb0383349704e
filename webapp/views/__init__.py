"""The pages: one resource a file. A view reads the form, calls one rule and chooses the answer."""

import pkgutil
from importlib import import_module
from types import ModuleType

from flask import Flask

from webapp.auth import first_steps, navigation
from webapp.hypermedia import cards, lists, looks


def register(app: Flask, *packages: str) -> None:
    """Register each module with a `blueprint` in these packages, with its NAVIGATION, LISTS, CARDS, LOOKS and STEPS.

    A module with IS_FOR is registered only if that is true of the app.
    """
    modules = [module for package in packages for module in _found(package) if _is_for(app, module)]
    for module in modules:
        app.register_blueprint(module.blueprint)
    navigation.register(app, [link for module in modules for link in getattr(module, "NAVIGATION", ())])
    lists.register(app, [one for module in modules for one in getattr(module, "LISTS", ())])
    cards.register(app, [card for module in modules for card in getattr(module, "CARDS", ())])
    looks.register(app, [look for module in modules for look in getattr(module, "LOOKS", ())])
    first_steps.register(app, [step for module in modules for step in getattr(module, "STEPS", ())])


def _found(package: str) -> list[ModuleType]:
    names = sorted(found.name for found in pkgutil.iter_modules(import_module(package).__path__))
    modules = [import_module(f"{package}.{name}") for name in names]
    return [module for module in modules if hasattr(module, "blueprint")]


def _is_for(app: Flask, module: ModuleType) -> bool:
    return not hasattr(module, "IS_FOR") or module.IS_FOR(app)
