// What the sidecar says to any LSP client, over a real connection to the built program, on a home made for the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import protocol from 'vscode-languageserver-protocol/node';

const sidecar = process.env.SIDECAR ?? fileURLToPath(new URL('../../bin/go-env-doctor', import.meta.url));
const { version } = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** start makes a home whose go/env file names a GOROOT that is no more, and a client that has initialized a sidecar there. */
async function start(t, { options, env } = {}) {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'go-env-doctor-lsp-')));
  const home = path.join(dir, 'home');
  const app = path.join(dir, 'app');
  const goenv = path.join(home, '.config', 'go', 'env');
  fs.mkdirSync(path.dirname(goenv), { recursive: true });
  fs.mkdirSync(app);
  fs.writeFileSync(goenv, 'GOROOT=/nonexistent-go\nGOFLAGS=-mod=mod\n');
  fs.writeFileSync(path.join(app, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');

  const child = spawn(sidecar, ['serve', '--stdio'], {
    env: { PATH: process.env.PATH, HOME: home, USER: 'gopher', SHELL: '/bin/sh', ...env }, stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const client = protocol.createProtocolConnection(new protocol.StreamMessageReader(child.stdout), new protocol.StreamMessageWriter(child.stdin));
  client.onUnhandledNotification(() => {});
  client.onRequest(protocol.RegistrationRequest.type, () => {});
  client.onRequest(protocol.WorkDoneProgressCreateRequest.type, () => {});
  const uri = pathToFileURL(goenv).href;
  const shown = new Map();
  const waiting = new Set();
  client.onNotification(protocol.PublishDiagnosticsNotification.type, p => {
    shown.set(p.uri, p.diagnostics);
    for (const look of waiting) look();
  });
  client.listen();
  t.after(() => {
    client.dispose();
    child.kill();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  const result = await client.sendRequest(protocol.InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(app).href, name: 'app' }],
    capabilities: { window: { workDoneProgress: true }, workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
    initializationOptions: { editor: { name: 'vscode', version: '1.100.0' }, trusted: true, ...options },
  });
  await client.sendNotification(protocol.InitializedNotification.type, {});
  return {
    client, result, dir, uri, goenv, ended,
    /** problem resolves with the problem of a rule in the go/env file, gone with undefined when there is none. */
    problem: rule => when(() => (shown.get(uri) ?? []).find(d => d.code === rule)),
    gone: rule => when(() => shown.has(uri) && !shown.get(uri).some(d => d.code === rule)),
  };

  function when(look) {
    return new Promise(resolve => {
      const again = () => {
        const value = look();
        if (!value) return waiting.add(again);
        waiting.delete(again);
        resolve(value);
      };
      again();
    });
  }
}

const options = { timeout: 60_000 };

test('the handshake names the program and its version, and shutdown ends it with 0', options, async t => {
  const { client, result, ended } = await start(t);
  assert.equal(result.serverInfo.name, 'Go Env Doctor');
  assert.equal(result.serverInfo.version, version);
  await client.sendRequest(protocol.ShutdownRequest.type);
  await client.sendNotification(protocol.ExitNotification.type);
  assert.equal((await ended)[0], 0);
});

test('a problem stands at the value, and its quick fix repairs the file; undo brings both back', options, async t => {
  const { client, uri, goenv, problem, gone } = await start(t);
  const before = fs.readFileSync(goenv, 'utf8');
  const found = await problem('stale-goroot');
  assert.deepEqual(found.range, { start: { line: 0, character: 7 }, end: { line: 0, character: 22 } });
  assert.equal(found.severity, protocol.DiagnosticSeverity.Error);
  assert.equal(found.source, 'Go Env Doctor');
  assert.match(found.codeDescription.href, /stale-goroot/);

  const actions = await client.sendRequest(protocol.CodeActionRequest.type, { textDocument: { uri }, range: found.range, context: { diagnostics: [found] } });
  const [action] = actions.filter(a => a.isPreferred);
  assert.equal(action.kind, protocol.CodeActionKind.QuickFix);
  assert.deepEqual(action.diagnostics.map(d => d.code), ['stale-goroot']);
  assert.equal(action.command.command, 'goEnv.fix');

  const preview = await client.sendRequest('goEnv/preview', action.command.arguments[0]);
  assert.equal(preview.safety, 'safe');
  assert.deepEqual(preview.files.map(f => [f.old, f.new]), [[before, 'GOFLAGS=-mod=mod\n']]);
  assert.equal(fs.readFileSync(goenv, 'utf8'), before);

  const receipt = await client.sendRequest(protocol.ExecuteCommandRequest.type, action.command);
  assert.equal(fs.readFileSync(goenv, 'utf8'), 'GOFLAGS=-mod=mod\n');
  await gone('stale-goroot');

  await client.sendRequest(protocol.ExecuteCommandRequest.type, { command: 'goEnv.undo', arguments: [{ id: receipt.id }] });
  assert.equal(fs.readFileSync(goenv, 'utf8'), before);
  await problem('stale-goroot');
});

test('an edit from outside changes the problems by itself', options, async t => {
  const { goenv, problem, gone } = await start(t);
  await problem('stale-goroot');
  fs.writeFileSync(goenv, '');
  await gone('stale-goroot');
  fs.writeFileSync(goenv, 'GOROOT=/nonexistent-go\n');
  await problem('stale-goroot');
});

test('a diagnosis on demand tells its progress and has a summary of one line', options, async t => {
  const { client } = await start(t);
  const kinds = [];
  client.onProgress(protocol.WorkDoneProgress.type, 'token', p => kinds.push(p.kind));
  const { report, summary } = await client.sendRequest('goEnv/diagnose', { workDoneToken: 'token' });
  assert.ok(report.findings.some(f => f.rule === 'stale-goroot'));
  assert.match(summary, /^[^\n]+$/);
  assert.deepEqual([kinds[0], kinds.at(-1)], ['begin', 'end']);
});

test('a variable that would have killed the sidecar is known to it as data', options, async t => {
  const { problem } = await start(t, { options: { withheld: { GOMEMLIMIT: 'lots', GODEBUG: 'x' } } });
  await problem('stale-goroot');
});

test('all safe fixes are made at once', options, async t => {
  const { client, dir, goenv, problem, gone } = await start(t);
  await problem('stale-goroot');
  const { files } = await client.sendRequest('goEnv/preview', { allSafe: true });
  assert.deepEqual(files.filter(f => !f.at.startsWith(dir)), [], 'nothing outside of the test is touched');
  const receipt = await client.sendRequest(protocol.ExecuteCommandRequest.type, { command: 'goEnv.fix', arguments: [{ allSafe: true }] });
  assert.ok(receipt.applied.includes(goenv));
  await gone('stale-goroot');
});

test('the sidecar ends when its client does', options, async t => {
  const { client, ended } = await start(t);
  client.end();
  await ended;
});
