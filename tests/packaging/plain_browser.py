"""The least of a browser: follows redirects, keeps cookies (secure ones too, as on localhost), sends forms."""

import http.client
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit


class Form(HTMLParser):
    """The first posting form of a page: its address and its fields."""

    def __init__(self, page):
        super().__init__()
        self.action = None
        self.fields = {}
        self.types = {}
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "form" and values.get("method", "").lower() == "post" and self.action is None:
            self.action, self._inside = values.get("action", ""), True
        elif tag == "input" and self._inside and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")
            self.types[values["name"]] = values.get("type", "text")

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = False


class PlainBrowser:
    """One person at one installation."""

    def __init__(self, base_url):
        self.base_url = base_url
        self.address = base_url
        self.page = ""
        self.status = 0
        self._cookies = {}

    def open(self, address):
        """Fetch a page, following redirects."""
        self._send("GET", address)
        return self

    def submit(self, **typed):
        """Send the page's form; `typed` is matched with fields by their type: email=..., password=..."""
        form = Form(self.page)
        assert form.action is not None, f"no form on {self.address}: {self.page[:2000]}"
        values = {name: typed.get(form.types[name], value) for name, value in form.fields.items()}
        self._send("POST", urljoin(self.address, form.action), urlencode(values))
        return self

    def _send(self, method, address, body=None):
        for _ in range(10):
            self.address = urljoin(self.address, address)
            parts = urlsplit(self.address)
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            if method == "POST":
                headers |= {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": self.base_url,
                    "Sec-Fetch-Site": "same-origin",
                }
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target or "/", body, headers)
            response = connection.getresponse()
            self.page = response.read().decode()
            self.status = response.status
            for line in response.msg.get_all("Set-Cookie") or []:
                self._keep(line)
            connection.close()
            if response.status not in (301, 302, 303, 307, 308):
                return
            method, body, address = "GET", None, response.headers["Location"]
        raise AssertionError(f"too many redirects, the last to {self.address}")

    def _keep(self, line):
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = morsel.value
