// The documents that show what has no file: read, asked about, edited, saved.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { machine, open, played, serve, suite, until } from './lib.mjs';

const scenario = fileURLToPath(new URL('../../../testdata/scenarios/dead-path-entry/windows-moved-user.txtar', import.meta.url));

const test = suite(async () => {
  const m = machine('documents');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  const { program, play } = played(m);
  play(scenario);
  const server = await serve(m, { user: { 'goEnv.sidecarPath': program } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  await wb.settled('the machine is judged', p => p.some(({ rule }) => rule === 'dead-path-entry'));
  await wb.command('View: Hide Panel');
  return { m, server, wb };
});

const lines = async wb => (await wb.text()).split('\n');
const registry = wb => wb.show('Go Env: Show Registry Environment', 'Environment');
const environment = wb => wb.show('Go Env: Show Environment', 'environment');

test('the registry document says what it is, and has a lens for each problem', async ({ wb }) => {
  await registry(wb);
  const lens = wb.page.locator('.editor-group-container.active .codelens-decoration');
  await until(async () => (await lens.allTextContents()).some(text => text.includes('Fix…') && text.includes('Why?')), 'a lens stands there');
  await wb.shot('registry document');
  await wb.lens('Why?', wb.page.locator('.tab.active').filter({ hasText: 'Problem: ' }));
  await wb.page.locator('iframe.webview.ready').last().contentFrame().locator('iframe#active-frame').contentFrame().getByText('C:\\Go\\bin').first().waitFor();
  await wb.shot('explanation');
  await wb.command('View: Close Editor');
  await wb.lens('Fix…', wb.input.locator('.monaco-list-row').first());
  await wb.shot('choose a fix');
  await wb.key('Escape');
});

test('a hover says the effective value and who sets it, and F12 leads there', async ({ wb }) => {
  await environment(wb);
  await wb.line('GOPATH = ');
  await wb.key('Home', 'ArrowRight');
  assert.match(await wb.hover('hover'), /GOPATH/);
  await wb.line('4. C:\\Users\\gopher\\go\\bin');
  await wb.key('Home', ...Array(5).fill('ArrowRight'), 'F12');
  await wb.page.locator('.tab.active[data-resource-name="Environment"]').waitFor();
  await wb.page.locator('.statusbar-item').filter({ hasText: 'Ln 9, ' }).waitFor(); // the entry, not the value that it is in
});

test('saving one changed entry of PATH changes just that entry, and undo brings it back', async ({ wb }) => {
  await registry(wb);
  const before = await lines(wb);
  await wb.replace('C:\\Users\\gopher\\go\\bin', 'C:\\Users\\gopher\\gotools');
  await wb.key('Control+s');
  await wb.diff.waitFor();
  await wb.notification('Apply').waitFor();
  await wb.shot('registry save');
  await wb.key('Control+Enter');
  await wb.diff.waitFor({ state: 'detached' });
  await wb.notification('Undo').waitFor();
  await wb.shot('registry saved');
  await wb.page.locator('.tab.active:not(.dirty)[data-resource-name="Environment"]').waitFor();
  const after = await lines(wb);
  assert.equal(after.length, before.length);
  assert.deepEqual(after.filter((line, i) => line !== before[i]), ['    C:\\Users\\gopher\\gotools']);
  await environment(wb); // the machine itself
  await wb.page.locator('.view-line').filter({ hasText: 'gotools' }).first().waitFor();
  await wb.command('Go Env: Undo Last Fix');
  await registry(wb);
  await until(async () => (await lines(wb)).join('\n') === before.join('\n'), 'the document is as it was');
  await wb.command('Notifications: Clear All Notifications');
});

test('saving a syntax error changes nothing and says the line', async ({ wb }) => {
  await registry(wb);
  const before = await lines(wb);
  const line = before.findIndex(text => text.startsWith('"Path"')) + 1;
  await wb.replace('"Path"', '"Path=');
  await wb.key('Control+s');
  const said = wb.notification('Nothing was written');
  await said.waitFor();
  assert.match(await said.innerText(), new RegExp(`\\b[Ll]ine ${line}\\b`));
  await wb.shot('registry syntax error');
  await wb.command('Notifications: Clear All Notifications');
  await wb.command('File: Revert File');
  await until(async () => (await lines(wb)).join('\n') === before.join('\n'), 'the machine has what it had');
});

test('the environment document is not saved, with the reason', async ({ wb }) => {
  await environment(wb);
  await wb.line('Machine');
  await wb.page.keyboard.insertText('x');
  await wb.key('Control+s');
  await wb.notification('shows the machine').waitFor();
  await wb.shot('environment refused');
  await wb.command('Notifications: Clear All Notifications');
  await wb.command('File: Revert File');
});

test('the history lists the fixes, newest first', async ({ wb }) => {
  await wb.command('Go Env: Show History');
  const rows = wb.input.locator('.monaco-list-row');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 2);
  await wb.shot('history');
  await wb.key('Escape');
});
