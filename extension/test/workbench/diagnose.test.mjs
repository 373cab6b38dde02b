// A person's way through the product, on a machine with four real defects.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test as run } from 'node:test';
import { machine, open, serve, until } from './lib.mjs';

const realGo = path.dirname(fs.realpathSync(spawnSync('which', ['go'], { encoding: 'utf8' }).stdout.trim()));

// Severity, rule and place of each problem of this machine.
const expected = [
  'Error go-too-old-for-go-mod go.mod:3',
  'Error stale-goroot env:1',
  'Error stale-goroot go.mod:1',
  'Warning dead-path-entry .profile:3',
  'Warning shadowed-go .profile:2',
];

const typed = 'touch typed';

const gopls = 'err: exit status 2: stderr: go: cannot find GOROOT directory: /nonexistent-go\n';

let m, goenv, profile, server, wb;

before(async () => {
  m = machine('defects');
  // An old second Go that comes first on PATH …
  const old = path.join(m.dir, 'go1.20');
  m.write('go1.20/VERSION', 'go1.20.14');
  m.write('go1.20/bin/go', '#!/bin/sh\necho go version go1.20.14 linux/amd64\n', 0o755);
  m.write('go1.20/bin/gofmt', '#!/bin/sh\n', 0o755);
  for (const tool of ['asm', 'compile', 'link', 'vet']) m.write(`go1.20/pkg/tool/linux_amd64/${tool}`, '#!/bin/sh\n', 0o755);
  m.write('go1.20/src/fmt/print.go', 'package fmt\n');
  m.write('go1.20/src/runtime/proc.go', 'package runtime\n');
  // … and cannot read what go.mod asks for, a GOROOT that is no more, and a PATH entry of an SDK that is gone. The editor
  // takes its PATH from the profile: code-server asks a login shell.
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  m.write('app/main.go', 'package main\n\nfunc main() {}\n');
  goenv = m.write(path.join(m.home, '.config/go/env'), 'GOROOT=/nonexistent-go\n');
  profile = m.write(path.join(m.home, '.profile'), [
    '# made for the test',
    `export PATH="${old}/bin:${realGo}:$PATH"`,
    'export PATH="$PATH:$HOME/sdk/go1.18/bin"',
  ].join('\n') + '\n');
  // A malformed GOMEMLIMIT would end the sidecar before main.
  const keybindings = [{ key: 'ctrl+alt+m', command: 'goEnv.manual', args: { title: 'Do it', text: 'Type this.', command: typed } }];
  // A stand-in for gopls, which no registry of packages has: what gopls says word for word, when it is asked to.
  m.write('gopls/package.json', JSON.stringify({
    name: 'gopls', version: '1.0.0', publisher: 'test', engines: { vscode: '^1.100.0' }, main: './main.js', activationEvents: [],
    contributes: { commands: ['say', 'hush'].map(name => ({ command: `gopls.${name}`, title: `gopls: ${name}` })) },
  }));
  m.write('gopls/main.js', `
    const vscode = require('vscode');
    exports.activate = ({ subscriptions }) => {
      const said = vscode.languages.createDiagnosticCollection('gopls');
      subscriptions.push(said,
        vscode.commands.registerCommand('gopls.hush', () => said.clear()),
        vscode.commands.registerCommand('gopls.say', async () => {
          const [uri] = await vscode.workspace.findFiles('go.mod');
          const diagnostic = new vscode.Diagnostic(new vscode.Range(0, 0, 0, 22), ${JSON.stringify(gopls)}, vscode.DiagnosticSeverity.Error);
          diagnostic.source = 'go list';
          said.set(uri, [diagnostic]);
        }));
    };`);
  server = await serve(m, { extensions: [path.join(m.dir, 'gopls')], user: { 'editor.codeActionsOnSave': { 'source.fixAll': 'explicit' } }, keybindings, env: { GOMEMLIMIT: 'lots', PATH: '/usr/bin:/bin' } });
  wb = await open(server.url());
});

after(async () => {
  await wb?.close();
  await server?.stop();
  m?.remove();
});

afterEach(async () => {
  await wb?.key('Escape', 'Escape');
});

function test(name, body) {
  run(name, async () => {
    try {
      await body();
    } catch (err) {
      await wb.shot(`failed ${name}`);
      throw err;
    }
  });
}

const places = problems => problems.map(p => `${p.severity} ${p.rule} ${p.file}:${p.line}`).sort();
const has = rule => problems => problems.some(p => p.rule === rule);
const lacks = rule => problems => !has(rule)(problems);
const read = file => fs.readFileSync(file, 'utf8');

test('problems stand on the file and line that cause them, counted', async () => {
  await wb.open('go.mod');
  const problems = await wb.settled('the defects are listed', p => has('stale-goroot')(p) && has('dead-path-entry')(p) && has('go-too-old-for-go-mod')(p));
  assert.deepEqual(places(problems), expected);
  const badge = wb.page.locator('.panel .action-item:has([aria-label^="Problems"]) .badge-content').first();
  await until(async () => await badge.textContent() === String(expected.length), 'the badge counts them'); // it follows the list
  await wb.shot('problems');
});

test('Go Env: Diagnose opens the panel and says one line', async () => {
  await wb.command('View: Hide Panel');
  await wb.page.locator('.markers-panel').waitFor({ state: 'hidden' });
  await wb.command('Go Env: Diagnose');
  await wb.page.locator('.markers-panel').waitFor();
  const summary = wb.notification('2 errors, 2 warnings');
  await summary.waitFor();
  await wb.shot('diagnose');
  await wb.command('Notifications: Clear All Notifications');
});

test('a safe quick fix by keyboard repairs the file, and undo brings it back', async () => {
  const before = read(goenv);
  await wb.open(goenv, '1:8');
  await wb.quickFix('Remove GOROOT', () => !read(goenv).includes('GOROOT'), 'quick-fix');
  await wb.settled('the problem is gone', lacks('stale-goroot'));
  await wb.notification('Undo').waitFor();
  await until(async () => !(await wb.text()).includes('nonexistent'), 'the open editor shows the file as it is');
  await wb.shot('fixed');

  await wb.command('Go Env: Undo Last Fix');
  await until(() => read(goenv) === before, 'the file is as it was');
  await wb.settled('the problem is back', has('stale-goroot'));
  await wb.command('Notifications: Clear All Notifications');
});

test('an error of gopls has the fix of what causes it, and is not repeated', async () => {
  await wb.command('gopls: say');
  const own = p => p.source !== 'go list' && p.rule === 'stale-goroot' && p.file === 'go.mod';
  await wb.settled('gopls is heard, and nobody else says it', p => p.some(({ message }) => message.includes('cannot find GOROOT')) && !p.some(own));
  await wb.open('go.mod', '1:3');
  assert.match((await wb.menu('gopls'))[0], /^Remove GOROOT from ~\/\.config\/go\/env:1/);
  await wb.command('gopls: hush');
  await wb.settled('the symptom stands there again', p => p.some(own));
});

test('saving an unrelated file with source.fixAll changes nothing of the machine', async () => {
  const before = [goenv, profile].map(read);
  await wb.open('main.go', '3:1');
  await wb.page.keyboard.insertText('// saved\n');
  await wb.key('Control+s');
  await until(() => read(path.join(m.workspace, 'main.go')).includes('// saved'), 'the file is saved');
  await wb.page.locator('.tab.active:not(.dirty)[data-resource-name="main.go"]').waitFor();
  await wb.settled('the problem stands', has('stale-goroot'));
  assert.deepEqual([goenv, profile].map(read), before);
});

test('an edit outside of the editor changes the problems', async () => {
  const before = read(goenv);
  fs.writeFileSync(goenv, '');
  await wb.settled('the problem is gone', lacks('stale-goroot'));
  fs.writeFileSync(goenv, before);
  await wb.settled('the problem is back', has('stale-goroot'));
});

test('a fix to be asked for shows its diff first', async () => {
  const before = read(profile);
  const close = () => wb.command('View: Close Editor');
  for (const answer of [close, () => wb.key('Control+Enter')]) {
    await wb.open(profile, '3:20');
    await wb.quickFix('Remove', () => wb.diff.isVisible());
    await wb.notification('Apply').waitFor();
    assert.equal(read(profile), before);
    await wb.shot('diff');
    await answer();
    await wb.diff.waitFor({ state: 'detached' });
    await wb.notification('Apply').waitFor({ state: 'detached' });
  }
  await wb.settled('the problem is gone', lacks('dead-path-entry'));
  assert.ok(!read(profile).includes('go1.18'));
  await wb.command('Notifications: Clear All Notifications');
});

test('Go Env: Fix All Safe Problems shows the diff first', async () => {
  const before = read(goenv);
  await wb.command('Go Env: Fix All Safe Problems');
  await wb.diff.waitFor();
  await wb.notification('Apply').waitFor();
  await wb.shot('fix-all');
  await wb.notification('Apply').getByRole('button', { name: 'Cancel' }).click();
  await wb.diff.waitFor({ state: 'detached' });
  assert.equal(read(goenv), before);

  await wb.command('Go Env: Fix All Safe Problems');
  await wb.notification('Apply').getByText('Apply').click();
  await wb.settled('the problem is gone', lacks('stale-goroot'));
  assert.ok(!read(goenv).includes('GOROOT'));
  await wb.command('Notifications: Clear All Notifications');
});

test('what only the user can do is explained', async () => {
  await wb.open('go.mod', '3:1');
  await wb.quickFix('1.26.0 or newer', () => wb.dialog.isVisible(), 'manual-menu');
  await wb.dialog.getByText(/PATH/).first().waitFor();
  await wb.shot('manual');
  await wb.key('Escape');
});

test('a command is copied, or typed into a terminal and not run', async () => {
  // The key is bound by this test to the command that a manual fix names, with an argument of its own.
  await wb.key('Control+Alt+m');
  await wb.dialog.getByRole('button', { name: 'Copy' }).click();
  await until(async () => await wb.page.evaluate(() => navigator.clipboard.readText()) === typed, 'the command is in the clipboard');
  await wb.key('Control+Alt+m');
  await wb.dialog.getByRole('button', { name: 'Put in Terminal' }).click();
  const screen = wb.page.locator('.terminal-wrapper.active .xterm-rows');
  await until(async () => (await screen.textContent()).replaceAll('\u00a0', ' ').includes(typed), 'the command stands in the terminal');
  await wb.shot('terminal');
  assert.ok(!fs.existsSync(path.join(m.workspace, 'typed')));
});

test('a sidecar that dies is started again', async () => {
  const [pid] = sidecars();
  process.kill(pid, 'SIGKILL');
  await until(() => sidecars().some(p => p !== pid), 'another sidecar runs');
  await wb.settled('its problems are listed', has('go-too-old-for-go-mod'));
});

// sidecars are the processes of the extension's program.
function sidecars() {
  return fs.readdirSync('/proc').filter(pid => /^\d+$/.test(pid)).map(Number).filter(pid => {
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path.join(m.dir, 'extensions'))
        && fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--stdio');
    } catch {
      return false; // it ended meanwhile
    }
  });
}
