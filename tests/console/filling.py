"""Forms of a page as a browser without scripts sends them: what stands in each field, and nothing else."""

from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


class Fields(HTMLParser):
    """The successful controls of a page's form (HTML, form submission), by name; `filled` is what is sent."""

    def __init__(self, page: str, form: str) -> None:
        super().__init__(convert_charrefs=True)
        self.filled: dict[str, list[str]] = {}
        self._form, self._inside = form, False
        self._select: tuple[str, dict[bool, list[str]]] | None = None
        self._text: tuple[str, list[str]] | None = None
        self.feed(page)

    def __getitem__(self, name: str) -> str:
        return self.filled[name][0]

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self._inside = given.get("id") == self._form
        elif not self._inside:
            return
        elif tag == "input" and given.get("type") != "file":
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._add(name, value)
        elif tag == "select":
            self._select = (name, {True: [], False: []})
        elif tag == "option" and self._select:
            self._select[1]["selected" in given].append(value)
        elif tag == "textarea":
            self._text = (name, [])

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            name, options = self._select
            self._add(name, (options[True] or options[False])[0])
            self._select = None
        elif tag == "textarea" and self._text:
            name, parts = self._text
            self._add(name, "".join(parts).removeprefix("\n"))
            self._text = None

    def _add(self, name: str, value: str) -> None:
        self.filled.setdefault(name, []).append(value.replace("\r\n", "\n").replace("\n", "\r\n"))
