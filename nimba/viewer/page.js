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
    const lines = [`<b>${look.unit} ${at + 1}</b> of ${path.length}`];
    lines.push(step === null ? "the start" : `step to here ${step.toFixed(3)}${jump}`);
    if (values) lines.push(`${look.label} ${values[at].toPrecision(3)}`);
    return lines.join("<br>");
  });
  return {
    ...view,
    path,
    notes,
    last,
    values: values ?? path.map((_, at) => at / Math.max(last, 1)),
    jumps: new Set(view.jumps),
    sectors: path.length <= 300 ? 10 : path.length <= 1000 ? 6 : 4, // of a tube: the longer the path, the thinner
    points: view.patches && rows(view.patches.points, 3),
  };
}

// The path and its jumps when it has made `steps` steps, a number between 0 and `last`.
function meshes(view, steps) {
  const path = new Mesh(), jumps = new Mesh(), whole = Math.floor(steps), { values, notes, sectors, strand } = view;
  for (let at = 0; at <= whole; at++) {
    path.ball(view.path[at], look.ball * strand, sectors, values[at], notes[at]);
    const share = Math.min(steps - at, 1);
    if (share === 0) continue;
    const ends = [view.path[at], mix(view.path[at], view.path[at + 1], share)];
    if (view.jumps.has(at)) jumps.dashes(ends, look.thin * strand, 5, look.dash);
    else path.tube(ends, strand, sectors, [values[at], mix([values[at]], [values[at + 1]], share)[0]], notes.slice(at, at + 2));
  }
  return [path, jumps];
}

function traces(view, panel, share) {
  const scale = { colorscale: look.colorscale, cmin: look.low, cmax: look.high, showscale: false };
  const steps = share * view.last, whole = Math.floor(steps), [path, jumps] = meshes(view, steps);
  const head = mix(view.path[whole], view.path[Math.min(whole + 1, view.last)], steps - whole);
  const solid = { type: "mesh3d", lighting: look.lighting, lightposition: look.lamp, flatshading: false };
  const plain = ({ intensity, ...mesh }, color) => ({ ...mesh, color });
  const marker = { size: Math.max(2 * view.grain * panel.clientHeight, 1.5), line: { width: 0 } };
  const dots = (points, more) => ({
    type: "scatter3d", mode: "markers", hoverinfo: "skip", showlegend: false,
    x: points.map((p) => p[0]), y: points.map((p) => p[1]), z: points.map((p) => p[2]), marker: { ...marker, ...more },
  });
  const shown = view.points ? view.patches.owners.filter((owner) => owner <= whole) : [];
  return [
    view.points
      ? dots(view.points.slice(0, shown.length), { color: shown.map((owner) => view.values[owner]), ...scale })
      : dots(clouds[view.cloud], { color: look.cloud, opacity: 0.3 }),
    { ...solid, ...(view.points ? plain(path, look.spine) : { ...path, ...scale }), hoverinfo: "text" },
    { ...solid, ...plain(jumps, look.jump), hoverinfo: "skip" },
    dots(share < 1 ? [head] : [], { color: look.head, size: 3 * look.ball * view.strand * panel.clientHeight / look.tall }),
  ];
}

function layout(seen) {
  const axis = (range) => ({ visible: false, showspikes: false, autorange: false, range });
  const [xaxis, yaxis, zaxis] = frame.ranges.map(axis), [x, y, z] = frame.ratio;
  return {
    margin: { l: 0, r: 0, t: 0, b: 0 },
    paper_bgcolor: "white",
    hoverlabel: { bgcolor: "white", bordercolor: look.ink, font: { color: look.ink, size: 14, family: "system-ui, sans-serif" }, align: "left" },
    scene: { xaxis, yaxis, zaxis, camera: seen, aspectmode: "manual", aspectratio: { x, y, z }, dragmode: "orbit" },
  };
}

const paths = views.map(prepared);
clouds.forEach((text, number) => { clouds[number] = rows(text, 3); });
let seen = camera, turning = false, walk = null;

function show(share) {
  return Promise.all(panels.map((panel, number) => Plotly.react(panel, traces(paths[number], panel, share), layout(seen))));
}

// All panels are seen from where `leader` is.
async function turn(change, leader) {
  if (turning || !change) return;
  turning = true;
  seen = change;
  await Promise.all(panels.map((panel) => panel === leader || Plotly.relayout(panel, { "scene.camera": seen })));
  turning = false;
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
    panel.on("plotly_relayouting", (change) => turn(change["scene.camera"], panel));
    panel.on("plotly_relayout", (change) => turn(change["scene.camera"], panel));
    panel.addEventListener("dblclick", () => turn(camera, null));
  }
  button.addEventListener("click", () => (walk ? stop() : go()));
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  document.body.dataset.drawn = panels.length; // for tests
}

begin();
