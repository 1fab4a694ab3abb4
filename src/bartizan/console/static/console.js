// The live page: puts records on top of the table as they come. Everything is set as text; nothing is parsed as HTML.
"use strict";

const MAX_ROWS = 300;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// What a terminal or a reader would not see is written out, as the server does it.
function visible(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]/gu, (char) => {
    const code = char.codePointAt(0);
    return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u{" + code.toString(16) + "}";
  });
}

function link(href, className, text) {
  const made = element("a", className, visible(text));
  made.href = href;
  return made;
}

function row(entry) {
  const made = element("tr", "fresh");
  const when = element("td", "when");
  const time = element("time", "", entry.at.slice(11, 19));
  time.dateTime = entry.at;
  time.title = entry.at;
  when.append(time);
  const kind = element("td");
  kind.append(element("span", "kind k-" + entry.kind, entry.kind));
  const what = element("td", "what");
  if (entry.mark) what.append(element("span", "mark t-" + (entry.tone || "plain"), visible(entry.mark)), " ");
  what.append(link("/records/" + encodeURIComponent(entry.id), "", entry.headline || "(empty)"));
  const asset = element("td", "thing");
  if (entry.asset) {
    asset.append(link("/asset?" + new URLSearchParams({ name: entry.asset }), "asset", entry.asset.split("@sha256:")[0]));
  }
  made.append(when, kind, what, asset, element("td", "dim", visible(entry.control.split("@")[0])));
  return made;
}

function follow(stream) {
  const rows = document.querySelector("#records tbody");
  const state = document.getElementById("stream-state");
  const pause = document.getElementById("stream-pause");
  const held = [];
  let paused = false;
  let seen = 0;

  function say(name, text) {
    stream.dataset.state = name;
    if (state.textContent !== text) state.textContent = text;
  }

  function add(entry) {
    if (stream.dataset.kind && entry.kind !== stream.dataset.kind) return;
    if (document.querySelector(`#records a[href="/records/${CSS.escape(entry.id)}"]`)) return;
    document.getElementById("no-records")?.remove();
    rows.prepend(row(entry));
    while (rows.children.length > MAX_ROWS) rows.lastElementChild.remove();
    seen += 1;
  }

  const source = new EventSource(stream.dataset.source);
  source.onopen = () => say("open", "Live");
  source.onerror = () => say("lost", source.readyState === EventSource.CLOSED ? "Ended. Reload the page." : "Lost, trying again");
  source.addEventListener("record", (event) => {
    const entry = JSON.parse(event.data);
    if (paused) held.push(entry);
    else add(entry);
    if (held.length > MAX_ROWS) held.shift();
    if (paused) pause.textContent = `Resume (${held.length})`;
  });
  source.addEventListener("missed", (event) => say("open", `Live, ${event.data} skipped`));
  setInterval(() => { if (!paused && seen && stream.dataset.state === "open") say("open", `Live, ${seen} since you came`); }, 5000);

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    while (!paused && held.length) add(held.shift());
  });
}

const stream = document.getElementById("stream");
if (stream) follow(stream);
