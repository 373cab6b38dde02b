// A sidecar that cannot work: one clear message, and an editor that goes on.
import assert from 'node:assert/strict';
import { machine, open, serve, sidecars, suite, until } from './lib.mjs';

let begun;

const test = suite(async () => {
  const m = machine('trouble');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  m.write('app/main.go', 'package main\n\nfunc main() {}\n');
  m.write('home/gopher/.config/go/env', 'GOROOT=/nonexistent-go\n');
  const server = await serve(m, { user: { 'goEnv.sidecarPath': `${m.dir}/nowhere` } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  begun = 'could not start';
  return { m, server, wb };
});

// told asserts that one message stands, and that the editor takes text meanwhile.
async function told(wb, shot, ...parts) {
  await wb.notification(parts[0]).waitFor();
  await wb.open('main.go', '3:1');
  await wb.page.keyboard.insertText('// ');
  await until(async () => (await wb.text()).includes('//'), 'the editor takes text');
  await wb.key('Control+z');
  await wb.shot(shot);
  const all = await wb.notifications();
  assert.equal(all.length, 1, JSON.stringify(all));
  for (const part of parts) assert.ok(all[0].includes(part), all[0]);
  await wb.command('Notifications: Clear All Notifications');
}

test('a sidecar that is missing', async ({ m, wb }) => {
  await told(wb, 'trouble missing', begun, `${m.dir}/nowhere`, 'ENOENT');
});

test('a sidecar that may not be executed', async ({ m, server, wb }) => {
  const program = m.write('locked', '#!/bin/sh\n', 0o644);
  server.set({ 'goEnv.sidecarPath': program });
  await told(wb, 'trouble not executable', 'could not start', program, 'EACCES', 'Allow this file to run');
});

test('a sidecar that crashes time and again', async ({ m, server, wb }) => {
  server.set({ 'goEnv.sidecarPath': undefined });
  for (let crash = 0; crash < 6; crash++) {
    const pids = await until(() => {
      const found = sidecars(m);
      return found.length && found;
    }, 'a sidecar runs');
    await wb.settled('it answers', problems => problems.some(p => p.rule === 'stale-goroot'));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(() => !sidecars(m).some(pid => pids.includes(pid)), 'it is gone');
  }
  await told(wb, 'trouble crashing', 'ended unexpectedly', 'not started again');
  assert.deepEqual(sidecars(m), []);
  await wb.command('Go Env: Restart Sidecar');
  await wb.settled('it works again when asked for', problems => problems.some(p => p.rule === 'stale-goroot'));
});

test('a sidecar that hangs', async ({ m, server, wb }) => {
  server.set({ 'goEnv.sidecarPath': m.write('hanging', '#!/bin/sh\nexec cat >/dev/null\n', 0o755) });
  await told(wb, 'trouble hanging', 'said nothing', `${m.dir}/hanging`);
});
