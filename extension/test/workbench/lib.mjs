// Drives the real VS Code workbench: a code-server with the packaged extension, in a Chromium.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const shots = fileURLToPath(new URL('../../../test-output/', import.meta.url));

const patience = 60_000; // ms: the machine may have much else to do

const settings = {
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.editor.useModal': 'off', // settings.json would open in a dialog that swallows shortcuts
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'files.simpleDialog.enable': true,
  'editor.accessibilitySupport': 'off',
  'terminal.integrated.gpuAcceleration': 'off', // else the text of a terminal is a picture
};

/** machine makes an empty home and workspace that are removed with it. */
export function machine(name) {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `go-env-doctor-${name}-`)));
  const m = {
    dir,
    home: path.join(dir, 'home', 'gopher'),
    workspace: path.join(dir, 'app'),
    /** write writes a file below the machine's folder and returns its path. */
    write(file, text, mode = 0o644) {
      const full = path.resolve(dir, file);
      fs.mkdirSync(path.dirname(full), { recursive: true });
      fs.writeFileSync(full, text, { mode });
      return full;
    },
    remove: () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
  fs.mkdirSync(m.home, { recursive: true });
  fs.mkdirSync(m.workspace, { recursive: true });
  return m;
}

/** serve starts the server of a machine with the packaged extension and the given environment, and nothing else. */
export async function serve(m, { env, user = {}, keybindings = [], args = ['--disable-workspace-trust'] }) {
  const data = path.join(m.dir, 'code');
  m.write(path.join(data, 'User', 'settings.json'), JSON.stringify({ ...settings, ...user }, null, 2));
  m.write(path.join(data, 'User', 'keybindings.json'), JSON.stringify(keybindings));
  const common = [process.env.WORKBENCH, '--config', '/dev/null', '--user-data-dir', data, '--extensions-dir', path.join(m.dir, 'extensions')];
  const options = { env: { LANG: 'C.UTF-8', USER: 'gopher', LOGNAME: 'gopher', SHELL: '/bin/bash', HOME: m.home, ...env }, cwd: m.home };

  const installed = spawnSync(process.env.WORKBENCH_NODE, [...common, '--install-extension', process.env.VSIX, '--force'], { ...options, encoding: 'utf8' });
  if (!installed.stdout?.includes('successfully installed')) throw new Error(`installing ${process.env.VSIX}: ${installed.stdout}${installed.stderr}`);

  const port = await freePort();
  const log = path.join(m.dir, 'server.log');
  const out = fs.openSync(log, 'w');
  const server = spawn(process.env.WORKBENCH_NODE, [...common, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry',
    '--disable-update-check', '--disable-getting-started-override', '--reconnection-grace-time', '5', ...args],
  { ...options, stdio: ['ignore', out, out], detached: true });
  fs.closeSync(out);
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`the server ended: ${fs.readFileSync(log, 'utf8')}`);
    return (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok;
  }, 'the server answers');
  return {
    url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(m.workspace)}`,
    /** log is what the extension wrote to its log. */
    log: () => fs.readdirSync(path.join(data, 'logs'), { recursive: true }).filter(f => f.endsWith('Go Env Doctor.log'))
      .map(f => fs.readFileSync(path.join(data, 'logs', f), 'utf8')).join(''),
    async stop() {
      if (server.exitCode !== null) return;
      const ended = new Promise(resolve => server.once('exit', resolve));
      server.kill(); // code-server ends the server below it
      await Promise.race([ended, sleep(8000)]);
      if (server.exitCode === null) process.kill(-server.pid, 'SIGKILL');
    },
  };
}

/** open opens the workbench in a browser of its own. */
export async function open(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, permissions: ['clipboard-read', 'clipboard-write'] });
  await context.route(u => u.hostname !== '127.0.0.1', route => route.abort());
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(url);
  await page.locator('.monaco-workbench').waitFor();
  return new Workbench(browser, page);
}

export class Workbench {
  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
  }

  async close() {
    await this.page.context().close();
    await this.browser.close();
  }

  key(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  /** shot keeps a picture in test-output/ for a person to look at. */
  async shot(name) {
    fs.mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: path.join(shots, `${name}.png`) });
  }

  get input() {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** command runs a command by its title in the palette. */
  async command(title) {
    await this.key('F1');
    await this.input.locator('input').first().waitFor();
    await this.page.keyboard.insertText(title);
    const row = this.input.locator('.monaco-list-row').filter({ has: this.page.getByText(title, { exact: true }) }).first();
    await row.waitFor();
    // The best match stands first; where the editor thinks another is better, it is not the one that Enter takes.
    if (/focused/.test(await row.getAttribute('class'))) await this.key('Enter');
    else await row.click();
  }

  /** open opens a file of the workspace, or by its absolute path, at line:column. */
  async open(file, at = '1:1') {
    await this.key('Control+p');
    await this.input.locator('input').first().waitFor();
    await this.page.keyboard.insertText(`${file}:${at}`);
    await this.input.locator('.monaco-list-row.focused').filter({ hasText: path.basename(file) }).waitFor();
    await this.key('Enter');
    await this.page.locator(`.tab.active[data-resource-name="${path.basename(file)}"]`).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
  }

  /**
   * quickFix opens the menu of fixes at the cursor, by keyboard, and takes the one with this title, until effect says that it was
   * made. The menu goes away by itself when the problems change under it, and Enter with it; a person would press again.
   */
  async quickFix(title, effect, shot) {
    const menu = this.page.locator('.action-widget:not(.action-list-submenu-panel)');
    const row = menu.locator('.monaco-list-row.action').filter({ hasText: title }).first();
    await until(async () => {
      if (await effect()) return true;
      await this.key('Control+.');
      if (!await row.waitFor({ timeout: 3000 }).then(() => true, () => false)) return false;
      if (shot) await this.shot(shot);
      for (let i = 0; i < 20 && !/focused/.test(await row.getAttribute('class', { timeout: 1000 }).catch(() => 'focused')); i++) await this.key('ArrowDown');
      await this.key('Enter');
      for (const end = Date.now() + 5000; Date.now() < end; await sleep(100)) if (await effect()) return true;
      await this.key('Escape');
      return false;
    }, `the quick fix ${title} is made`);
  }

  /** problems reads the Problems panel, row by row. */
  async problems() {
    const panel = this.page.locator('.markers-panel');
    if (!await panel.isVisible()) await this.command('Problems: Focus on Problems View');
    await panel.waitFor();
    // In one go, for the list moves under a reader who takes his time.
    return panel.locator('.monaco-list-row').evaluateAll(rows => {
      const found = [];
      let file;
      for (const row of rows) {
        if (row.getAttribute('aria-level') === '1') file = row.querySelector('.label-name').textContent;
        const problem = row.getAttribute('aria-level') === '2' && row.querySelector('.marker-line')?.closest('.monaco-list-row');
        if (!problem) continue;
        const [, severity, message, line] = /^(\w+): (.*) at line (\d+) and character/s.exec(row.getAttribute('aria-label')) ?? [];
        found.push({ file, line: Number(line), severity, rule: row.querySelector('.code-link, .marker-code')?.textContent, message });
      }
      return found;
    });
  }

  /** settled waits until the Problems panel is as told and returns what it then shows. */
  settled(what, holds) {
    let seen;
    return until(async () => holds(seen = await this.problems()) && seen, what).catch(err => {
      throw new Error(`${err.message}; Problems shows ${JSON.stringify(seen, null, 1)}`);
    });
  }

  /** text is what the active editor shows. */
  text() {
    return this.page.locator('.editor-group-container.active .view-lines').first().innerText();
  }

  get diff() {
    return this.page.locator('.editor-group-container .monaco-diff-editor').first();
  }

  get dialog() {
    return this.page.locator('.monaco-dialog-box');
  }

  notification(text) {
    return this.page.locator('.notification-toast').filter({ hasText: text }).first();
  }
}

export async function until(holds, what, ms = patience) {
  for (const end = Date.now() + ms; ;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(100);
  }
}

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

function freePort() {
  return new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
