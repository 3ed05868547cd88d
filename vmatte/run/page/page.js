"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["", "light", "dark"];
  const words = { "": "as the system", light: "light", dark: "dark" };
  const button = document.getElementById("theme");
  const store = {
    get() { try { return localStorage.getItem("vmatte-theme") || ""; } catch { return ""; } },
    set(value) { try { localStorage.setItem("vmatte-theme", value); } catch { /* a file may have no storage */ } },
  };
  const paint = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.textContent = `Theme: ${words[theme]}`;
  };
  paint(themes.includes(store.get()) ? store.get() : "");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    store.set(next);
    paint(next);
  });

  // What a picture shows that this frame does not have: the first frame has no flicker, for one.
  const blank = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";
  const figure = (value) => (value === null || value === undefined ? "n/a" : String(value));

  const start = (section, shot) => {
    const fill = (image, place) => {
      const pictures = shot.pictures[place];
      const { kind, matte } = image.dataset;
      const address = kind === "source" ? pictures.source : pictures.mattes[Number(matte)][kind];
      image.classList.toggle("missing", !address);
      image.src = address || blank;
    };
    section.querySelectorAll("img[data-place]").forEach((image) => fill(image, Number(image.dataset.place)));

    const range = section.querySelector("input[type=range]");
    const [low, high, left, right] = shot.limits;
    const cursors = [...section.querySelectorAll(".cursor")];
    const share = (frame) => left + (right - left) * (frame - low) / (high - low);
    if (!range) return;
    const images = [...section.querySelectorAll("img:not([data-place])")];
    const at = section.querySelector(".at");
    const readout = section.querySelector(".readout");

    const read = (frame) => {
      readout.replaceChildren(...shot.mattes.flatMap((matte) => {
        const whose = document.createElement("strong");
        whose.textContent = shot.mattes.length > 1 ? matte : "";
        const items = Object.entries(shot.values[matte]).filter(([, row]) => row.length > frame).map(([metric, row]) => {
          const item = document.createElement("span");
          const name = document.createElement("b");
          name.textContent = metric;
          item.append(name, figure(row[frame]));
          return item;
        });
        return [whose, ...items];
      }));
    };
    const show = (place) => {
      const frame = shot.places[place];
      range.value = String(place);
      range.setAttribute("aria-valuetext", `frame ${frame}`);
      at.textContent = `frame ${frame}`;
      images.forEach((image) => fill(image, place));
      cursors.forEach((cursor) => {
        cursor.hidden = false;
        cursor.style.left = `${100 * share(frame)}%`;
      });
      read(frame);
    };
    const nearest = (frame) => shot.places.reduce(
      (best, each, place) => (Math.abs(each - frame) < Math.abs(shot.places[best] - frame) ? place : best), 0);

    range.addEventListener("input", () => show(Number(range.value)));
    section.querySelectorAll(".go").forEach((each) => each.addEventListener("click", () => {
      show(Number(each.dataset.place));
      range.scrollIntoView({ block: "nearest" });
      range.focus();
    }));
    section.querySelectorAll(".plot").forEach((plot) => {
      const frameAt = (event) => {
        const box = plot.getBoundingClientRect();
        const across = (event.clientX - box.left) / box.width;
        return Math.round(low + (high - low) * (across - left) / (right - left));
      };
      plot.addEventListener("click", (event) => show(nearest(frameAt(event))));
      plot.addEventListener("mousemove", (event) => {
        const frame = frameAt(event);
        const metric = plot.parentElement.dataset.metric;
        const said = shot.mattes.map((matte) => {
          const row = shot.values[matte][metric] || [];
          const value = figure(row[frame]);
          return shot.mattes.length > 1 ? `${matte} ${value}` : value;
        });
        plot.title = `frame ${frame}: ${said.join(", ")}`;
      });
    });

    const play = section.querySelector(".play");
    let timer = 0;
    play.addEventListener("click", () => {
      clearInterval(timer);
      const on = play.getAttribute("aria-pressed") !== "true";
      play.setAttribute("aria-pressed", String(on));
      play.textContent = on ? "Stop" : "Play";
      if (on) timer = setInterval(() => show((Number(range.value) + 1) % shot.places.length), 120);
    });
    show(shot.start);
  };

  const data = JSON.parse(document.getElementById("data").textContent);
  document.querySelectorAll(".shot").forEach((section) => start(section, data[Number(section.dataset.shot)]));
  root.dataset.ready = "true";
})();
