"use strict";

const $ = id => document.getElementById(id);
const NONE = "";
let said = []; // the conversation, with the answers of the first model
let running = null; // what ends the answers that are being written

const headers = () => {
  const all = { "Content-Type": "application/json" };
  if ($("key").value) all.Authorization = "Bearer " + $("key").value;
  return all;
};

async function failure(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return response.status + " " + response.statusText;
  }
}

async function models() {
  const response = await fetch("v1/models", { headers: headers() });
  if (response.status === 401) {
    $("key-label").hidden = false;
    return;
  }
  const names = (await response.json()).data.map(card => card.id);
  for (const [id, all] of [["first", names], ["second", [NONE, ...names]]]) {
    const chosen = $(id).value;
    $(id).replaceChildren(...all.map(name => new Option(name === NONE ? "nothing" : name, name)));
    if (all.includes(chosen)) $(id).value = chosen;
  }
}

function element(parent, tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text) e.textContent = text;
  parent.append(e);
  return e;
}

// The data of each event, as it comes.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const whole = rest.split("\n\n");
    rest = whole.pop();
    for (const event of whole) if (event.startsWith("data: ")) yield event.slice(6);
  }
}

async function answer(model, box, signal) {
  element(box, "h2", "", model);
  const text = element(box, "p");
  const foot = element(box, "footer");
  const begun = performance.now();
  let first = 0;
  try {
    const response = await fetch("v1/chat/completions", {
      method: "POST", headers: headers(), signal,
      body: JSON.stringify({
        model, messages: said, stream: true, stream_options: { include_usage: true },
        temperature: Number($("temperature").value), max_tokens: Number($("tokens").value),
      }),
    });
    if (!response.ok) throw new Error(await failure(response));
    for await (const data of events(response)) {
      if (data === "[DONE]") break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      const piece = chunk.choices[0]?.delta.content;
      if (piece) {
        first ||= performance.now();
        text.textContent += piece;
        $("talk").scrollTop = $("talk").scrollHeight;
      }
      if (chunk.usage) foot.textContent = speed(chunk.usage.completion_tokens, begun, first || performance.now());
    }
  } catch (e) {
    if (e.name !== "AbortError") element(box, "p", "error", e.message);
  }
  return text.textContent;
}

function speed(tokens, begun, first) {
  const seconds = (performance.now() - first) / 1000;
  const rate = tokens > 1 && seconds > 0 ? ((tokens - 1) / seconds).toFixed(1) + " tokens/s, " : "";
  return `${tokens} tokens, ${rate}first after ${((first - begun) / 1000).toFixed(2)} s`;
}

async function send() {
  const text = $("text").value.trim();
  if (!text || running) return;
  running = new AbortController();
  $("send").disabled = true;
  $("stop").disabled = false;
  $("text").value = "";
  said.push({ role: "user", content: text });
  element($("talk"), "div", "user", text);
  const row = element($("talk"), "div", "answers");
  const who = [$("first").value, $("second").value].filter(name => name !== NONE);
  const answers = await Promise.all(who.map(name =>
    answer(name, element(row, "section", "answer"), running.signal)));
  if (answers[0]) said.push({ role: "assistant", content: answers[0] });
  else said.pop();
  running = null;
  $("send").disabled = false;
  $("stop").disabled = true;
  $("text").focus();
}

$("form").addEventListener("submit", e => { e.preventDefault(); send(); });
$("stop").addEventListener("click", () => running?.abort());
$("new").addEventListener("click", () => { running?.abort(); said = []; $("talk").replaceChildren(); });
$("key").addEventListener("change", models);
for (const id of ["first", "second"]) $(id).addEventListener("focus", models);
$("text").addEventListener("keydown", e => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); send(); }
});
models();
