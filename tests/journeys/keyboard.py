"""A person who has a keyboard and no mouse: Tab, Space, Enter, arrows and letters. Every stop must show where it is."""

from playwright.sync_api import Locator, expect

from tests.journeys.visitor import Visitor

_MOST_STOPS = 250

_STOP = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  // The design system draws the focus of a radio button or checkbox on its label.
  const ticked = here.matches("input[type=radio], input[type=checkbox]") && here.labels.length;
  const looks = [getComputedStyle(here)];
  if (ticked) looks.push(getComputedStyle(here.labels[0], "::before"));
  const drawn = (style) => style.boxShadow !== "none" ||
    (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const box = (ticked ? here.labels[0] : here).getBoundingClientRect();
  const middle = document.elementFromPoint(
    Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1),
    Math.min(Math.max(box.top + Math.min(box.height / 2, 200), 0), innerHeight - 1));
  const own = ticked ? here.parentElement : here;
  return {
    name: here.outerHTML.slice(0, 160),
    shown: looks.some(drawn),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    free: own.contains(middle) || (middle !== null && middle.contains(own)),
  };
}"""


class Keyboard:
    """Moves through the pages of a visitor. `stops` counts the presses of Tab."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.stops = 0

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus; every stop on the way must be seen."""
        expect(target).to_have_count(1)
        for _ in range(_MOST_STOPS):
            self.page.keyboard.press("Tab")
            self.stops += 1
            self.check_stop()
            if target.evaluate("(wanted) => wanted === document.activeElement"):
                return
        raise AssertionError(f"Tab does not come to {target}")

    def check_stop(self) -> None:
        """The focus is somewhere, drawn, on the screen and not under something else."""
        stop = self.page.evaluate(_STOP)
        if stop is None:
            return  # between the end of the page and its beginning
        assert stop["shown"], f"{self.visitor.path}: no focus to be seen at {stop['name']}"
        assert stop["inside"], f"{self.visitor.path}: the focus is off the screen at {stop['name']}"
        assert stop["free"], f"{self.visitor.path}: something covers {stop['name']}"

    def press(self, key: str) -> None:
        """One key where the focus is."""
        self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        """Letters where the focus is."""
        self.page.keyboard.type(words)

    def go(self, target: Locator, key: str = "Enter") -> None:
        """Tab to a link or button and press it; the page that follows is looked at."""
        self.tab_to(target)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.visitor.look()

    def button(self, name: object) -> Locator:
        """The button or link of that name that is to be seen."""
        page, exact = self.page, isinstance(name, str)
        found = page.get_by_role("button", name=name, exact=exact).or_(page.get_by_role("link", name=name, exact=exact))
        return found.filter(visible=True)
