// What every JavaScript engine of the benchmark shares: the inputs of a point, an epoch, the losses and maps
// that the page computes after it, and jobs read as JSON from standard input, one a line, each answered with
// {epochs, seconds} or {losses}. An engine is an object of five functions:
//   build(job)            a network with the job's weights and biases
//   forward(net, inputs)  its output
//   backward(net, label)  adds the gradient of one sample, after its forward pass
//   update(net, rate)     one step with the mean of the gradients added since the last
//   eachOutput(net, see)  calls see(name, value) for the output of every hidden and output neuron
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

function epoch(engine, net, job) {
  const [points, labels] = job.train;
  for (let i = 0; i < points.length; i++) {
    engine.forward(net, inputsOf(points[i], job.on));
    engine.backward(net, labels[i]);
    if ((i + 1) % job.batch === 0) engine.update(net, job.rate);
  }
}

function loss(engine, net, [points, labels], on) {
  let sum = 0;
  for (let i = 0; i < points.length; i++) {
    sum += 0.5 * (engine.forward(net, inputsOf(points[i], on)) - labels[i]) ** 2;
  }
  return sum / points.length;
}

const losses = (engine, net, job) => [job.train, job.test].map((data) => loss(engine, net, data, job.on));

// As on the page, a map is a list of columns, found by the neuron's name at every place.
function emptyMaps(engine, net, { side }) {
  const maps = {};
  engine.eachOutput(net, (name) => { maps[name] = Array.from({ length: side }, () => new Array(side)); });
  return maps;
}

function fillMaps(engine, net, { grid, side, on }, maps) {
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      engine.forward(net, inputsOf(grid[i * side + j], on));
      engine.eachOutput(net, (name, value) => { maps[name][i][j] = value; });
    }
  }
}

function timed(engine, job) {
  const net = engine.build(job), maps = emptyMaps(engine, net, job);
  const step = (withMaps) => {
    epoch(engine, net, job);
    if (job.after !== 'training') losses(engine, net, job);
    if (withMaps) fillMaps(engine, net, job, maps);
  };
  for (let i = 0; i < job.warm; i++) step(false);
  const start = performance.now();
  let epochs = 0;
  while (performance.now() - start < 1000 * job.seconds) {
    step(job.after === 'page');
    epochs++;
  }
  return { epochs, seconds: (performance.now() - start) / 1000 };
}

function trained(engine, job) {
  const net = engine.build(job);
  for (let i = 0; i < job.epochs; i++) epoch(engine, net, job);
  return { losses: losses(engine, net, job) };
}

export async function serve(engine) {
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    console.log(JSON.stringify(job.epochs === undefined ? timed(engine, job) : trained(engine, job)));
  }
}
