// A playground network as a graph of node and link objects, one sample at a time: the way the original
// page's engine works, written anew as a yardstick. Reads a job as JSON from standard input, one a line;
// answers each with {epochs, seconds} or {losses} as JSON.
import { createInterface } from 'node:readline';

// As on the page, the inputs of a sample are computed from its point at every visit.
const features = {
  x: (x) => x,
  y: (x, y) => y,
  xSquared: (x) => x * x,
  ySquared: (x, y) => y * y,
  xTimesY: (x, y) => x * y,
  sinX: (x) => Math.sin(x),
  sinY: (x, y) => Math.sin(y),
};

function inputsOf([x, y], on) {
  const inputs = [];
  for (const name in features) if (on[name]) inputs.push(features[name](x, y));
  return inputs;
}

const functions = {
  tanh: { value: Math.tanh, slope: (z) => { const a = Math.tanh(z); return 1 - a * a; } },
  relu: { value: (z) => Math.max(0, z), slope: (z) => (z <= 0 ? 0 : 1) },
  sigmoid: {
    value: (z) => 1 / (1 + Math.exp(-z)),
    slope: (z) => { const a = 1 / (1 + Math.exp(-z)); return a * (1 - a); },
  },
  linear: { value: (z) => z, slope: () => 1 },
};

class Neuron {
  constructor(activation, bias) {
    Object.assign(this, { activation, bias, into: [], outOf: [], z: 0, out: 0, blame: 0, slope: 0, sum: 0, seen: 0 });
  }
}

class Connection {
  constructor(from, to, weight) {
    Object.assign(this, { from, to, weight, sum: 0, seen: 0 });
  }
}

function build({ weights, biases, activations }) {
  const layers = [weights[0][0].map(() => new Neuron(null, 0))];
  weights.forEach((rows, k) => {
    layers.push(rows.map((row, d) => {
      const neuron = new Neuron(functions[activations[k]], biases[k][d]);
      row.forEach((weight, s) => {
        const connection = new Connection(layers[k][s], neuron, weight);
        neuron.into.push(connection);
        layers[k][s].outOf.push(connection);
      });
      return neuron;
    }));
  });
  return layers;
}

function forward(layers, inputs) {
  inputs.forEach((value, i) => { layers[0][i].out = value; });
  for (const layer of layers.slice(1)) {
    for (const neuron of layer) {
      neuron.z = neuron.bias;
      for (const c of neuron.into) neuron.z += c.weight * c.from.out;
      neuron.out = neuron.activation.value(neuron.z);
    }
  }
  return layers[layers.length - 1][0].out;
}

function backward(layers, label) {
  const output = layers[layers.length - 1][0];
  output.blame = output.out - label;
  for (let k = layers.length - 1; k > 0; k--) {
    for (const neuron of layers[k]) {
      neuron.slope = neuron.blame * neuron.activation.slope(neuron.z);
      neuron.sum += neuron.slope;
      neuron.seen++;
      for (const c of neuron.into) {
        c.sum += neuron.slope * c.from.out;
        c.seen++;
      }
    }
    if (k === 1) continue;
    for (const neuron of layers[k - 1]) {
      neuron.blame = 0;
      for (const c of neuron.outOf) neuron.blame += c.weight * c.to.slope;
    }
  }
}

function update(layers, rate) {
  for (const layer of layers.slice(1)) {
    for (const neuron of layer) {
      neuron.bias -= (rate * neuron.sum) / neuron.seen;
      neuron.sum = neuron.seen = 0;
      for (const c of neuron.into) {
        c.weight -= (rate / c.seen) * c.sum;
        c.sum = c.seen = 0;
      }
    }
  }
}

const loss = (layers, [points, labels], on) =>
  points.reduce((sum, p, i) => sum + 0.5 * (forward(layers, inputsOf(p, on)) - labels[i]) ** 2, 0) / points.length;

function epoch(layers, job) {
  const [points, labels] = job.train;
  for (let i = 0; i < points.length; i++) {
    forward(layers, inputsOf(points[i], job.on));
    backward(layers, labels[i]);
    if ((i + 1) % job.batch === 0) update(layers, job.rate);
  }
}

function page(layers, job, maps) {
  const losses = [loss(layers, job.train, job.on), loss(layers, job.test, job.on)];
  job.grid.forEach((point, i) => {
    forward(layers, inputsOf(point, job.on));
    let n = 0;
    for (const layer of layers.slice(1)) for (const neuron of layer) maps[n++][i] = neuron.out;
  });
  return losses;
}

function timed(job) {
  const layers = build(job);
  const maps = layers.slice(1).flat().map(() => new Array(job.grid.length));
  for (let i = 0; i < job.warm; i++) epoch(layers, job);
  const start = performance.now();
  let epochs = 0;
  while (performance.now() - start < 1000 * job.seconds) {
    epoch(layers, job);
    if (job.withPage) page(layers, job, maps);
    epochs++;
  }
  return { epochs, seconds: (performance.now() - start) / 1000 };
}

function losses(job) {
  const layers = build(job);
  for (let i = 0; i < job.epochs; i++) epoch(layers, job);
  return { losses: [loss(layers, job.train, job.on), loss(layers, job.test, job.on)] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  console.log(JSON.stringify(job.epochs === undefined ? timed(job) : losses(job)));
}
