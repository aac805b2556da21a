"""The only writer of archive content: issues, items, what hangs on them, topics, sources and places.

Admin forms, importers, the demo and whatever else changes content call these functions. Each is one transaction, takes
plain arguments, announces one `archive.changes.Change`, and keeps the rules that a form could forget: which text
renders which, the converted script, positions, an item's one home, items that follow their issue. Several calls inside
`changes.recording()` are one transaction with one Change.

Write:      create, edit, save, delete, write_text, write_texts, set_links, set_ties, correct, add_figure
Compose:    place, move, reorder, move_home, remove
Publish:    publish_issue, withdraw_issue, publish_items, withdraw_items
Keep tidy:  merge_items, merge_topics, rename_topic, convert_scripts, mark_up_to_date
"""

from digest.archive.authoring.items import create_issue, create_item, merge_items, place_coded, source_named
from digest.archive.authoring.parts import add_figure, correct, save_picture, save_references, set_links
from digest.archive.authoring.placements import move, move_home, place, remove, reorder, save_placements
from digest.archive.authoring.publishing import (
    publish_issue,
    publish_items,
    withdraw_issue,
    withdraw_items,
    would_publish,
)
from digest.archive.authoring.rows import create, delete, edit, save, set_ties
from digest.archive.authoring.texts import (
    convert_scripts,
    mark_up_to_date,
    save_texts,
    write_text,
    write_texts,
)
from digest.archive.authoring.topics import add_topics, create_topic, merge_topics, rename_topic

__all__ = [
    "add_figure",
    "add_topics",
    "convert_scripts",
    "correct",
    "create",
    "create_issue",
    "create_item",
    "create_topic",
    "delete",
    "edit",
    "mark_up_to_date",
    "merge_items",
    "merge_topics",
    "move",
    "move_home",
    "place",
    "place_coded",
    "publish_issue",
    "publish_items",
    "remove",
    "rename_topic",
    "reorder",
    "save",
    "save_picture",
    "save_placements",
    "save_references",
    "save_texts",
    "set_links",
    "set_ties",
    "source_named",
    "withdraw_issue",
    "withdraw_items",
    "would_publish",
    "write_text",
    "write_texts",
]
