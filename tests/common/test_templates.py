"""Every template compiles, and finds the templates that it extends or includes."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import FilterExpression
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode, IncludeNode

FOLDER = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*"))


def constant(expression: FilterExpression) -> str | None:
    """The value of an expression that is a literal."""
    return expression.var if isinstance(expression.var, str) else None


@pytest.mark.parametrize("name", NAMES)
def test_a_template_finds_what_it_extends_and_includes(name):
    nodes = get_template(name).template.nodelist
    for node in nodes.get_nodes_by_type(ExtendsNode):
        if parent := constant(node.parent_name):
            get_template(parent)
    for node in nodes.get_nodes_by_type(IncludeNode):
        if included := constant(node.template):
            get_template(included)
