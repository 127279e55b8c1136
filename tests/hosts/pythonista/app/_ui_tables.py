"""Tables of the stand-in's `ui`: rows that a data source tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from _ui_controls import ImageView, Label
from _ui_text import ScrollView
from _ui_view import Looks, View

STYLES = ("default", "subtitle", "value1", "value2")


class TableViewCell(View):
    """A row."""

    _final = True
    accessory_type: Any = Looks("none")
    selectable: Any = Looks(True)
    selected_background_view: Any = Looks()

    def __init__(self, style: str = "default", **attributes: Any) -> None:
        super().__init__(**attributes)
        if style not in STYLES:
            raise ValueError(f"invalid cell style {style!r}")
        self.text_label = Label()
        self.detail_text_label: Any = Label() if style != "default" else None
        self.image_view = ImageView()
        self.content_view = View()


class TableView(ScrollView):
    """Rows in sections."""

    _final = True
    row_height: Any = Looks(44.0)
    editing: Any = Looks(False)
    allows_selection: Any = Looks(True)
    allows_multiple_selection: Any = Looks(False)
    separator_color: Any = Looks(is_colour=True)
    data_source: Any = None

    def __init__(self, style: str = "plain", **attributes: Any) -> None:
        super().__init__(**attributes)
        self.style = style
        self.selected_row: tuple[int, int] = (-1, -1)

    def reload(self) -> None:
        """Ask for every row again."""
        self.changes("reload")
        self.__dict__["_rows_shown"] = self._rows_told()

    reload_data = reload

    def insert_rows(self, rows: Iterable[Any]) -> None:
        """Rows have come. Raises ValueError where the data source tells of more, or fewer (DOC17)."""
        self.changes("insert_rows")
        self._count(len(list(rows)))

    def delete_rows(self, rows: Iterable[Any]) -> None:
        """Rows have gone. Raises ValueError where the data source tells of more, or fewer (DOC17)."""
        self.changes("delete_rows")
        self._count(-len(list(rows)))

    def _count(self, change: int) -> None:
        before, now = self.__dict__.get("_rows_shown"), self._rows_told()
        self.__dict__["_rows_shown"] = now
        if before is not None and before + change != now:
            raise ValueError(f"invalid number of rows: {before} and {change:+} are not {now}")

    def _rows_told(self) -> int:
        hook = getattr(self.data_source, "tableview_number_of_rows", None)
        return 0 if hook is None else sum(int(hook(self, section)) for section in range(self.sections))

    def set_editing(self, editing: bool, animated: bool = True) -> None:
        """Show how rows are deleted."""
        self.editing = editing

    @property
    def sections(self) -> int:
        """How many sections there are."""
        hook = getattr(self.data_source, "tableview_number_of_sections", None)
        return 1 if hook is None else int(hook(self))

    def rows(self, section: int = 0) -> list[TableViewCell]:
        """The rows as they are shown."""
        count = int(self.data_source.tableview_number_of_rows(self, section))
        return [self.data_source.tableview_cell_for_row(self, section, row) for row in range(count)]

    def titles(self, section: int = 0) -> list[str]:
        """What the rows say."""
        return [str(cell.text_label.text) for cell in self.rows(section)]

    def select(self, row: int, section: int = 0) -> None:
        """The person taps a row."""
        self.selected_row = (section, row)
        for told in dict.fromkeys((self.delegate, self.data_source)):
            hook = getattr(told, "tableview_did_select", None)
            if hook is not None:
                hook(self, section, row)
                return

    def delete(self, row: int, section: int = 0) -> None:
        """The person swipes a row away."""
        can = getattr(self.data_source, "tableview_can_delete", None)
        assert can is not None, "no row can be deleted"
        assert can(self, section, row), "the row cannot be deleted"
        self.data_source.tableview_delete(self, section, row)


class ListDataSource:
    """Rows from a list, which is reloaded when that changes."""

    def __init__(self, items: Sequence[Any] = ()) -> None:
        self.tableview: TableView | None = None
        self.action: Callable[[Any], object] | None = None
        self.edit_action: Callable[[Any], object] | None = None
        self.accessory_action: Callable[[Any], object] | None = None
        self.delete_enabled = True
        self.move_enabled = False
        self.selected_row = -1
        self.font: Any = None
        self.text_color: Any = None
        self.number_of_lines = 1
        self.autoreload = True
        self._items = _Items(self, items)

    @property
    def items(self) -> list[Any]:
        """The rows."""
        return self._items

    @items.setter
    def items(self, items: Sequence[Any]) -> None:
        self._items = _Items(self, items)
        self.reload()

    def reload(self) -> None:
        """Show them anew."""
        if self.tableview is not None and self.autoreload:
            self.tableview.reload()

    def tableview_number_of_rows(self, tableview: TableView, section: int) -> int:
        """How many rows there are."""
        self.tableview = tableview
        return len(self.items)

    def tableview_cell_for_row(self, tableview: TableView, section: int, row: int) -> TableViewCell:
        """One row."""
        item = self.items[row]
        cell = TableViewCell()
        cell.text_label.text = str(item.get("title", "")) if isinstance(item, dict) else str(item)
        if isinstance(item, dict):
            cell.accessory_type = item.get("accessory_type", "none")
        return cell

    def tableview_can_delete(self, tableview: TableView, section: int, row: int) -> bool:
        """Whether it can be swiped away."""
        return self.delete_enabled

    def tableview_delete(self, tableview: TableView, section: int, row: int) -> None:
        """It was swiped away."""
        del self.items[row]
        if self.edit_action is not None:
            self.edit_action(self)

    def tableview_did_select(self, tableview: TableView, section: int, row: int) -> None:
        """It was tapped."""
        self.selected_row = row
        if self.action is not None:
            self.action(self)


class _Items(list[Any]):
    def __init__(self, source: ListDataSource, items: Iterable[Any]) -> None:
        super().__init__(items)
        self._source = source

    def append(self, item: Any) -> None:
        super().append(item)
        self._source.reload()

    def __setitem__(self, place: Any, item: Any) -> None:
        super().__setitem__(place, item)
        self._source.reload()

    def __delitem__(self, place: Any) -> None:
        super().__delitem__(place)
        self._source.reload()
