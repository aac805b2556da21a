"""Tables of results on the terminal."""


class Table:
    """A table with rows of a name, some values and the target value."""

    def __init__(self, title: str, *heads: str) -> None:
        self.rows: list[tuple[str, ...]] = [(title, *heads, "wanted")]

    def row(self, name: str, *cells: object, wanted: str = "") -> None:
        self.rows.append((name, *map(str, cells), wanted))

    def print(self) -> None:
        widths = [max(len(row[place]) for row in self.rows) for place in range(len(self.rows[0]))]
        print()
        for number, (name, *cells) in enumerate(self.rows):
            line = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))]
            print("  ".join(line).rstrip())
            if number == 0:
                print("-" * (sum(widths) + 2 * len(widths) - 2))
        print(flush=True)
