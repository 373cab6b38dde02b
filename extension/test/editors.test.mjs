// The configurations of docs/editors in the real editors, with the built program: on a home made for the test, and on Windows
// machines that it serves. What a user does is in editors/, one case of it a process.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = name => fileURLToPath(new URL(name, import.meta.url));
const sidecar = process.env.SIDECAR ?? at('../../bin/go-env-doctor');
const scenarios = at('../../testdata/scenarios/');

const editors = {
  neovim: ['nvim', '--clean', '--headless', '-c', `luafile ${at('editors/nvim.lua')}`],
  emacs: ['emacs', '-q', '--batch', '-l', at('editors/emacs.el')],
};

const cases = {
  machine: () => undefined,
  // Another value stands beside the one that is saved.
  registry: dir => {
    const file = path.join(dir, 'registry.txtar');
    const text = fs.readFileSync(path.join(scenarios, 'dead-path-entry', 'windows-typo.txtar'), 'utf8');
    const more = text.replace('[HKEY_CURRENT_USER\\Environment]\n', '$&"GOFLAGS"="-mod=mod"\n');
    assert.notEqual(more, text);
    fs.writeFileSync(file, more.slice(0, more.indexOf('-- want --')));
    return file;
  },
  manual: () => path.join(scenarios, 'go-not-found', 'windows.txtar'),
};

for (const [editor, [program, ...args]] of Object.entries(editors)) {
  for (const [name, scenario] of Object.entries(cases)) run(`${editor}: ${name}`, name, scenario, program, args);
}
const [emacs, ...args] = editors.emacs;
for (const name of ['edit', 'eglot', 'beside']) run(`emacs: ${name}`, name, () => undefined, emacs, args);

test('go-env-doctor.el compiles without a warning', { timeout: 60_000 }, t => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'go-env-doctor-editors-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  const file = path.join(dir, 'go-env-doctor.el');
  fs.copyFileSync(at('../../docs/editors/go-env-doctor.el'), file);
  const r = spawnSync(emacs, ['-Q', '--batch', '--eval', '(setq byte-compile-error-on-warn t)', '-f', 'batch-byte-compile', file], { encoding: 'utf8' });
  assert.equal(r.status, 0, r.stderr);
});

function run(title, name, scenario, program, args) {
  test(title, { timeout: 60_000 }, async t => {
    const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'go-env-doctor-editors-')));
    t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
    const home = path.join(dir, 'home');
    const app = path.join(dir, 'app');
    fs.mkdirSync(path.join(home, '.config', 'go'), { recursive: true });
    fs.mkdirSync(app);
    fs.writeFileSync(path.join(home, '.config', 'go', 'env'), 'GOFLAGS=-mod=mod\nGOROOT=/nonexistent-go\n');
    fs.writeFileSync(path.join(app, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    fs.writeFileSync(path.join(app, 'main.go'), 'package main\n\nfunc main() {}\n');

    const file = scenario(dir);
    const env = {
      PATH: process.env.PATH, HOME: home, USER: 'gopher', SHELL: '/bin/sh', LANG: 'C.UTF-8', TERM: 'dumb',
      EDITORS_CONFIG: at('../../docs/editors'), EDITORS_SIDECAR: sidecar, EDITORS_CASE: name, ...file && { EDITORS_SCENARIO: file },
    };
    const child = spawn(program, args, { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', s => said += s);
    const [code, signal] = await once(child, 'close');
    assert.equal(code ?? signal, 0, said);
  });
}
