/* Draws the flows of a page with Mermaid, whose script comes before this one. */
(() => {
  "use strict";
  const flows = document.querySelectorAll(".penstock-diagram > pre.mermaid");

  const fail = (flow, source, reason) => {
    flow.textContent = source;
    flow.dataset.processed = "failed"; // lets go of the room for the picture
    console.warn("penstock: a flow is shown as text, for Mermaid did not draw it:", reason);
  };

  const draw = async (flow) => {
    const source = flow.textContent;
    try {
      await mermaid.run({ nodes: [flow] });
    } catch (reason) {
      fail(flow, source, reason);
    }
  };

  if (typeof mermaid === "undefined") {
    flows.forEach((flow) => fail(flow, flow.textContent, "its script could not be loaded"));
    return;
  }
  mermaid.initialize({ startOnLoad: false, suppressErrorRendering: true });

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
