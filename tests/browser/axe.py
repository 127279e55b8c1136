"""What axe finds wrong with a page for those who cannot see it, or have no mouse."""

from __future__ import annotations

from tests.browser.engine import ROOT, Page

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations
        .filter(({impact}) => impact === "serious" || impact === "critical")
        .flatMap(({id, nodes}) => nodes.map((one) => `${id}: ${one.target.flat()}: ${one.failureSummary}`));
}"""


async def findings(page: Page) -> list[str]:
    """Serious and critical ones, each with its place. `make setup` brings axe."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(FINDINGS)
    return found
