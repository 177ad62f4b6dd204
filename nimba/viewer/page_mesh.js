// Balls and tubes, as plotly's mesh3d takes them. A point is an array of three numbers.
class Mesh {
  constructor() {
    Object.assign(this, { x: [], y: [], z: [], i: [], j: [], k: [], intensity: [], text: [] });
  }

  vertex(point, value, note) {
    this.x.push(point[0]);
    this.y.push(point[1]);
    this.z.push(point[2]);
    this.intensity.push(value);
    this.text.push(note);
  }

  // Rings of `sectors` vertices that follow each other, from vertex `first` on.
  skin(first, rings, sectors) {
    for (let ring = 0; ring < rings - 1; ring++) {
      for (let sector = 0; sector < sectors; sector++) {
        const here = first + ring * sectors, a = here + sector, b = here + ((sector + 1) % sectors);
        this.i.push(a, b); // both triangles turn the same way: light falls from outside
        this.j.push(a + sectors, a + sectors);
        this.k.push(b, b + sectors);
      }
    }
  }

  ball(middle, radius, sectors, value, note) {
    const first = this.x.length, rings = sectors / 2 + 1;
    for (let ring = 0; ring < rings; ring++) {
      const polar = (Math.PI * ring) / (rings - 1);
      for (let sector = 0; sector < sectors; sector++) {
        const turn = (2 * Math.PI * sector) / sectors;
        const unit = [Math.sin(polar) * Math.cos(turn), Math.cos(polar), Math.sin(polar) * Math.sin(turn)];
        this.vertex(unit.map((part, axis) => middle[axis] + radius * part), value, note);
      }
    }
    this.skin(first, rings, sectors);
  }

  tube(ends, radius, sectors, values = [], notes = []) {
    const along = unit(ends[1].map((part, axis) => part - ends[0][axis]));
    if (!along) return; // both ends are one point
    const thin = along.map(Math.abs), aside = [0, 0, 0];
    aside[thin.indexOf(Math.min(...thin))] = 1;
    const across = unit(cross(along, aside)), up = cross(along, across), first = this.x.length;
    ends.forEach((end, number) => {
      for (let sector = 0; sector < sectors; sector++) {
        const turn = (2 * Math.PI * sector) / sectors, [c, s] = [radius * Math.cos(turn), radius * Math.sin(turn)];
        this.vertex(end.map((part, axis) => part + c * across[axis] + s * up[axis]), values[number], notes[number]);
      }
    });
    this.skin(first, 2, sectors);
  }

  // A tube in dashes of about `period`, gaps included; it begins and ends with a dash.
  dashes([start, end], radius, sectors, period) {
    const count = Math.max(Math.round(Math.hypot(...start.map((part, axis) => end[axis] - part)) / period), 1);
    for (let dash = 0; dash < count; dash++) {
      const ends = [dash, dash + 0.6].map((place) => mix(start, end, place / (count - 0.4)));
      this.tube(ends, radius, sectors);
    }
  }
}

function mix(start, end, share) {
  return start.map((part, axis) => part + share * (end[axis] - part));
}

function cross(a, b) {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((part) => part / length) : null;
}
