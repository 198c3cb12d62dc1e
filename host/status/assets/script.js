// Keeps the page up to date: every five seconds while it is looked at, unless it is paused or being read.
"use strict";
const EVERY = 5000;
const live = document.getElementById("live");
const pause = document.getElementById("pause");
const said = document.getElementById("said");
let lastAlarms = alarms();

function alarms() {
  return [...live.querySelectorAll(".alarm")].map((one) => one.textContent.trim()).join(". ");
}

// What a person has opened, selected or stands on must not be pulled away.
function isBusy() {
  const selection = document.getSelection();
  return document.hidden
    || pause.getAttribute("aria-pressed") === "true"
    || (live.contains(document.activeElement) && document.activeElement !== live)
    || (selection && !selection.isCollapsed);
}

async function update() {
  if (isBusy()) return;
  let answer;
  try {
    answer = await fetch("/status/live", { credentials: "same-origin" });
  } catch {
    document.body.dataset.stale = "yes";
    return;
  }
  if (answer.status === 401) {
    location.reload();
    return;
  }
  if (!answer.ok || isBusy()) return;
  const open = [...live.querySelectorAll("details[open]")].map((one) => one.id);
  const scrolled = [...live.querySelectorAll(".wide")].map((one) => one.scrollLeft);
  live.innerHTML = await answer.text();
  delete document.body.dataset.stale;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  live.querySelectorAll(".wide").forEach((one, i) => { one.scrollLeft = scrolled[i] ?? 0; });
  const now = alarms();
  if (now !== lastAlarms) said.textContent = now || "Nothing needs attention any more.";
  lastAlarms = now;
}

pause.hidden = false;
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
  said.textContent = paused ? "Updates are paused." : "Updates are on.";
});
setInterval(update, EVERY);
