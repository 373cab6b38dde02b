// A real machine whose Go lies where nobody looks: found by hand, and told to everyone who has to know.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { machine, open, serve, suite, until } from './lib.mjs';

const goroot = path.dirname(path.dirname(fs.realpathSync(spawnSync('which', ['go'], { encoding: 'utf8' }).stdout.trim())));

const test = suite(async () => {
  const m = machine('machine');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  m.write('home/gopher/.profile', '# made for the test\n');
  m.write('home/gopher/.config/go/env', '');
  fs.mkdirSync(path.join(m.dir, 'strange'));
  fs.symlinkSync(goroot, path.join(m.dir, 'strange', 'go'));
  // A stand-in for the Go extension: it has the command, and writes down with which PATH it would start gopls.
  const restart = 'go.languageserver.restart';
  m.write('golang/package.json', JSON.stringify({
    name: 'go', version: '1.0.0', publisher: 'golang', engines: { vscode: '^1.100.0' }, main: './main.js', activationEvents: ['onLanguage:go.mod'],
    contributes: { commands: [{ command: restart, title: 'Go: Restart Language Server' }] },
  }));
  m.write('golang/main.js', `
    const vscode = require('vscode'), fs = require('fs');
    exports.activate = ({ subscriptions }) => subscriptions.push(vscode.commands.registerCommand(${JSON.stringify(restart)},
      () => fs.appendFileSync(${JSON.stringify(path.join(m.dir, 'restarts'))}, process.env.PATH + '\\n')));`);
  // What the editor draws beside the prompt, and lists while one types, would be taken for the shell's.
  const user = { 'terminal.integrated.initialHint': false, 'terminal.integrated.suggest.enabled': false };
  const server = await serve(m, { extensions: [path.join(m.dir, 'golang')], user, env: { PATH: '/usr/bin:/bin' } });
  const wb = await open(server.url());
  await wb.open('go.mod');
  return { m, server, wb };
});

const bin = m => path.join(m.dir, 'strange', 'go', 'bin');
const profile = m => m.read('home/gopher/.profile');
const restarts = m => fs.existsSync(path.join(m.dir, 'restarts')) ? m.read('restarts').trim().split('\n') : [];
const consent = m => JSON.parse(m.read('code/Machine/settings.json'))['goEnv.usePersistentPath'];
const has = rule => problems => problems.some(p => p.rule === rule);
const lacks = rule => problems => !has(rule)(problems);

// locate points at the go command, by keyboard, and applies what the diff shows.
async function locate({ m, wb }, shot) {
  await wb.command('Go Env: Locate Go…');
  const file = path.join(bin(m), 'go');
  await until(async () => {
    await wb.input.locator('input').first().fill(file);
    await wb.key('Enter');
    return wb.diff.waitFor({ timeout: 5000 }).then(() => true, () => false);
  }, 'the dialog takes the file, and the diff is shown');
  await wb.notification('Apply').waitFor();
  if (shot) await wb.shot(`${shot} diff`);
  await wb.key('Control+Enter');
  await wb.diff.waitFor({ state: 'detached' });
  await wb.notification('Undo').waitFor();
  if (shot) await wb.shot(`${shot} receipt`);
}

// back takes the last fix back.
async function back({ m, wb }, before) {
  await wb.command('Go Env: Undo Last Fix');
  await until(() => profile(m) === before, 'the profile is as it was');
  await wb.command('Notifications: Clear All Notifications');
}

test('a go command that nobody finds is located: diff, apply, problem gone, undo', async ({ m, wb }) => {
  await wb.settled('no Go is found', has('go-not-on-path'));
  const before = profile(m);
  await locate({ m, wb }, 'locate');
  assert.ok(profile(m).includes(bin(m)), profile(m));
  await wb.settled('the problem is gone', lacks('go-not-on-path'));
  await back({ m, wb }, before);
  await wb.settled('the problem is back', has('go-not-on-path'));
});

test('the receipt of a fix restarts gopls', async ({ m, wb }) => {
  m.write('home/gopher/.config/go/env', 'GOROOT=/nonexistent-go\n');
  await wb.settled('a GOROOT is wrong', has('stale-goroot'));
  await wb.visitProblem('stale-goroot', 'env');
  await wb.quickFix('Remove GOROOT', () => m.read('home/gopher/.config/go/env') === '');
  const before = restarts(m).length;
  await wb.notification('Restart gopls').waitFor();
  await wb.shot('restart gopls');
  await wb.notification('Restart gopls').getByRole('button', { name: 'Restart gopls' }).click();
  await until(() => restarts(m).length === before + 1, 'gopls is started again, once');
  await wb.command('Notifications: Clear All Notifications');
});

test('PATH: a no is kept', async ({ m, wb }) => {
  const before = profile(m);
  await locate({ m, wb });
  await wb.notification('Undo').getByRole('button', { name: 'Use New PATH Here' }).click();
  await wb.dialog.getByText(bin(m)).waitFor();
  await wb.shot('PATH consent');
  await wb.dialog.getByRole('button', { name: 'Never' }).click();
  await until(() => consent(m) === false, 'the no is kept');
  await back({ m, wb }, before);
  await locate({ m, wb });
  assert.equal(await wb.notification('Undo').getByRole('button', { name: 'Use New PATH Here' }).count(), 0);
  await back({ m, wb }, before);
});

test('PATH: after a yes, gopls and new terminals have it', async ({ m, server, wb }) => {
  server.set({}); // nobody was asked yet
  await until(() => consent(m) === undefined, 'the setting is as at first');
  await wb.visit(server.url());
  await wb.open('go.mod');
  await wb.settled('no Go is found', has('go-not-on-path'));
  const before = restarts(m).length;
  await locate({ m, wb });
  await wb.notification('Undo').getByRole('button', { name: 'Use New PATH Here' }).click();
  await wb.dialog.getByRole('button', { name: 'Use Them' }).click();
  await until(() => consent(m) === true, 'the yes is kept');
  await until(() => restarts(m).length === before + 1, 'gopls is started again, once');
  assert.equal(restarts(m).at(-1).split(':')[0], bin(m));
  await terminal(wb);
  await type(wb, 'command -v go');
  await until(async () => (await screen(wb)).includes(path.join(bin(m), 'go')), 'a new terminal finds it');
  await wb.shot('PATH in a terminal');
});

test('a go command that fails in a terminal has the machine looked at again', async ({ m, wb }) => {
  const dead = path.join(m.home, 'sdk/go1.18/bin');
  fs.mkdirSync(dead, { recursive: true });
  fs.appendFileSync(path.join(m.home, '.profile'), 'export PATH="$PATH:$HOME/sdk/go1.18/bin"\n');
  await wb.settled('the machine is fine', p => lacks('dead-path-entry')(p) && lacks('go-not-on-path')(p));
  await terminal(wb);
  await type(wb, 'true');
  fs.rmdirSync(dead); // nobody watches folders
  await wb.settled('nobody has seen it', lacks('dead-path-entry'));
  await wb.command('Terminal: Focus Terminal');
  await type(wb, 'go frobnicate');
  await wb.settled('the folder is missed', has('dead-path-entry'));
  await wb.shot('a failing go command');
});

test('Explain Error… explains what is selected in a terminal', async ({ wb }) => {
  await terminal(wb);
  await type(wb, "clear; printf 'go: cannot find GOROOT directory: /nonexistent-go\\n'");
  await until(async () => /^go: cannot find GOROOT directory: \/nonexistent-go$/m.test(await screen(wb)), 'the error stands there');
  await wb.command('Terminal: Select All');
  const rows = wb.page.locator('.terminal-wrapper.active .xterm-screen');
  await rows.click({ button: 'right', position: { x: 40, y: 8 } });
  const item = wb.page.locator('.monaco-menu .action-item').filter({ hasText: 'Explain Error…' }).first();
  await item.waitFor();
  await wb.shot('terminal menu');
  await item.click();
  const page = wb.page.locator('iframe.webview.ready').last().contentFrame().locator('iframe#active-frame').contentFrame();
  await page.getByText('stale-goroot').first().waitFor();
  await wb.shot('terminal explanation');
});

// terminal opens a new terminal whose shell has told the editor that it is ready.
async function terminal(wb) {
  await wb.command('Terminal: Kill All Terminals');
  await wb.command('Terminal: Create New Terminal');
  await wb.page.locator('.terminal-wrapper.active .xterm-helper-textarea').waitFor({ state: 'attached' });
  await until(async () => /[#$]\s*$/.test(await screen(wb)), 'the shell has a prompt');
}

async function type(wb, line) {
  await wb.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
  await wb.page.keyboard.type(line);
  await wb.key('Enter');
}

async function screen(wb) {
  return (await wb.page.locator('.terminal-wrapper.active .xterm-rows').innerText()).replaceAll('\u00a0', ' ');
}
