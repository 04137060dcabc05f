// The page of the explorer. All state lives in the address: ?item=0&view=now&v=1,2,…&regime=…&where=…; the token, which comes
// behind #, is kept for this tab alone and sent as a header.

const token = location.hash.slice(1) || sessionStorage.getItem("token") || "";
if (location.hash) {
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname + location.search);
}

const VIEWS = ["now", "traverse", "density", "rows", "code"];
const state = { item: 0, view: "now", values: [], regime: "uniform", where: "", start: 0, first: "", second: "" };
let facts = null;
let waiting = null; // the newest question that has not been sent
let busy = false;

const $ = (id) => document.getElementById(id);
const made = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

async function ask(question) {
  const response = await fetch("ask", { method: "POST", headers: { "X-Token": token }, body: JSON.stringify({ item: state.item, ...question }) });
  if (!response.ok) throw new Error(await response.text());
  const buffer = await response.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (data.error) throw new Error(data.error);
  for (const [name, { dtype, shape, offset }] of Object.entries(data.arrays)) {
    const count = shape.reduce((a, b) => a * b, 1);
    const kind = { uint8: Uint8Array, float32: Float32Array }[dtype];
    data.arrays[name] = { shape, numbers: new kind(buffer, 4 + length + offset, count) };
  }
  return data;
}

// One question at a time; of those that come meanwhile only the newest is asked, so that a held key does not queue up work.
async function show(draw) {
  waiting = draw;
  if (busy) return;
  busy = true;
  while (waiting) {
    const next = waiting;
    waiting = null;
    try {
      await next();
      $("error").textContent = "";
    } catch (error) {
      $("error").textContent = error.message;
    }
  }
  busy = false;
}

function painted(canvas, pictures, index, most) {
  const [, height, width] = pictures.shape;
  const zoom = Math.max(1, Math.floor(most / Math.max(height, width)));
  const pixels = new ImageData(width, height);
  const from = index * height * width * 3;
  for (let i = 0; i < height * width; i++) {
    pixels.data.set(pictures.numbers.subarray(from + 3 * i, from + 3 * i + 3), 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${width * zoom}px`;
  canvas.style.height = `${height * zoom}px`;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

const told = (factor, value) =>
  factor.labels ? factor.labels[Math.round(value)] : `${Number(value.toPrecision(5))}${factor.unit ? ` ${factor.unit}` : ""}`;
const described = () => facts.factors.map((factor, i) => `${factor.name} ${told(factor, state.values[i])}`).join(", ");

function address() {
  const kept = new URLSearchParams({ item: state.item, view: state.view, v: state.values.join(",") });
  for (const name of ["regime", "where", "first", "second"]) if (state[name]) kept.set(name, state[name]);
  history.replaceState(null, "", `?${kept}`);
}

function changed() {
  address();
  for (const control of document.querySelectorAll("[data-factor]")) control.refresh();
  show(views[state.view]);
}

function slider(factor, index) {
  const loose = $("loose").checked;
  const shown = made("span");
  const box = made("div", { className: "factor" });
  const id = `factor-${index}`;
  box.append(made("label", { htmlFor: id, title: factor.description }, made("span", {}, factor.name), shown));
  let control;
  if (factor.labels) {
    control = made("select", { id }, ...factor.labels.map((label, code) => made("option", { value: code }, label)));
    control.refresh = () => { control.value = Math.round(state.values[index]); shown.textContent = ""; };
    control.oninput = () => { state.values[index] = Number(control.value); changed(); };
  } else if (factor.values && !(loose && factor.kind !== "ordinal")) {
    control = made("input", { type: "range", id, min: 0, max: factor.values.length - 1, step: 1, disabled: factor.values.length < 2 });
    const nearest = () => factor.values.reduce((best, value, code) =>
      Math.abs(value - state.values[index]) < Math.abs(factor.values[best] - state.values[index]) ? code : best, 0);
    control.refresh = () => { control.value = nearest(); shown.textContent = told(factor, state.values[index]); };
    control.oninput = () => { state.values[index] = factor.values[Number(control.value)]; changed(); };
  } else if (factor.size && factor.kind === "ordinal") {
    control = made("input", { type: "number", id, min: factor.low, max: factor.high, step: 1 });
    control.refresh = () => { control.value = state.values[index]; shown.textContent = factor.nuisance ? "nuisance" : ""; };
    control.onchange = () => { state.values[index] = Math.min(factor.high, Math.max(factor.low, Math.round(Number(control.value) || 0))); changed(); };
  } else {
    control = made("input", { type: "range", id, min: factor.low, max: factor.high, step: (factor.high - factor.low) / 200 || 1 });
    control.refresh = () => { control.value = state.values[index]; shown.textContent = told(factor, state.values[index]); };
    control.oninput = () => { state.values[index] = Math.min(factor.high, Math.max(factor.low, Number(control.value))); changed(); };
  }
  control.dataset.factor = factor.name;
  box.append(control, made("div", { className: "bars", id: `bars-${index}` }));
  return box;
}

function random() {
  facts.factors.forEach((factor, i) => {
    const u = Math.random();
    if (factor.values && !($("loose").checked && factor.kind !== "ordinal" && !factor.labels)) state.values[i] = factor.values[Math.floor(u * factor.values.length)];
    else if (factor.kind === "ordinal") state.values[i] = Math.floor(factor.low + u * (factor.high - factor.low));
    else state.values[i] = factor.low + u * (factor.high - factor.low);
  });
  changed();
}

const views = {
  async now() {
    const data = await ask({ ask: "now", values: state.values });
    const canvas = painted(made("canvas"), data.arrays.pictures, 0, Math.min(512, $("view").clientWidth || 512));
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", described());
    const place = data.row === null ? "off the grid, or a grid without end" : `row ${data.row.toLocaleString("en")} of the grid`;
    const alias = data.alias ? "another label draws the same: declared symmetry" : "";
    $("view").replaceChildren(canvas, ...(data.text ? [made("p", {}, data.text)] : []), made("p", { className: "dim" }, place), made("p", { className: "dim" }, alias));
  },
  async traverse() {
    const parts = [];
    for (const factor of facts.factors.filter((f) => f.size !== 1 && !f.nuisance).slice(0, 24)) {
      const data = await ask({ ask: "strip", values: state.values, factor: factor.name, steps: 8 });
      const line = made("div", { className: "strip" });
      data.values.forEach((value, i) => {
        const cell = made("button", { title: `${factor.name} ${told(factor, value)}` }, painted(made("canvas"), data.arrays.pictures, i, 96), made("small", {}, told(factor, value)));
        cell.onclick = () => { state.values[facts.factors.indexOf(factor)] = value; changed(); };
        line.append(cell);
      });
      parts.push(made("div", {}, factor.name), line);
    }
    $("view").replaceChildren(...parts);
  },
  async density() {
    const names = facts.factors.map((f) => f.name);
    state.first ||= names.find((n, i) => facts.factors[i].size !== 1) ?? names[0];
    state.second ||= names.find((n, i) => n !== state.first && facts.factors[i].size !== 1) ?? names[0];
    const data = await ask({ ask: "density", regime: state.regime, first: state.first, second: state.second });
    data.marginals.forEach((counts, i) => {
      const most = Math.max(...counts);
      $(`bars-${i}`)?.replaceChildren(...counts.map((count) => { const bar = made("i"); bar.style.height = `${(100 * count) / most}%`; return bar; }));
    });
    const box = made("input", { type: "text", value: state.regime, size: 48, ariaLabel: "regime" });
    box.onchange = () => { state.regime = box.value; changed(); };
    const choose = (key) => {
      const list = made("select", { ariaLabel: key }, ...names.map((name) => made("option", { value: name, selected: name === state[key] }, name)));
      list.onchange = () => { state[key] = list.value; changed(); };
      return list;
    };
    const { shape: [across, up], numbers } = data.arrays.joint;
    const canvas = made("canvas", { width: across, height: up });
    const pixels = new ImageData(across, up);
    const most = Math.max(...numbers) || 1;
    for (let x = 0; x < across; x++) for (let y = 0; y < up; y++) {
      const share = numbers[x * up + y] / most;
      pixels.data.set([Math.round(253 * share), Math.round(34 + 198 * share), Math.round(78 - 20 * share + 30 * share * (1 - share)), 255], 4 * ((up - 1 - y) * across + x));
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    canvas.style.width = canvas.style.height = "320px";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `how often ${state.first} and ${state.second} come together`);
    $("view").replaceChildren(made("p", {}, "regime ", box), made("p", {}, choose("first"), " to the right, ", choose("second"), " upwards"), canvas,
      made("p", { className: "dim" }, `${data.draws.toLocaleString("en")} draws, nothing rendered; bars under the sliders are the marginals`));
  },
  async rows() {
    if (!facts.set) {
      $("view").replaceChildren(made("p", {}, "This is a generator. Open a set to see its rows: factorhub explore PATH"));
      return;
    }
    const box = made("input", { type: "text", value: state.where, size: 40, placeholder: "shape == heart & scale > 0.6", ariaLabel: "region" });
    box.onchange = () => { state.where = box.value; state.start = 0; changed(); };
    const data = await ask({ ask: "rows", where: state.where, start: state.start, count: 24 });
    const cells = data.rows.map((row, i) => {
      const factors = Object.entries(data.factors[i]).slice(0, 6).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(", ") : typeof value === "number" ? Number(value.toPrecision(4)) : value}`);
      const cell = made("button", { className: "row" }, painted(made("canvas"), data.arrays.pictures, i, 96), made("small", {}, `row ${row}`), ...factors.map((line) => made("small", { className: "dim" }, line)));
      cell.onclick = () => { if (data.values) { state.values = [...data.values[i]]; state.view = "now"; chosen(); changed(); } };
      return cell;
    });
    const turn = (by, text) => { const b = made("button", { disabled: state.start + by < 0 || state.start + by >= data.count }, text); b.onclick = () => { state.start += by; changed(); }; return b; };
    $("view").replaceChildren(made("p", {}, "rows where ", box, ` ${data.count.toLocaleString("en")} rows `, turn(-24, "back"), turn(24, "on")), made("div", { className: "rows" }, ...cells));
  },
  async code() {
    const data = await ask({ ask: "code", values: state.values, regime: state.regime === "uniform" ? "" : state.regime });
    const part = (title, text) => {
      const copy = made("button", {}, "copy");
      copy.onclick = () => navigator.clipboard.writeText(text);
      return [made("h2", {}, title), copy, made("pre", {}, text)];
    };
    $("view").replaceChildren(...part("Python", data.python), ...part("command line", data.command), ...part("recipe", data.recipe));
  },
};

function chosen() {
  for (const button of $("views").children) button.setAttribute("aria-pressed", button.dataset.view === state.view);
}

async function open(item, values) {
  state.item = item;
  facts = await ask({ ask: "facts" });
  document.title = `${facts.title} · factorhub`;
  $("summary").textContent = facts.summary;
  state.values = values?.length === facts.factors.length && values.every(Number.isFinite) ? values : [...facts.first];
  $("sliders").replaceChildren(...facts.factors.map((factor, i) => (factor.size === 1 ? null : slider(factor, i))).filter(Boolean));
  changed();
}

function rebuilt() {
  $("sliders").replaceChildren(...facts.factors.map((factor, i) => (factor.size === 1 ? null : slider(factor, i))).filter(Boolean));
  changed();
}

async function begin() {
  const asked = new URLSearchParams(location.search);
  state.view = VIEWS.includes(asked.get("view")) ? asked.get("view") : "now";
  for (const name of ["regime", "where", "first", "second"]) state[name] = asked.get(name) ?? state[name];
  VIEWS.forEach((view, i) => {
    const button = made("button", { title: String(i + 1) }, view);
    button.dataset.view = view;
    button.onclick = () => { state.view = view; chosen(); changed(); };
    $("views").append(button);
  });
  chosen();
  const { items } = await ask({ ask: "items" });
  $("items").append(...items.map((title, i) => made("option", { value: i }, title)));
  $("items").onchange = () => { state.first = state.second = state.where = ""; state.start = 0; show(() => open(Number($("items").value))); };
  const item = Math.min(Math.max(Number(asked.get("item")) || 0, 0), items.length - 1);
  $("items").value = item;
  $("random").onclick = random;
  $("reset").onclick = () => { state.values = [...facts.first]; changed(); };
  $("loose").onchange = rebuilt;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName) && event.target.type !== "range") return;
    if (event.key === "r") random();
    const view = VIEWS[Number(event.key) - 1];
    if (view) { state.view = view; chosen(); changed(); }
  });
  await open(item, (asked.get("v") ?? "").split(",").map(Number));
}

begin().catch((error) => { $("error").textContent = error.message; });
