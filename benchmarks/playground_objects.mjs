// A playground network as a graph of node and link objects, one sample at a time: the way the original
// page's engine works, written anew as a yardstick.
import { serve } from './playground_job.mjs';

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
  constructor(name, activation, bias) {
    Object.assign(this, { name, activation, bias, into: [], outOf: [] });
    Object.assign(this, { z: 0, out: 0, blame: 0, slope: 0, sum: 0, seen: 0 });
  }
}

class Connection {
  constructor(from, to, weight) {
    Object.assign(this, { from, to, weight, sum: 0, seen: 0 });
  }
}

function build({ weights, biases, activations }) {
  const layers = [weights[0][0].map((_, i) => new Neuron(`in:${i}`, null, 0))];
  weights.forEach((rows, k) => {
    layers.push(rows.map((row, d) => {
      const neuron = new Neuron(`${k}:${d}`, functions[activations[k]], biases[k][d]);
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

function eachOutput(layers, see) {
  for (const layer of layers.slice(1)) for (const neuron of layer) see(neuron.name, neuron.out);
}

await serve({ build, forward, backward, update, eachOutput });
