// A Windows machine whose registry has what people's have: each defect at its line, repaired and taken back.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { machine, open, played, serve, sidecars, suite, until } from './lib.mjs';

const scenario = name => fileURLToPath(new URL(`../../../testdata/scenarios/${name}.txtar`, import.meta.url));
const broken = scenario('unexpanding-registry-value/windows-four-defects');

let play;

const test = suite(async () => {
  const m = machine('windows');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.27.0\n');
  const { program, play: name } = played(m);
  play = name;
  play(broken);
  const server = await serve(m, { user: { 'goEnv.sidecarPath': program } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  return { m, server, wb };
});

const has = rule => problems => problems.some(p => p.rule === rule);
const lacks = rule => problems => !has(rule)(problems);
// values are the document without its order: a value that comes back stands last in its key.
const values = async wb => (await wb.text()).split('\n').sort().join('\n');
const path = async wb => (await wb.text()).split('\n').filter(line => /^ {4}\S/.test(line)).map(line => line.trim());

test('the defects stand at their lines', async ({ wb }) => {
  const problems = await wb.settled('all are listed', p => has('unresolvable-registry-reference')(p) && has('unexpanding-registry-value')(p) && p.length === 4);
  assert.deepEqual(problems.map(p => `${p.severity} ${p.rule} ${p.file}:${p.line}`).sort(), [
    'Error stale-goroot Environment:7',
    'Error stale-goroot go.mod:1',
    'Error unexpanding-registry-value Environment:9',
    'Error unresolvable-registry-reference Environment:10',
  ]);
  await wb.show('Go Env: Show Registry Environment', 'Environment');
  await wb.line('%USERPROFILE%\\go\\bin');
  await wb.shot('windows defects');
  await wb.visitProblem('unresolvable-registry-reference');
  await wb.shot('windows machine key');
});

test('what only an administrator may change comes with the command for that', async ({ wb }) => {
  await wb.visitProblem('unresolvable-registry-reference');
  const offered = await wb.menu('windows manual menu');
  assert.match(offered[0], /^Remove %GOROOT%\\bin from the machine's Path/);
  await wb.quickFix("Remove %GOROOT%\\bin from the machine's Path", () => wb.dialog.or(wb.notification('machine')).first().isVisible());
  await wb.shot('windows manual');
  await wb.key('Escape');
});

test('a value of the wrong type, an entry twice and a stale GOROOT are repaired, and undo brings each back', async ({ wb }) => {
  await wb.command('Notifications: Clear All Notifications');
  await wb.show('Go Env: Show Registry Environment', 'Environment');
  await wb.line('%USERPROFILE%\\go\\bin'); // the problem is all lines of the value
  const before = await values(wb);
  assert.ok((await wb.best(async () => lacks('unexpanding-registry-value')(await wb.problems()))).title.startsWith('Give Path'));
  await until(async () => /"Path"=expand:/.test(await wb.text()), 'the document shows the new type');
  await wb.notification('Undo').waitFor();
  await wb.shot('windows retyped');
  await wb.command('Notifications: Clear All Notifications');
  await wb.command('Go Env: Diagnose'); // a hint stays quiet until asked for
  await wb.page.locator('.notification-toast').first().waitFor();
  await wb.show('Go Env: Show Registry Environment', 'Environment');
  await wb.line('c:\\tools\\');
  const made = await wb.best(async () => (await path(wb)).filter(entry => /tools/i.test(entry)).length === 1, 'windows twice');
  assert.match(made.title, /^Keep only the first/);
  await wb.visitProblem('stale-goroot', 'Environment');
  await wb.best(async () => lacks('stale-goroot')(await wb.problems()));
  await wb.shot('windows repaired');
  for (const n of [1, 2, 3]) {
    await wb.command('Notifications: Clear All Notifications');
    await wb.command('Go Env: Undo Last Fix');
    await wb.notification('Undone').waitFor();
    if (n === 1) await wb.settled('GOROOT is back', has('stale-goroot'));
  }
  await wb.settled('all are back', p => has('unexpanding-registry-value')(p) && has('stale-goroot')(p));
  await wb.show('Go Env: Show Registry Environment', 'Environment');
  await until(async () => await values(wb) === before, 'the document is as it was');
});

test('an administrator sees the diff of the machine key, applies it, and takes it back', async ({ m, wb }) => {
  await wb.command('View: Close All Editors');
  await wb.command('Notifications: Clear All Notifications');
  const old = sidecars(m);
  play(scenario('unresolvable-registry-reference/windows-a-admin'));
  await wb.command('Go Env: Restart Sidecar');
  await until(() => sidecars(m).some(pid => !old.includes(pid)), 'another sidecar runs');
  await wb.settled('another machine is judged', p => has('unresolvable-registry-reference')(p) && lacks('unexpanding-registry-value')(p));
  await wb.visitProblem('unresolvable-registry-reference', 'Environment');
  const before = await wb.text();
  const [title] = await wb.menu();
  await wb.quickFix(title, () => wb.diff.isVisible());
  await wb.notification('Apply').waitFor();
  await wb.shot('windows machine diff');
  await wb.key('Control+Enter');
  await wb.diff.waitFor({ state: 'detached' });
  await wb.settled('the problem is gone', lacks('unresolvable-registry-reference'));
  await wb.shot('windows machine receipt');
  await wb.notification('Undo').getByRole('button', { name: 'Undo' }).click();
  await wb.settled('the problem is back', has('unresolvable-registry-reference'));
  await until(async () => await wb.text() === before, 'the document is as it was');
});
