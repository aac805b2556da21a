"""The only code that writes archive content: issues, items with their attachments, topics, sources and places.

Admin forms, importers and the demo call these functions. Each function is one transaction, takes plain arguments and
reports one `archive.changes.Change`. It also keeps the rules that a caller could forget: which text is a translation
of which, the converted Chinese script, positions, one home issue per item, items published along with their issue.
Several calls inside `changes.record_changes()` are one transaction with one Change.

Write:     create, edit, save, delete, write_text, write_texts, set_links, set_relation, add_correction, add_figure
Place:     place_item, move_placement, reorder_placements, move_home_issue, remove_placement
Publish:   publish_issue, withdraw_issue, publish_items, withdraw_items
Maintain:  merge_items, merge_topics, rename_topic, convert_scripts, mark_up_to_date
"""

from digest.archive.authoring.attachments import add_correction, add_figure, save_picture, save_references, set_links
from digest.archive.authoring.crud import create, delete, edit, save, set_relation
from digest.archive.authoring.items import (
    create_issue,
    create_item,
    get_or_create_place,
    get_or_create_source,
    merge_items,
)
from digest.archive.authoring.placements import (
    move_home_issue,
    move_placement,
    place_item,
    remove_placement,
    reorder_placements,
    save_placements,
)
from digest.archive.authoring.publishing import (
    publish_issue,
    publish_items,
    withdraw_issue,
    withdraw_items,
    would_publish,
)
from digest.archive.authoring.texts import (
    convert_scripts,
    mark_up_to_date,
    save_texts,
    write_text,
    write_texts,
)
from digest.archive.authoring.topics import add_topics, create_topic, merge_topics, rename_topic

__all__ = [
    "add_correction",
    "add_figure",
    "add_topics",
    "convert_scripts",
    "create",
    "create_issue",
    "create_item",
    "create_topic",
    "delete",
    "edit",
    "get_or_create_place",
    "get_or_create_source",
    "mark_up_to_date",
    "merge_items",
    "merge_topics",
    "move_home_issue",
    "move_placement",
    "place_item",
    "publish_issue",
    "publish_items",
    "remove_placement",
    "rename_topic",
    "reorder_placements",
    "save",
    "save_picture",
    "save_placements",
    "save_references",
    "save_texts",
    "set_links",
    "set_relation",
    "withdraw_issue",
    "withdraw_items",
    "would_publish",
    "write_text",
    "write_texts",
]
