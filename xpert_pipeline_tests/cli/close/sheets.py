"""Reads a workbook without its maker's library: values, formulas and formats of cells; and works out its formulas."""

import re
import zipfile
from dataclasses import dataclass

from defusedxml import ElementTree

NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


@dataclass(frozen=True)
class Cell:
    """A cell: its type in the file, its value, its formula, and whether it is marked as a text."""

    kind: str
    value: str
    formula: str | None
    is_quoted: bool


class Book:
    """The sheets of a workbook, by name."""

    def __init__(self, file):
        with zipfile.ZipFile(file) as parts:
            names = [
                sheet.get("name") for sheet in self._tree(parts, "xl/workbook.xml").findall("m:sheets/m:sheet", NAMES)
            ]
            styles = self._tree(parts, "xl/styles.xml").findall("m:cellXfs/m:xf", NAMES)
            quoted = [style.get("quotePrefix") == "1" for style in styles]
            self.sheets = {
                name: self._cells(self._tree(parts, f"xl/worksheets/sheet{number}.xml"), quoted)
                for number, name in enumerate(names, start=1)
            }

    @staticmethod
    def _tree(parts, name):
        return ElementTree.fromstring(parts.read(name))

    @staticmethod
    def _cells(tree, quoted):
        found = {}
        for cell in tree.iter(f"{{{NAMES['m']}}}c"):
            texts = cell.findall("m:v", NAMES) + cell.findall("m:is/m:t", NAMES)
            formula = cell.find("m:f", NAMES)
            found[cell.get("r")] = Cell(
                cell.get("t", "n"),
                "".join(text.text or "" for text in texts),
                None if formula is None else formula.text,
                quoted[int(cell.get("s", 0))],
            )
        return found

    def column(self, sheet, letter):
        """The values of a column below its header, by row."""
        found = {
            re.sub("[A-Z]", "", place): cell for place, cell in self.sheets[sheet].items() if place.startswith(letter)
        }
        return {int(row): cell for row, cell in found.items() if int(row) > 1}

    def worked_out(self, formula):
        """The value of a formula of the summary."""
        if match := re.fullmatch(r'IF\((.*)<0.005,"(.*)","(.*)"\)', formula):
            return match[2] if self._sum(match[1]) < 0.005 else match[3]
        return self._total(formula)

    def _sum(self, text):
        """ABS(SUM(C7:C9)-C10)+ABS(C7-SUMIFS(...))."""
        first, last, after, before, total = re.fullmatch(
            r"ABS\(SUM\(C(\d+):C(\d+)\)-C(\d+)\)\+ABS\(C(\d+)-(SUMIFS\(.*\))\)", text
        ).groups()
        lines = sum(self._amount(row) for row in range(int(first), int(last) + 1))
        return abs(lines - self._amount(after)) + abs(self._amount(before) - self._total(total))

    def _amount(self, row):
        cell = self.sheets["Summary"].get(f"C{row}")
        return float(self.worked_out(cell.formula)) if cell else 0.0

    def _total(self, text):
        function, inner = re.fullmatch(r"(SUMIFS|COUNTIFS)\((.*)\)", text).groups()
        words = re.findall(r'"[^"]*"|[^,]+', inner)
        summed = self._range(words.pop(0)) if function == "SUMIFS" else None
        rows = None
        for where, wanted in zip(words[::2], words[1::2], strict=True):
            column = self._range(where)
            equal = {row for row, cell in column.items() if cell.value == wanted.strip('"')}
            rows = equal if rows is None else rows & equal
        return len(rows) if summed is None else sum(float(summed[row].value) for row in rows)

    def _range(self, text):
        sheet, letter, first, same, last = re.fullmatch(r"(\w+)!\$([A-Z])\$(\d+):\$([A-Z])\$(\d+)", text).groups()
        assert letter == same
        return {row: cell for row, cell in self.column(sheet, letter).items() if int(first) <= row <= int(last)}
