// npm run bench: what the product costs, in one run, as medians and ratios. It judges nothing: goals are printed beside.
// `npm run bench -- didchange window` measures those parts: commands, server, didchange, window, registry, monorepo.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSidecar, root } from './lib.mjs';
import * as wine from './wine.mjs';

const RUNS = 60;
const WINDOWS = 5;
const parts = ['commands', 'server', 'didchange', 'window', 'registry', 'monorepo'];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : parts;
const unknown = chosen.filter(name => !parts.includes(name));
if (unknown.length) {
  console.error(`no part ${unknown.join(', ')}; there are ${parts.join(', ')}`);
  process.exit(2);
}
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
  'env -json': [sidecar, ['env', '-json']],
  'version (the start of the program)': [sidecar, ['version']],
};
const times = Object.fromEntries(Object.keys(commands).map(name => [name, []]));
for (let i = -3; chosen.includes('commands') && i < RUNS; i++) { // the first three warm the caches
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

async function initialize(folder = root) {
  const start = now();
  const { child, send, next } = connect();
  const answer = next(m => m.id === 1);
  send({ id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {}, workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'root' }] } });
  await answer;
  return { child, send, next, time: now() - start };
}

async function end({ child, send }) {
  const exit = once(child, 'exit');
  send({ id: 99, method: 'shutdown' });
  send({ method: 'exit' });
  await exit;
}

const resident = ({ child }) => process.platform === 'linux' ? Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024 : NaN;
const go = times['go env -json'];
const rows = [['', 'median', 'P95', 'ratio', 'goal']];
const ms = n => `${n.toFixed(1)} ms`;
const mb = n => `${n.toFixed(1)} MB`;
const row = (name, list, goal = '') => rows.push([name, ms(median(list)), ms(quantile(list, 0.95)), go.length ? (median(list) / median(go)).toFixed(2) : '', goal]);

async function server() {
  const starts = [];
  for (let i = 0; i < RUNS; i++) {
    const session = await initialize();
    starts.push(session.time);
    await end(session);
  }
  row('start to initialize answered', starts);

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
  row(`saved change to diagnostics, beyond the ${DEBOUNCE} ms debounce`, changes, 'P95 ≤ 20 ms');
  rows.push(['resident memory', mb(resident(session)), '', (resident(session) / 15).toFixed(2), '≤ 15 MB (ratio to it)']);
  await end(session);
}

// Keys are pressed in a go.mod file of a hundred lines, as fast as the sidecar takes them.
async function didChange() {
  const session = await initialize();
  session.send({ method: 'initialized', params: {} });
  const answer = id => session.next(m => m.id === id);
  const diagnosed = answer(2);
  session.send({ id: 2, method: 'goEnv/diagnose', params: {} });
  await diagnosed;
  const uri = pathToFileURL(path.join(root, 'go.mod')).href;
  session.send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'go.mod', version: 0, text: 'require example.com/module v1.2.3\n'.repeat(100) } } });
  const times = [], before = resident(session);
  for (let run = 0; run < WINDOWS; run++) {
    const done = answer(100 + run);
    const start = now();
    for (let i = 1; i <= 10_000; i++) {
      const at = { line: i % 100, character: i % 30 };
      session.send({ method: 'textDocument/didChange', params: { textDocument: { uri, version: run * 10_000 + i }, contentChanges: [{ range: { start: at, end: { ...at, character: at.character + 1 } }, text: 'x' }] } });
    }
    session.send({ id: 100 + run, method: 'textDocument/codeAction', params: { textDocument: { uri }, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, context: { diagnostics: [] } } });
    await done;
    times.push(now() - start);
  }
  row('10,000 didChange, until the next request is answered', times);
  rows.push([`resident memory after ${WINDOWS * 10_000} of them, before: ${mb(before)}`, mb(resident(session)), '', (resident(session) / before).toFixed(2), 'ratio (to before) ≤ 2']);
  await end(session);
}

// A window is opened on go.mod: VS Code and the extension start anew, the server of the editor stays.
async function window() {
  const { install, paths } = await import('./workbench.mjs');
  const { packageExtension } = await import('./package.mjs');
  const reason = install(() => false);
  if (reason) return rows.push([`window open to first problem: ${reason}`, '', '', '', '']);
  Object.assign(process.env, { VSIX: packageExtension(), ...paths() });
  const { machine, serve, open } = await import('../extension/test/workbench/lib.mjs');
  const m = machine('bench');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.21\n');
  m.write(path.join(m.home, '.config/go/env'), 'GOROOT=/nonexistent-go\n');
  let editor, wb;
  try {
    editor = await serve(m, { env: { PATH: process.env.PATH } });
    const { host } = new URL(editor.url());
    const url = `${editor.url()}&payload=${encodeURIComponent(JSON.stringify([['openFile', `vscode-remote://${host}${m.workspace}/go.mod`]]))}`;
    const shown = [];
    for (let i = -1; i < WINDOWS; i++) { // the first warms the caches
      const start = now();
      if (wb) await wb.visit(url);
      else wb = await open(url);
      await wb.page.locator('[id="status.problems"]').filter({ hasText: /[1-9]/ }).waitFor({ timeout: 300_000 });
      if (i >= 0) shown.push(now() - start);
    }
    row('window open to first problem', shown);
    row('activate()', [...editor.log().matchAll(/Activated in ([\d.]+) ms/g)].map(m => Number(m[1])), '≤ 50 ms');
  } finally {
    await wb?.close();
    await editor?.stop();
    m.remove();
  }
}

// Another program changes a value of the real registry, under Wine or on Windows, whose server publishes what is wrong with it.
function registry() {
  const native = process.platform === 'win32';
  const name = `registry change to diagnostics${native ? '' : ' under Wine'}, beyond the ${DEBOUNCE} ms debounce`;
  const reason = native ? process.env.TEST_REGISTRY !== 'scratch' && 'TEST_REGISTRY=scratch does not say that the registry may be written to' : wine.install(() => false);
  if (reason) return rows.push([`${name}: ${reason}`, '', '', '', '']);
  const program = buildSidecar('win32-x64', path.join(root, '.cache', 'build', 'win32-x64'));
  if (!native) wine.start();
  try {
    const { status, stdout, stderr } = spawnSync('go', ['test', ...native ? [] : ['-exec', wine.exec], '-vet=off', '-count=1', '-run', '^TestRegistryLatency$', '-v', './sidecar/server'], {
      cwd: root, encoding: 'utf8',
      env: { ...process.env, GOOS: 'windows', GOARCH: 'amd64', CGO_ENABLED: '0', TEST_REGISTRY: 'scratch', TEST_CHANGES: RUNS, TEST_SIDECAR: native ? program : `Z:${program}` },
    });
    const changes = /^milliseconds: (.*?)\r?$/m.exec(stdout)?.[1].split(' ').map(Number);
    if (status !== 0 || !changes) throw new Error(`TestRegistryLatency: exit code ${status}\n${stdout}${stderr}`);
    row(name, changes.map(t => t - DEBOUNCE), 'P95 ≤ 20 ms');
  } finally {
    if (!native) wine.stop();
  }
}

// A repository of 2,000 modules and 200,000 files, with a go.work that uses them all and without one, beside an empty folder: from the
// start of the server to its first diagnostics, in turns.
async function monorepo() {
  const empty = path.join(dir, 'empty'), mono = path.join(dir, 'mono'), work = path.join(mono, 'go.work');
  fs.mkdirSync(empty);
  const modules = Array.from({ length: 2000 }, (_, i) => `team${i % 40}/service${i}`);
  for (const name of modules) {
    fs.mkdirSync(path.join(mono, name, 'internal'), { recursive: true });
    fs.writeFileSync(path.join(mono, name, 'go.mod'), `module example.com/${name}\n\ngo 1.21\n`);
    for (let i = 0; i < 99; i++) fs.writeFileSync(path.join(mono, name, i < 50 ? `file${i}.go` : `internal/file${i}.go`), '');
  }
  const uses = `go 1.21\n\nuse (\n${modules.map(name => `\t./${name}\n`).join('')})\n`;
  fs.writeFileSync(goenv, 'GOROOT=/nonexistent-go\n');
  const cases = [['an empty folder', empty, false], ['2,000 modules in 200,000 files, a go.work uses them', mono, true], ['the same without a go.work', mono, false]];
  const times = cases.map(() => []), memory = [];
  for (let run = -1; run < RUNS / 3; run++) { // the first warms the caches
    for (const [i, [, folder, used]] of cases.entries()) {
      if (used) fs.writeFileSync(work, uses);
      else fs.rmSync(work, { force: true });
      const start = now();
      const session = await initialize(folder);
      const published = session.next(m => m.method === 'textDocument/publishDiagnostics' && m.params.diagnostics.length > 0);
      session.send({ method: 'initialized', params: {} });
      await published;
      if (run >= 0) times[i].push(now() - start);
      if (used) memory.push(resident(session));
      await end(session);
    }
  }
  fs.writeFileSync(goenv, 'GOFLAGS=-mod=mod\n');
  for (const [i, [name]] of cases.entries()) {
    const ratio = (median(times[i]) / median(times[0])).toFixed(2);
    rows.push([`start to first diagnostics, ${name}`, ms(median(times[i])), ms(quantile(times[i], 0.95)), ratio, 'ratio (to empty) ≤ 2']);
  }
  rows.push(['resident memory then, with the go.work', mb(median(memory)), '', (median(memory) / 15).toFixed(2), '≤ 15 MB (ratio to it)']);
}

if (chosen.includes('commands')) {
  for (const [name, list] of Object.entries(times)) row(name, list, name.startsWith('diagnose') ? 'ratio ≤ 0.5' : '');
  const size = fs.statSync(sidecar).size / 1e6;
  rows.push(['binary, stripped', mb(size), '', (size / 10).toFixed(2), '≤ 10 MB (ratio to it)']);
}
let failed = false;
for (const [name, measure] of Object.entries({ server, didchange: didChange, window, registry, monorepo })) {
  if (!chosen.includes(name)) continue;
  console.error(`measuring ${name} …`); // some take minutes, and the table stands at the end
  try {
    await measure();
  } catch (err) { // what the others cost is worth knowing all the same
    failed = true;
    rows.push([`${name}: ${err.message}`, '', '', '', '']);
  }
}
fs.rmSync(dir, { recursive: true, force: true });

const widths = rows[0].map((_, c) => Math.max(...rows.map(r => r[c].length)));
console.log(`${RUNS} runs each, in turns, ${WINDOWS} of the longer ones; ratios are to the median of go env -json`);
for (const r of rows) console.log(r.map((cell, c) => c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join('  '));
if (failed) process.exit(1); // a session of the part that failed may still run
