/* Draws the flows of a page with Mermaid, whose script comes before this one. */
(() => {
  "use strict";
  // Not of the class "mermaid", by which scripts of themes would take them over.
  const flows = document.querySelectorAll("pre.penstock-mermaid");

  const fail = (flow, source, reason) => {
    flow.textContent = source;
    flow.dataset.processed = "failed"; // releases the room for the diagram
    console.warn("penstock: a flow is shown as text, for Mermaid did not draw it:", reason);
  };

  const draw = async (flow) => {
    const source = flow.textContent;
    flow.classList.add("mermaid"); // styles and plugins that enlarge diagrams look for it
    try {
      await drawer.run({ nodes: [flow] });
    } catch (reason) {
      fail(flow, source, reason);
    }
  };

  if (typeof mermaid === "undefined") {
    flows.forEach((flow) => fail(flow, flow.textContent, "its script could not be loaded"));
    return;
  }
  const drawer = mermaid; // a theme may load another one later
  drawer.initialize({ startOnLoad: false, suppressErrorRendering: true });

  // Mermaid measures words, which it cannot in a closed tab: such a flow waits until it is open.
  // One after the other, for Mermaid cannot draw two at once.
  let drawn = Promise.resolve();
  const watch = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      if (contentRect.width > 0) {
        watch.unobserve(target);
        drawn = drawn.then(() => draw(target));
      }
    }
  });
  flows.forEach((flow) => watch.observe(flow));
})();
