// Draws the paths with plotly, turns them together, and lets them grow.
const { clouds, views, camera, frame, look } = JSON.parse(document.getElementById("data").textContent);
const panels = [...document.querySelectorAll(".scene")];
const slider = document.getElementById("share"), button = document.getElementById("play");
const WALK = 7000; // milliseconds from start to end

// Little-endian float32 in base64 -> rows of `width` numbers.
function rows(text, width) {
  const all = new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  return Array.from({ length: all.length / width }, (_, at) => [...all.subarray(at * width, (at + 1) * width)]);
}

function prepared(view) {
  const path = rows(view.path, 3), last = path.length - 1;
  const values = view.values && rows(view.values, 1).flat();
  const notes = path.map((point, at) => {
    const step = at > 0 ? Math.hypot(...point.map((part, axis) => part - path[at - 1][axis])) : null;
    const jump = view.jumps.includes(at - 1) ? ", a jump" : "";
    const lines = [`<b>${view.unit} ${at + 1}</b> of ${path.length}`];
    lines.push(step === null ? "the start" : `step to here ${step.toFixed(3)}${jump}`);
    if (values) lines.push(`${look.label || "value"} ${values[at].toPrecision(3)}`);
    return lines.join("<br>");
  });
  return {
    ...view,
    path,
    notes,
    last,
    values: values ?? path.map((_, at) => at / Math.max(last, 1)),
    jumps: new Set(view.jumps),
    sectors: path.length <= 150 ? 14 : path.length <= 400 ? 10 : path.length <= 1200 ? 6 : 4, // of thinner and thinner tubes
    points: view.patches && rows(view.patches.points, 3),
  };
}

// The path, its jumps and who walks it, after a number of steps between 0 and `last`.
function meshes(view, steps) {
  const path = new Mesh(), jumps = new Mesh(), walker = new Mesh(), { values, notes, sectors, strand } = view;
  for (let at = 0; at <= steps; at++) {
    path.ball(view.path[at], look.ball * strand, sectors, values[at], notes[at]);
    const share = Math.min(steps - at, 1);
    if (at === view.last || share === 0) continue;
    const ends = [view.path[at], mix(view.path[at], view.path[at + 1], share)];
    if (share < 1) walker.ball(ends[1], 1.5 * look.ball * strand, 16);
    if (view.jumps.has(at)) jumps.dashes(ends, look.thin * strand, 5, look.dash);
    else path.tube(ends, strand, sectors, [values[at], mix([values[at]], [values[at + 1]], share)[0]], notes.slice(at, at + 2));
  }
  return [path, jumps, walker];
}

function traces(view, panel, share) {
  const scale = { colorscale: look.colorscale, cmin: look.low, cmax: look.high, showscale: false };
  const steps = share * view.last, [path, jumps, walker] = meshes(view, steps);
  const solid = { type: "mesh3d", lighting: look.lighting, lightposition: look.lamp, flatshading: false };
  const plain = ({ intensity, ...mesh }, color) => ({ ...mesh, color });
  const marker = { size: Math.max(2 * view.grain * panel.clientHeight, 1.5), line: { width: 0 } };
  const dots = (points, more) => ({
    type: "scatter3d", mode: "markers", hoverinfo: "skip", showlegend: false,
    x: points.map((p) => p[0]), y: points.map((p) => p[1]), z: points.map((p) => p[2]), marker: { ...marker, ...more },
  });
  const shown = view.points ? view.patches.owners.filter((owner) => owner <= steps) : [];
  return [
    view.points
      ? dots(view.points.slice(0, shown.length), { color: shown.map((owner) => view.values[owner]), ...scale })
      : dots(clouds[view.cloud], { color: look.cloud, opacity: 0.3 }),
    { ...solid, ...(view.points ? plain(path, look.spine) : { ...path, ...scale }), hoverinfo: "text" },
    { ...solid, ...plain(jumps, look.jump), hoverinfo: "skip" },
    { ...solid, ...plain(walker, look.head), hoverinfo: "skip" },
  ];
}

function layout(seen) {
  const axis = (range) => ({ visible: false, showspikes: false, autorange: false, range });
  const [xaxis, yaxis, zaxis] = frame.ranges.map(axis), [x, y, z] = frame.ratio;
  return {
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "white",
    hoverlabel: { bgcolor: "white", bordercolor: look.ink, font: { color: look.ink, size: 14, family: "system-ui, sans-serif" }, align: "left" },
    scene: { xaxis, yaxis, zaxis, camera: structuredClone(seen), aspectmode: "manual", aspectratio: { x, y, z }, dragmode: "turntable" },
  };
}

const paths = views.map(prepared);
clouds.forEach((text, number) => { clouds[number] = rows(text, 3); });
let seen = camera, leader = null, following = false, walk = null;

function show(share) {
  return Promise.all(panels.map((panel, number) => Plotly.react(panel, traces(paths[number], panel, share), layout(seen))));
}

// All panels are seen from where the leader is, the one that is turned by hand; the last word counts.
async function follow(change) {
  seen = change;
  if (following) return;
  following = true;
  for (let shown = null; shown !== seen; ) {
    shown = seen;
    await Promise.all(panels.map((panel) => panel === leader || Plotly.relayout(panel, { "scene.camera": shown })));
  }
  following = false;
}

function lead(change) {
  leader = null;
  return follow(change);
}

// In plotly's stead, which only says afterwards how near the camera is.
function zoom(event) {
  event.preventDefault();
  event.stopPropagation();
  const nearer = Math.exp(Math.max(-1, Math.min(event.deltaY / 500, 1)));
  const [center, eye] = [seen.center, seen.eye].map(({ x, y, z }) => [x, y, z]);
  const [x, y, z] = mix(center, eye, nearer);
  lead({ ...seen, eye: { x, y, z } });
}

function stop() {
  walk = null;
  button.textContent = "▶";
}

async function go() {
  const mine = (walk = {}), first = Number(slider.value) % 1, begun = performance.now();
  button.textContent = "❚❚";
  while (walk === mine) {
    slider.value = Math.min(first + (performance.now() - begun) / WALK, 1);
    await show(Number(slider.value));
    await new Promise(requestAnimationFrame);
    if (Number(slider.value) === 1) stop();
  }
}

async function begin() {
  const config = { responsive: true, displayModeBar: false };
  await Promise.all(panels.map((panel, number) => Plotly.newPlot(panel, traces(paths[number], panel, 1), layout(seen), config)));
  for (const panel of panels) {
    panel.addEventListener("pointerdown", () => { leader = panel; }, true);
    for (const event of ["plotly_relayouting", "plotly_relayout"]) {
      panel.on(event, (change) => { if (panel === leader && change["scene.camera"]) follow(change["scene.camera"]); });
    }
    panel.addEventListener("wheel", zoom, { capture: true, passive: false });
    panel.addEventListener("dblclick", () => lead(camera));
  }
  button.addEventListener("click", () => (walk ? stop() : go()));
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  document.body.dataset.drawn = panels.length; // for tests
}

begin();
