/* Tools for the diagrams of a page: zoom, pan, full screen, copy, download. No request, no library.
   Diagrams may come and go, as pages are swapped by script: they are watched for. */
(() => {
  "use strict";
  if (window.penstockTools) return; // loaded again by a script that swaps pages
  window.penstockTools = true;
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = {
    out: "M3 8h10", in: "M3 8h10M8 3v10", fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
    full: "M9 2h5v5M14 2 9 7M7 14H2V9M2 14l5-5", copy: "M6 6h8v8H6zM10 6V2H2v8h4",
    download: "M8 2v8M4 7l4 4 4-4M2 14h12", close: "M3 3l10 10M13 3 3 13",
  };
  const known = new WeakMap(); // what watches each box
  let shut; // what ends the full screen
  const find = (from, what) => from instanceof Element ? from.closest(what) : null;
  const viewOf = box => box.querySelector(".penstock-view");
  /* An SVG, or the element into which Mermaid has put one that nobody can reach. */
  const drawnIn = view => view.querySelector("svg.penstock-flow, .mermaid > svg, img") || view.querySelector("pre, .mermaid");
  /* A PNG has two for one. */
  const naturalWidth = drawn => drawn.viewBox?.baseVal.width || drawn.naturalWidth / 2 || drawn.offsetWidth;

  /* Zooming sets the width of what is drawn, panning is scrolling. Variables, so that paper has its own size. */
  const zoom = (view, factor, x, y) => {
    const drawn = drawnIn(view), box = view.getBoundingClientRect(), old = drawn.getBoundingClientRect();
    x ??= box.left + box.width / 2;
    y ??= box.top + box.height / 2;
    const isHost = drawn.matches("pre, .mermaid");
    const natural = isHost ? old.width / (+drawn.style.getPropertyValue("--penstock-zoom") || 1) : naturalWidth(drawn);
    const scale = Math.min(Math.max(old.width / natural * factor, 1 / 16), 8);
    view.classList.add("penstock-zoomed");
    drawn.style.setProperty("--penstock-zoom", scale);
    drawn.style.setProperty("--penstock-wide", scale * natural + "px");
    const now = drawn.getBoundingClientRect();
    view.scrollLeft += now.left + (x - old.left) / old.width * now.width - x;
    view.scrollTop += now.top + (y - old.top) / old.height * now.height - y;
    say(view, Math.round(100 * scale) + " %");
  };
  const reset = view => {
    view.classList.remove("penstock-zoomed");
    drawnIn(view).style.removeProperty("--penstock-zoom");
    say(view, "");
  };
  const fit = view => {
    const { width, height } = drawnIn(view).getBoundingClientRect();
    const across = (view.clientWidth - 32) / width;
    zoom(view, find(view, "dialog") ? Math.min(across, (view.clientHeight - 40) / height) : across);
  };
  const say = (view, text) => { find(view, "dialog, .penstock-diagram").querySelector("output").textContent = text; };

  const open = (box, button) => {
    const view = viewOf(box), place = document.createComment(""), dialog = document.createElement("dialog");
    dialog.className = "penstock-full";
    dialog.setAttribute("aria-label", box.getAttribute("aria-label") || view.getAttribute("aria-label") || view.querySelector("img").alt);
    const row = document.createElement("div");
    row.className = "penstock-head";
    row.append(...tools(box, ["out", "in", "fit", "copy", "download", "close"]));
    reset(view);
    box.style.minHeight = box.offsetHeight + "px"; // the page stays where it is
    view.replaceWith(place);
    dialog.append(row, view);
    box.append(dialog); // not elsewhere: it has the colours of the box
    const tab = view.getAttribute("tabindex");
    view.tabIndex = 0;
    shut = () => {
      shut = null;
      reset(view);
      tab === null ? view.removeAttribute("tabindex") : view.setAttribute("tabindex", tab);
      place.replaceWith(view);
      dialog.remove();
      box.style.minHeight = "";
      begin(view);
      button.focus({ preventScroll: true });
    };
    dialog.addEventListener("close", () => shut?.());
    dialog.showModal();
    fit(view);
    /* A telephone begins with letters that can be read. */
    const more = 0.92 / drawnIn(view).style.getPropertyValue("--penstock-zoom");
    if (more > 1 && innerWidth < 600) { zoom(view, more); begin(view); }
    view.focus();
  };

  const copy = async (box, view) => {
    const { mermaid, copied } = box.querySelector(".penstock-tools").dataset;
    try {
      await navigator.clipboard.writeText(mermaid);
    } catch { // where a page is not from https:, or the browser asks
      const area = document.createElement("textarea");
      area.value = mermaid;
      view.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(view, copied);
  };
  /* With the colours that the page gives it, for it leaves the page. */
  const download = (box, view) => {
    const drawn = drawnIn(view), image = drawn.cloneNode(true), copies = image.querySelectorAll("*");
    drawn.querySelectorAll("*").forEach((element, at) => {
      const style = getComputedStyle(element);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "color", "font", "text-anchor", "opacity"])
        copies[at].style.setProperty(name, style.getPropertyValue(name));
    });
    image.removeAttribute("style");
    image.setAttribute("xmlns", SVG);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(image)], { type: "image/svg+xml" }));
    link.download = (drawn.querySelector("title")?.textContent || "flow") + ".svg";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const act = (what, box, button) => {
    const view = viewOf(box), dialog = find(view, "dialog");
    if (what === "in") zoom(view, 1.25);
    else if (what === "out") zoom(view, 0.8);
    else if (what === "fit") fit(view);
    else if (what === "full") open(box, button);
    else if (what === "close") shut();
    else if (what === "copy") copy(box, view);
    else if (what === "download") download(box, view);
  };

  const tools = (box, names) => {
    const words = box.querySelector(".penstock-tools").dataset, made = [];
    const file = location.protocol !== "file:" && box.querySelector(".penstock-file[href]"), drawn = drawnIn(viewOf(box));
    for (const name of names) {
      if (name === "copy" && !words.mermaid) continue;
      const isLater = name === "download" && !file && !(drawn instanceof SVGElement);
      if (isLater && !drawn.matches("pre")) continue; // an image, or what nobody can reach
      const button = document.createElement(name === "download" && file ? "a" : "button");
      if (button.tagName === "A") { button.href = file.href; button.download = ""; }
      else { button.type = "button"; button.dataset.do = name; }
      if (isLater) button.style.visibility = "hidden"; // it keeps its room until Mermaid has drawn
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
      const icon = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
      icon.setAttribute("viewBox", "0 0 16 16");
      icon.setAttribute("aria-hidden", "true");
      path.setAttribute("d", ICONS[name]);
      icon.append(path);
      button.append(icon);
      made.push(button);
    }
    const output = document.createElement("output");
    return [output, ...made];
  };

  /* What Mermaid draws begins where an SVG does by its style sheet alone. */
  const begin = view => {
    const drawn = drawnIn(view), box = view.getBoundingClientRect();
    if (!drawn) return;
    const starts = [...drawn.querySelectorAll(".penstock-entrypoint")].map(e => e.getBoundingClientRect());
    const [first] = starts, near = starts.filter(each => each.right - first.left <= box.width && each.left - first.left > -box.width);
    const middle = first ? (Math.min(...near.map(e => e.left)) + Math.max(...near.map(e => e.right))) / 2
      : drawn.getBoundingClientRect().left + drawn.offsetWidth / 2;
    view.scrollLeft += middle - box.left - box.width / 2;
    view.scrollTop += first ? first.top + first.height / 2 - box.top - box.height / 2 : -9e9;
  };

  const join = box => {
    const view = viewOf(box), row = box.querySelector(".penstock-tools");
    known.set(box, null);
    for (const side of ["width", "height"])
      if (view.dataset[side]) view.style.setProperty("--penstock-" + side, view.dataset[side]);
    const fill = () => {
      row.querySelectorAll(":scope > :not(.penstock-file)").forEach(each => each.remove()); // of a copied page
      row.append(...tools(box, ["out", "in", "fit", "full", "copy", "download"]));
    };
    fill();
    view.addEventListener("wheel", event => {
      view.classList.add("penstock-moved");
      if (!event.ctrlKey && !event.metaKey && !find(view, "dialog")) return;
      event.preventDefault();
      zoom(view, Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
    }, { passive: false });
    let drag, far;
    view.addEventListener("pointerdown", event => {
      view.classList.add("penstock-moved");
      if (event.pointerType === "mouse" && !event.button && !find(event.target, "a")) drag = [event.clientX, event.clientY];
    });
    view.addEventListener("pointermove", event => {
      if (!drag || !event.buttons) return;
      getSelection().removeAllRanges();
      view.scrollLeft += drag[0] - event.clientX;
      view.scrollTop += drag[1] - event.clientY;
      drag = [event.clientX, event.clientY];
    });
    view.addEventListener("touchmove", event => {
      if (event.touches.length !== 2 || !find(view, "dialog")) return;
      const [a, b] = event.touches, now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      event.preventDefault();
      if (far) zoom(view, now / far, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      far = now;
    }, { passive: false });
    for (const name of ["pointerup", "touchend", "touchstart"]) view.addEventListener(name, () => { drag = far = 0; });
    if (view.querySelector("svg.penstock-flow, img")) return;
    /* Mermaid draws later, and says nothing. */
    let before = 0;
    known.set(box, new ResizeObserver(() => {
      const drawn = drawnIn(view);
      if (!drawn) return;
      if (!drawn.matches("pre") && row.querySelector("[data-do=download]")?.style.visibility) fill();
      if (view.scrollWidth === before || view.classList.contains("penstock-zoomed")) return;
      before = view.scrollWidth;
      if (drawn instanceof SVGElement) drawn.style.setProperty("--penstock-least", 0.75 * naturalWidth(drawn) + "px");
      begin(view);
    }));
  };

  const look = () => document.querySelectorAll(".penstock-diagram").forEach(box => {
    if (!known.has(box) && viewOf(box) && box.querySelector(".penstock-tools")) join(box);
    if (known.get(box)) known.get(box).observe(drawnIn(viewOf(box)));
  });
  document.addEventListener("click", event => {
    const button = find(event.target, "[data-do]"), box = find(event.target, ".penstock-diagram");
    if (button && box) act(button.dataset.do, box, button);
    else if (find(event.target, ".penstock-full a:not([download])")) shut();
  });
  document.addEventListener("keydown", event => {
    const view = find(event.target, ".penstock-view");
    const what = { "+": "in", "=": "in", "-": "out", 0: "fit", f: "full" }[event.key];
    if (!view || !what || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = find(view, ".penstock-diagram"), button = box.querySelector("[data-do=full]");
    if (what !== "full" || !find(view, "dialog")) act(what, box, button);
    event.preventDefault();
  });
  addEventListener("beforeprint", () => shut?.()); // an event would come too late
  /* The columns of a long page may come when the style sheet has scrolled its boxes already. */
  addEventListener("load", () => {
    for (const each of document.getAnimations()) if (each.animationName === "penstock-start") each.currentTime = 0;
  });
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  look();
})();
