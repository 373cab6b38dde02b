// npm run bench: what the sidecar costs, in one run, as medians and ratios. It judges nothing: goals are printed beside.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSidecar, root } from './lib.mjs';

const RUNS = 60;
const sidecar = buildSidecar();
const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'go-env-doctor-bench-')));
const home = path.join(dir, 'home');
const goenv = path.join(home, '.config', 'go', 'env');
fs.mkdirSync(path.dirname(goenv), { recursive: true });
fs.writeFileSync(goenv, 'GOFLAGS=-mod=mod\n');
const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), GOCACHE: path.join(dir, 'cache'), GOTELEMETRY: 'off' };
const DEBOUNCE = 75; // ms, server.Config

const now = () => Number(process.hrtime.bigint()) / 1e6;
const sorted = list => [...list].sort((a, b) => a - b);
const quantile = (list, q) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * q))];
const median = list => quantile(list, 0.5);

// Commands are run in turns, so that what else the machine does meets all of them.
function time(command, args) {
  const start = now();
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'ignore'] });
  if (error) throw error;
  // diagnose exits with 1 where it finds an error: that is no failure of the run.
  if (status !== 0 && command === 'go') throw new Error(`go ${args.join(' ')}: exit code ${status}`);
  return now() - start;
}

const commands = {
  'diagnose --format json': [sidecar, ['diagnose', '--format', 'json']],
  'go env -json': ['go', ['env', '-json']],
  'version (the start of the program)': [sidecar, ['version']],
};
const times = Object.fromEntries(Object.keys(commands).map(name => [name, []]));
for (let i = -3; i < RUNS; i++) { // the first three warm the caches
  for (const [name, [command, args]] of Object.entries(commands)) {
    const t = time(command, args);
    if (i >= 0) times[name].push(t);
  }
}

// connect speaks just enough LSP, so that the client's own cost is small.
function connect() {
  const child = spawn(sidecar, ['serve', '--stdio'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  let buffer = Buffer.alloc(0);
  let receive = () => {};
  child.stdout.on('data', data => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      const head = buffer.indexOf('\r\n\r\n');
      const length = head < 0 ? NaN : Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, head).toString())[1]);
      if (!(buffer.length >= head + 4 + length)) return;
      const message = JSON.parse(buffer.subarray(head + 4, head + 4 + length).toString());
      buffer = buffer.subarray(head + 4 + length);
      if (message.id !== undefined && message.method) send({ id: message.id, result: null });
      receive(message);
    }
  });
  const send = message => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const next = wanted => new Promise(resolve => receive = m => { if (wanted(m)) resolve(m); });
  return { child, send, next };
}

async function initialize() {
  const start = now();
  const { child, send, next } = connect();
  const answer = next(m => m.id === 1);
  send({ id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {}, workspaceFolders: [{ uri: pathToFileURL(root).href, name: 'root' }] } });
  await answer;
  return { child, send, next, time: now() - start };
}

async function end({ child, send }) {
  const exit = once(child, 'exit');
  send({ id: 99, method: 'shutdown' });
  send({ method: 'exit' });
  await exit;
}

const starts = [];
for (let i = 0; i < RUNS; i++) {
  const session = await initialize();
  starts.push(session.time);
  await end(session);
}

// A saved change to the diagnostics that it makes: the go/env file with and without a bad line.
const session = await initialize();
session.send({ method: 'initialized', params: {} });
const about = m => m.method === 'textDocument/publishDiagnostics' && m.params.uri === pathToFileURL(goenv).href;
const changes = [];
for (let i = 0; i < RUNS; i++) {
  const bad = i % 2 === 0;
  const published = session.next(m => about(m) && m.params.diagnostics.some(d => d.code === 'stale-goroot') === bad);
  await new Promise(resolve => setTimeout(resolve, i === 0 ? 500 : 20)); // the first pass, then the end of the last
  const start = now();
  fs.writeFileSync(goenv, bad ? 'GOROOT=/nonexistent-go\n' : 'GOFLAGS=-mod=mod\n');
  await published;
  changes.push(now() - start - DEBOUNCE);
}
const resident = process.platform === 'linux' ? Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${session.child.pid}/status`, 'utf8'))[1]) / 1024 : NaN;
await end(session);
fs.rmSync(dir, { recursive: true, force: true });

const size = fs.statSync(sidecar).size / 1e6;
const diagnose = times['diagnose --format json'], go = times['go env -json'];
const rows = [['', 'median', 'P95', 'ratio', 'goal']];
const ms = n => `${n.toFixed(1)} ms`;
for (const [name, list] of Object.entries(times)) rows.push([name, ms(median(list)), ms(quantile(list, 0.95)), (median(list) / median(go)).toFixed(2), list === diagnose ? 'ratio ≤ 0.5' : '']);
rows.push(['start to initialize answered', ms(median(starts)), ms(quantile(starts, 0.95)), (median(starts) / median(go)).toFixed(2), '']);
rows.push([`saved change to diagnostics, beyond the ${DEBOUNCE} ms debounce`, ms(median(changes)), ms(quantile(changes, 0.95)), (median(changes) / median(go)).toFixed(2), 'P95 ≤ 20 ms']);
rows.push(['resident memory', `${resident.toFixed(1)} MB`, '', (resident / 15).toFixed(2), '≤ 15 MB (ratio to it)']);
rows.push(['binary, stripped', `${size.toFixed(1)} MB`, '', (size / 10).toFixed(2), '≤ 10 MB (ratio to it)']);
const widths = rows[0].map((_, c) => Math.max(...rows.map(r => r[c].length)));
console.log(`${RUNS} runs each, in turns; ratios are to the median of go env -json`);
for (const r of rows) console.log(r.map((cell, c) => c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join('  '));
