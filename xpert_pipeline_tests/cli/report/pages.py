"""Reads the HTML of a page."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The elements of a page: ids, links, texts by class, statements, and what would ask the network."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.asked, self.scripts, self.statements = set(), [], [], 0, {}
        self.texts, self.open, self.article = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.open.append(tag)
        self.scripts += tag == "script"
        if "id" in found:
            assert found["id"] not in self.ids
            self.ids.add(found["id"])
        if tag == "article":
            self.article = found.get("id")
        if tag == "a":
            self.links.append(found["href"])
        self.asked += [
            (tag, name) for name in found if name in ("src", "srcset", "action", "data") or name.startswith("on")
        ]
        self.asked += [("link", tag)] if tag in ("link", "iframe", "object", "img") else []

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "pre":
            self.statements[self.article] = self.statements.get(self.article, "") + data
        elif not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())
