// Machines of other systems, served from files: their problems at their lines, and their fixes by keyboard.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine, open, played, serve, sidecars, suite, until } from './lib.mjs';

const scenarios = fileURLToPath(new URL('../../../testdata/scenarios/', import.meta.url));

let play;

const test = suite(async () => {
  const m = machine('played');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  const { program, play: name } = played(m);
  play = file => name(path.join(scenarios, file));
  play('stale-goroot/windows-user.txtar');
  const server = await serve(m, { user: { 'goEnv.sidecarPath': program } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  return { m, server, wb };
});

const has = rule => problems => problems.some(p => p.rule === rule);
const lacks = rule => problems => !has(rule)(problems);

// other has the sidecar play another machine. What the panel still shows of the one before must not be taken for its problems.
async function other({ m, wb }, file) {
  await wb.command('View: Close All Editors');
  await wb.command('Notifications: Clear All Notifications');
  for (const next of ['../healthy/windows-zip-sdk.txtar', file]) {
    const before = sidecars(m);
    play(next);
    await wb.command('Go Env: Restart Sidecar');
    await until(() => sidecars(m).some(pid => !before.includes(pid)), 'another sidecar runs');
    if (next !== file) await wb.settled('a healthy machine has no problems', problems => problems.length === 0);
  }
}

const machines = {
  'a Windows machine with a value in the registry': {
    file: 'stale-goroot/windows-user.txtar',
    want: ['Error stale-goroot Environment:7', 'Error stale-goroot go.mod:1'],
  },
  'a Mac with a profile': {
    file: 'stale-goroot/darwin-zshrc.txtar',
    want: ['Error stale-goroot .zshrc:1', 'Error stale-goroot go.mod:1', 'Warning dead-path-entry .zshrc:2'],
  },
  'a guest of WSL': {
    file: 'stale-goroot/wsl-profile.txtar',
    want: ['Error stale-goroot .profile:1', 'Error stale-goroot go.mod:1'],
  },
};
for (const [name, { file, want }] of Object.entries(machines)) {
  test(`the problems of ${name} stand at their lines, counted`, async ({ m, wb }) => {
    await other({ m, wb }, file);
    const problems = await wb.settled('all are listed', p => p.length === want.length);
    assert.deepEqual(problems.map(p => `${p.severity} ${p.rule} ${p.file}:${p.line}`).sort(), want);
    await wb.shot(`played ${path.basename(file, '.txtar')}`);
  });
}

// A fix of each rule that has a safe one, on the system where it is at home.
const safe = {
  'stale-goroot': ['stale-goroot/windows-user.txtar', "Remove GOROOT from the user's environment"],
  'mismatched-goroot': ['mismatched-goroot/linux-profile.txtar', 'Remove GOROOT'],
  'misplaced-goroot': ['misplaced-goroot/darwin-opt.txtar', 'Remove GOROOT'],
  'relative-go-dir': ['relative-go-dir/linux-tilde.txtar', 'Remove'],
  'misencoded-goenv-file': ['misencoded-goenv-file/windows-bom.txtar', 'Rewrite as UTF-8 with LF'],
  'wrong-go111module': ['wrong-go111module/windows-true.txtar', "Remove GO111MODULE from the user's environment"],
};
for (const [rule, [file, title]] of Object.entries(safe)) {
  test(`the safe fix of ${rule} takes two keys`, async ({ m, wb }) => {
    await other({ m, wb }, file);
    await wb.visitProblem(rule);
    const made = await wb.best(async () => lacks(rule)(await wb.problems()), `two keys ${rule}`);
    assert.ok(made.title.startsWith(title), made.title);
    assert.equal(made.keys, 2);
    await wb.notification('Undo').waitFor();
  });
}

test('the safe fix of duplicate-path-entry, a hint, takes two keys in the document that shows it', async ({ m, wb }) => {
  await other({ m, wb }, 'duplicate-path-entry/windows-user.txtar');
  await wb.command('Go Env: Diagnose'); // hints stay quiet until asked for
  await wb.page.locator('.notification-toast').first().waitFor();
  await wb.show('Go Env: Show Registry Environment', 'Environment');
  const entries = async () => (await wb.text()).split('\n').filter(line => /go.bin/i.test(line)).length;
  await wb.line('go\\bin', 2);
  assert.equal(await entries(), 4);
  const made = await wb.best(async () => await entries() === 1, 'two keys duplicate-path-entry');
  assert.match(made.title, /^Keep only the first/);
});

test('the light bulb offers the same fix wherever the problem is seen', async ({ m, wb }) => {
  const fix = "Remove GOROOT from the user's environment";
  await other({ m, wb }, 'stale-goroot/windows-user.txtar');
  await wb.visitProblem('stale-goroot', 'go.mod');
  assert.equal((await wb.menu('bulb go.mod'))[0], fix);
  await wb.visitProblem('stale-goroot', 'Environment');
  assert.equal((await wb.menu('bulb registry'))[0], fix);

  await other({ m, wb }, 'stale-goroot/windows-process.txtar');
  await wb.visitProblem('stale-goroot', 'environment'); // what only a process has stands in no file
  assert.equal((await wb.menu('bulb environment'))[0], 'Start without GOROOT');

  await other({ m, wb }, 'stale-goroot/linux-goenv-file.txtar');
  await wb.visitProblem('stale-goroot', 'env');
  assert.match((await wb.menu('bulb go env'))[0], /^Remove GOROOT from ~\/\.config\/go\/env:2/);
  await other({ m, wb }, 'stale-goroot/darwin-zshrc.txtar');
  await wb.visitProblem('stale-goroot', '.zshrc');
  assert.match((await wb.menu('bulb profile'))[0], /^Remove GOROOT from ~\/\.zshrc:1/);
});

test('a value of the registry: diff, apply, receipt, problem gone, undo', async ({ m, wb }) => {
  await other({ m, wb }, 'dead-path-entry/windows-moved-user.txtar');
  await wb.visitProblem('dead-path-entry');
  const before = await wb.text();
  assert.match(before, /C:\\Go\\bin/);
  await wb.quickFix('Replace C:\\Go\\bin by C:\\Program Files\\Go\\bin', () => wb.diff.isVisible());
  await wb.notification('Apply').waitFor();
  await wb.shot('registry diff');
  await wb.key('Control+Enter');
  await wb.diff.waitFor({ state: 'detached' });
  await wb.notification('Undo').waitFor();
  await wb.shot('registry receipt');
  await wb.settled('the problem is gone', lacks('dead-path-entry'));
  await until(async () => /C:\\Program Files\\Go\\bin/.test(await wb.text()), 'the document shows the new value');
  await wb.notification('Undo').getByRole('button', { name: 'Undo' }).click();
  await wb.settled('the problem is back', has('dead-path-entry'));
  await until(async () => await wb.text() === before, 'the document is as it was');
});
