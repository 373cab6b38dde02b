// What must not happen: in an untrusted workspace, and in a window that has nothing to do with Go.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { machine, open, serve, sidecars, suite } from './lib.mjs';

const realGo = path.dirname(fs.realpathSync(spawnSync('which', ['go'], { encoding: 'utf8' }).stdout.trim()));

const test = suite(async () => {
  const m = machine('quiet');
  m.write('notes/notes.txt', 'Nothing of Go.\n');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  m.write('home/gopher/.config/go/env', 'GOROOT=/nonexistent-go\n');
  // Programs of the workspace that leave a trace when they are run.
  const trap = m.write('app/trap', `#!/bin/sh\ntouch ${m.dir}/sprung\n`, 0o755);
  for (const name of ['go', 'gopls', 'bash']) m.write(`app/${name}`, `#!/bin/sh\ntouch ${m.dir}/sprung\n`, 0o755);
  m.write('app/.vscode/settings.json', JSON.stringify({ 'goEnv.sidecarPath': trap, 'go.goroot': path.join(m.dir, 'app'), 'go.alternateTools': { go: path.join(m.dir, 'app/go') } }));
  m.write('home/gopher/.profile', `export PATH="$PATH:${realGo}"\n`);
  const server = await serve(m, { args: [], user: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.untrustedFiles': 'open' } });
  const wb = await open(server.url(path.join(m.dir, 'notes')));
  return { m, server, wb };
});

// children are the processes that a process has started and that still run.
function children(parent) {
  return fs.readdirSync('/proc').filter(pid => /^\d+$/.test(pid)).filter(pid => {
    try {
      return Number(/^PPid:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) === parent;
    } catch {
      return false; // it ended meanwhile
    }
  });
}

test('a window without Go files never starts the sidecar', async ({ m, server, wb }) => {
  await wb.open('notes.txt');
  // Extensions that start by themselves have done so when the palette lists those that wait.
  await wb.command('Developer: Show Running Extensions');
  await wb.page.locator('.editor-group-container.active .extension, .runtime-extensions-editor .monaco-list-row').first().waitFor();
  await wb.shot('quiet');
  assert.deepEqual(sidecars(m), []);
  assert.equal(server.log(), '');
  assert.equal(await wb.status.count(), 0);
});

test('Restricted Mode reads the machine, runs nothing and offers nothing but what is done by hand', async ({ m, server, wb }) => {
  await wb.visit(server.url());
  await wb.open('go.mod');
  const problems = await wb.settled('the machine is judged', p => p.some(({ rule, file }) => rule === 'stale-goroot' && file === 'env'));
  await wb.page.locator('.statusbar-item').filter({ hasText: 'Restricted Mode' }).waitFor();
  assert.equal(sidecars(m).length, 1);
  assert.deepEqual(children(sidecars(m)[0]), []);
  await wb.visitProblem('stale-goroot', 'env');
  const offered = await wb.menu('restricted mode');
  const before = m.read('home/gopher/.config/go/env');
  await wb.quickFix('Remove GOROOT', () => wb.dialog.isVisible());
  assert.match(await wb.dialog.innerText(), /not trusted/);
  await wb.shot('restricted mode by hand');
  await wb.key('Escape');
  await wb.command('Go Env: Fix All Safe Problems');
  await wb.notification('nothing to fix').waitFor();
  assert.equal(m.read('home/gopher/.config/go/env'), before);
  assert.ok(!fs.existsSync(path.join(m.dir, 'sprung')));
  assert.ok(problems.length > 0 && offered.length > 0);
});

test('the status bar has an item only while something is broken', async ({ m, wb }) => {
  await wb.status.waitFor();
  assert.match(await wb.status.innerText(), /error/); // no meaning by colour alone
  // What is left is no error: PATH has Go from the profile, and nothing else is set.
  m.write('home/gopher/.config/go/env', '');
  m.write('app/.vscode/settings.json', '{}');
  await wb.settled('no problem is left', p => !p.length);
  await wb.status.waitFor({ state: 'detached' });
});
