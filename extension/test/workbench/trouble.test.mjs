// A sidecar that cannot work: one clear message, and an editor that goes on.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { machine, open, serve, sidecars, suite, until } from './lib.mjs';

const test = suite(async () => {
  const m = machine('trouble');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  m.write('app/main.go', 'package main\n\nfunc main() {}\n');
  m.write('home/gopher/.config/go/env', 'GOROOT=/nonexistent-go\n');
  const server = await serve(m, { user: { 'goEnv.sidecarPath': path.join(m.dir, 'program') } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  return { m, server, wb };
});

// told asserts that one message stands, and that the editor takes text meanwhile.
async function told(wb, shot, ...parts) {
  await wb.notification(parts[0]).waitFor();
  await wb.open('main.go', '3:1');
  await wb.page.keyboard.insertText('// ');
  await until(async () => (await wb.text()).includes('//'), 'the editor takes text');
  await wb.command('File: Revert File');
  await wb.shot(shot);
  const all = await wb.notifications();
  assert.equal(all.length, 1, JSON.stringify(all));
  for (const part of parts) assert.ok(all[0].includes(part), all[0]);
  await wb.command('Notifications: Clear All Notifications');
}

// become makes the program another one and has it started.
async function become({ m, wb }, text, mode) {
  fs.rmSync(path.join(m.dir, 'program'), { force: true });
  const program = m.write('program', text, mode);
  await wb.command('Go Env: Restart Sidecar');
  return program;
}

test('a sidecar that is missing', async ({ m, wb }) => {
  await told(wb, 'trouble missing', 'could not start', path.join(m.dir, 'program'), 'ENOENT');
});

test('a sidecar that may not be executed', async ({ m, wb }) => {
  const program = await become({ m, wb }, '#!/bin/sh\n', 0o644);
  await told(wb, 'trouble not executable', 'could not start', program, 'EACCES', 'Allow this file to run');
});

test('a sidecar that crashes time and again', async ({ m, wb }) => {
  await become({ m, wb }, `#!/bin/sh\nexec '${m.dir}'/extensions/go-env-doctor.*/bin/go-env-doctor "$@"\n`, 0o755);
  const answers = () => wb.settled('it answers', problems => problems.some(p => p.rule === 'stale-goroot'));
  for (let crash = 0; crash < 6; crash++) {
    await answers();
    const pids = sidecars(m);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await wb.settled('nothing is known any more', problems => !problems.length);
  }
  await told(wb, 'trouble crashing', 'ended unexpectedly', 'not started again');
  assert.deepEqual(sidecars(m), []);
  await wb.command('Go Env: Restart Sidecar');
  await answers();
});

test('a sidecar that hangs', async ({ m, wb }) => {
  const program = await become({ m, wb }, `#!/bin/sh\necho $$ >'${m.dir}/pid'\nexec sleep 3600\n`, 0o755);
  await told(wb, 'trouble hanging', 'said nothing', program);
  assert.throws(() => process.kill(Number(m.read('pid')), 0), 'it was ended');
});
