// Drives the real VS Code workbench: a code-server with the packaged extension, in a Chromium.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const shots = fileURLToPath(new URL('../../../test-output/', import.meta.url));

const patience = 60_000; // ms: the machine may have much else to do

const vsce = fileURLToPath(new URL('../../../node_modules/@vscode/vsce/vsce', import.meta.url));

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
  'files.autoSave': 'off', // as on the desktop
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
    /** read is the text of a file below the machine's folder. */
    read: file => fs.readFileSync(path.resolve(dir, file), 'utf8'),
    remove: () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 }),
  };
  fs.mkdirSync(m.home, { recursive: true });
  fs.mkdirSync(m.workspace, { recursive: true });
  return m;
}

/**
 * played has the extension of a machine start a sidecar that serves a machine from a file. It returns the path for the setting
 * goEnv.sidecarPath, and play, which names the file; a sidecar that runs has to be restarted then.
 */
export function played(m) {
  const named = path.join(m.dir, 'scenario');
  return {
    program: m.write('played', `#!/bin/sh\nexec '${m.dir}'/extensions/go-env-doctor.*/bin/go-env-doctor "$@" --scenario "$(cat '${named}')"\n`, 0o755),
    play: file => m.write(named, file),
  };
}

/** sidecars are the ids of the processes of the extension's program. */
export function sidecars(m) {
  return fs.readdirSync('/proc').filter(pid => /^\d+$/.test(pid)).map(Number).filter(pid => {
    try {
      const argv = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return argv.includes(m.dir) && argv.includes('--stdio');
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/**
 * serve starts the server of a machine with the packaged extension and the given environment, and nothing else. Folders of other
 * extensions may be named. A locale is that of the editor; the editor's own texts stay English, for they are in no package.
 */
export async function serve(m, { env, user = {}, keybindings = [], extensions = [], locale, port, args = ['--disable-workspace-trust'] } = {}) {
  const data = path.join(m.dir, 'code');
  let chosen = { ...settings, ...user };
  const configure = () => {
    // Settings of a machine are read from the user's at times, and from the machine's always.
    const [own, others] = [true, false].map(own => Object.fromEntries(Object.entries(chosen).filter(([name]) => name.startsWith('goEnv.') === own)));
    m.write(path.join(data, 'Machine', 'settings.json'), JSON.stringify(own, null, 2));
    m.write(path.join(data, 'User', 'settings.json'), JSON.stringify(others, null, 2));
  };
  configure();
  m.write(path.join(data, 'User', 'keybindings.json'), JSON.stringify(keybindings));
  const common = [process.env.WORKBENCH, '--config', '/dev/null', '--user-data-dir', data, '--extensions-dir', path.join(m.dir, 'extensions')];
  const options = { env: { LANG: 'C.UTF-8', USER: 'gopher', LOGNAME: 'gopher', SHELL: '/bin/bash', HOME: m.home, ...env }, cwd: m.home };

  if (locale) extensions = [...extensions, languagePack(m, data, locale)];
  const packages = [process.env.VSIX, ...extensions.map((folder, i) => {
    const file = path.join(m.dir, `extension-${i}.vsix`);
    const r = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', '--skip-license', '--allow-missing-repository', '--out', file], { cwd: folder, encoding: 'utf8' });
    if (r.status !== 0) throw new Error(`packing ${folder}: ${r.stdout}${r.stderr}`);
    return file;
  })];
  const installed = spawnSync(process.env.WORKBENCH_NODE, [...common, ...packages.flatMap(file => ['--install-extension', file]), '--force'], { ...options, encoding: 'utf8' });
  if (installed.stdout?.match(/successfully installed/g)?.length !== packages.length) throw new Error(`installing ${packages}: ${installed.stdout}${installed.stderr}`);

  port ??= await freePort();
  const log = path.join(m.dir, 'server.log');
  const out = fs.openSync(log, 'w');
  const server = spawn(process.env.WORKBENCH_NODE, [...common, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry',
    '--disable-update-check', '--disable-getting-started-override', '--reconnection-grace-time', '5', ...locale ? ['--locale', locale] : [], ...args],
  { ...options, stdio: ['ignore', out, out], detached: true });
  fs.closeSync(out);
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`the server ended: ${fs.readFileSync(log, 'utf8')}`);
    return (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok;
  }, 'the server answers');
  return {
    /** url opens a folder, the machine's workspace by default. */
    url: (folder = m.workspace) => `http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`,
    /** set changes settings of the user; undefined takes one away. A window has them from the next visit on. */
    set(change) {
      chosen = { ...chosen, ...change };
      configure();
    },
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

// languagePack makes the editor report a language. It is an extension without a single text, and a list that the editor keeps of those.
function languagePack(m, data, languageId) {
  const name = `language-pack-${languageId}`, version = '1.0.0';
  const localization = { languageId, languageName: languageId, localizedLanguageName: languageId, translations: [{ id: 'vscode', path: './texts.json' }] };
  m.write(path.join(name, 'package.json'), JSON.stringify({
    name, version, publisher: 'test', engines: { vscode: '^1.100.0' }, categories: ['Language Packs'], contributes: { localizations: [localization] },
  }));
  const texts = m.write(path.join(name, 'texts.json'), JSON.stringify({ version, contents: {} }));
  const extensions = [{ extensionIdentifier: { id: `test.${name}` }, version }];
  m.write(path.join(data, 'languagepacks.json'), JSON.stringify({ [languageId]: { hash: name, label: languageId, extensions, translations: { vscode: texts } } }));
  return path.join(m.dir, name);
}

/** suite registers the tests of a file: begin gives the workbench that they share, and a test that fails leaves a picture and the log. */
export function suite(begin) {
  let m, server, wb;
  before(async () => {
    ({ m, server, wb } = await begin());
  });
  after(async () => {
    await wb?.close();
    await server?.stop();
    m?.remove();
  });
  return (name, body) => test(name, async () => {
    await wb.key('Escape', 'Escape');
    try {
      await body({ m, server, wb });
    } catch (err) {
      await wb.shot(`failed ${name}`);
      fs.writeFileSync(path.join(shots, `failed ${name}.log`), server.log());
      throw err;
    }
  });
}

/** open opens the workbench in a browser of its own. */
export async function open(url, size = { width: 1400, height: 900 }) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const context = await browser.newContext({ viewport: size, permissions: ['clipboard-read', 'clipboard-write'] });
  await context.route(u => u.hostname !== '127.0.0.1', route => route.abort());
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const wb = new Workbench(browser, page);
  await wb.visit(url);
  return wb;
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

  /** visit opens another window in this one's place. */
  async visit(url) {
    await this.page.goto(url);
    await this.page.locator('.monaco-workbench').waitFor();
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
    const row = this.input.locator('.monaco-list-row').filter({ has: this.page.getByText(title, { exact: true }) }).first();
    // The palette goes away when something else takes the focus; a person would press again.
    await until(async () => {
      await this.key('F1');
      if (!await this.input.locator('input').first().waitFor({ timeout: 5000 }).then(() => true, () => false)) return false;
      await this.page.keyboard.insertText(title);
      const taken = await row.waitFor({ timeout: 10_000 }).then(async () => {
        // The best match stands first; where the editor thinks another is better, it is not the one that Enter takes.
        if (/focused/.test(await row.getAttribute('class', { timeout: 2000 }))) await this.key('Enter');
        else await row.click({ timeout: 5000 });
        return true;
      }).catch(() => false);
      if (!taken) await this.key('Escape');
      return taken;
    }, `the palette lists ${title}`);
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
    const at = await this.position();
    await until(async () => {
      if (await effect()) return true;
      // A key that came after the menu was gone moved the cursor.
      if (at !== await this.position() && !await this.go(at)) return false;
      await this.key('Control+.');
      if (!await row.waitFor({ timeout: 3000 }).then(() => true, () => false)) {
        await this.key('Escape');
        return false;
      }
      if (shot) await this.shot(shot);
      for (let i = 0; i < 20 && !/focused/.test(await row.getAttribute('class', { timeout: 1000 }).catch(() => 'focused')); i++) await this.key('ArrowDown');
      if (!await row.isVisible()) return false;
      await this.key('Enter');
      for (const end = Date.now() + 5000; Date.now() < end; await sleep(100)) if (await effect()) return true;
      await this.key('Escape');
      return false;
    }, `the quick fix ${title} is made`);
  }

  /** position is where the status bar says that the cursor is: Ln 7, Col 5. */
  async position() {
    return /Ln \d+, Col \d+/.exec(await this.page.locator('.statusbar').innerText())?.[0];
  }

  /** go puts the cursor where it was, and tells whether it is there. */
  async go(position) {
    await this.key('Control+g');
    if (!await this.input.locator('input').first().waitFor({ timeout: 3000 }).then(() => true, () => false)) return false;
    await this.page.keyboard.insertText(position.match(/\d+/g).join(':'));
    await this.key('Enter');
    return until(async () => await this.position() === position, 'the cursor is there', 2000).catch(() => false);
  }

  /**
   * best makes the fix that is preferred at the cursor, as a person does: Ctrl+. and Enter. It returns the title of the fix and how
   * many keys it took; where the menu went away under the key, the keys of the next attempt.
   */
  async best(effect, shot) {
    const row = this.page.locator('.action-widget:not(.action-list-submenu-panel) .monaco-list-row.action.focused').first();
    let taken;
    return until(async () => {
      if (taken && await effect()) return { title: taken, keys: 2 };
      const title = (await this.page.locator('.lightBulbWidget, .codicon-gutter-lightbulb, [class*="codicon-gutter-lightbulb"]').first().waitFor({ timeout: 5000 })
        .then(async () => {
          await this.key('Control+.');
          await row.waitFor({ timeout: 3000 });
          if (shot) await this.shot(shot);
          return row.textContent({ timeout: 1000 });
        }).catch(() => undefined))?.trim();
      if (!title) {
        await this.key('Escape');
        return false;
      }
      await this.key('Enter');
      taken = title;
      for (const end = Date.now() + 5000; Date.now() < end; await sleep(100)) if (await effect()) return { title, keys: 2 };
      await this.key('Escape');
      return false;
    }, 'the preferred fix is made by two keys');
  }

  /** menu reads what the light bulb offers at the cursor. */
  async menu(shot) {
    const rows = this.page.locator('.action-widget:not(.action-list-submenu-panel) .monaco-list-row.action');
    return until(async () => {
      await this.key('Control+.');
      const shown = await rows.first().waitFor({ timeout: 3000 }).then(() => rows.allTextContents(), () => []);
      if (shown.length && shot) await this.shot(shot);
      await this.key('Escape');
      return shown.length && shown.map(text => text.trim());
    }, 'the light bulb offers something');
  }

  /** visitProblem opens the document of a problem, with the cursor on it, from the Problems panel. */
  async visitProblem(rule, file) {
    return until(async () => {
      const found = (await this.problems()).find(p => p.rule === rule && (!file || p.file === file));
      if (!found) return false;
      // The list may have moved meanwhile: what is open then tells.
      if (!await this.page.locator('.markers-panel .monaco-list-row').nth(found.row).dblclick({ timeout: 5000 }).then(() => true, () => false)) return false;
      const opened = await this.page.locator(`.tab.active[data-resource-name="${found.file}"]`).waitFor({ timeout: 5000 }).then(() => true, () => false);
      await this.page.locator('.statusbar-item').filter({ hasText: `Ln ${found.line}, ` }).waitFor({ timeout: 5000 }).catch(() => {});
      return opened && (await this.position())?.startsWith(`Ln ${found.line},`)
        && await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor({ timeout: 5000 }).then(() => found, () => false);
    }, `${rule} is listed and opens its document`);
  }

  /** show runs a command that opens a document, until that is the active one, from its top. */
  async show(title, file) {
    const opened = this.page.locator(`.tab.active[data-resource-name="${file}"]`);
    await until(async () => {
      await this.command(title);
      return opened.waitFor({ timeout: 5000 }).then(() => true, () => false);
    }, `${title} opens ${file}`);
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').waitFor();
    await this.key('Control+Home'); // only what is in sight is in the page
  }

  /** line puts the cursor before the last character of the nth line of the active editor that holds a text, and waits for such a line. */
  async line(text, nth = 1) {
    const editor = this.page.locator('.editor-group-container.active .monaco-editor').first();
    await until(async () => {
      const at = await editor.evaluate((editor, [text, nth]) => {
        const top = line => parseFloat(line.style.top);
        const holding = [...editor.querySelectorAll('.view-line')].filter(line => line.textContent.replaceAll('\u00a0', ' ').includes(text)).sort((a, b) => top(a) - top(b));
        const line = holding[nth - 1];
        const number = line && [...editor.querySelectorAll('.margin-view-overlays > div')].find(margin => top(margin) === top(line))?.querySelector('.line-numbers');
        return number && `Ln ${number.textContent}, Col 1`;
      }, [text, nth]);
      return at && this.go(at);
    }, `the editor shows ${text}`);
    await this.key('End', 'ArrowLeft');
  }

  /** notifications are the texts of all notifications that stand, and of those that went out of sight by themselves. */
  async notifications() {
    const center = this.page.locator('.notifications-center');
    // A command before this one may take the focus from the palette, and with it the key.
    await until(async () => {
      if (await center.isVisible()) return true;
      await this.command('Notifications: Show Notifications');
      return center.waitFor({ timeout: 3000 }).then(() => true, () => false);
    }, 'the notifications are shown');
    return (await center.locator('.notification-list-item-message').allTextContents()).map(text => text.trim());
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
      for (const [index, row] of rows.entries()) {
        if (row.getAttribute('aria-level') === '1') file = row.querySelector('.label-name').textContent;
        const problem = row.getAttribute('aria-level') === '2' && row.querySelector('.marker-line')?.closest('.monaco-list-row');
        if (!problem) continue;
        const [, severity, message, line] = /^(\w+): (.*) at line (\d+) and character/s.exec(row.getAttribute('aria-label')) ?? [];
        found.push({ file, line: Number(line), severity, rule: row.querySelector('.code-link, .marker-code')?.textContent, message, row: index });
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

  /** text is what the active editor shows, with blanks for the blanks of another kind that it draws. */
  text() {
    // The lines stand in the page in the order in which they were drawn.
    return this.page.locator('.editor-group-container.active .view-lines').first().locator('.view-line').evaluateAll(lines =>
      lines.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top)).map(line => line.textContent.replaceAll('\u00a0', ' ')).join('\n'));
  }

  get diff() {
    return this.page.locator('.editor-group-container .monaco-diff-editor').first();
  }

  /** hover is what the editor says of the text at the cursor. */
  async hover(shot) {
    const shown = this.page.locator('.editor-group-container.active .monaco-hover:visible, .monaco-resizable-hover:visible, .monaco-hover:visible').first();
    return until(async () => {
      await this.command('Show or Focus Hover');
      if (!await shown.waitFor({ timeout: 5000 }).then(() => true, () => false)) return false;
      const text = await shown.innerText();
      if (shot) await this.shot(shot);
      await this.key('Escape', 'Escape');
      return text;
    }, 'the editor says something of the text at the cursor');
  }

  /** lens presses a lens until the effect is seen: lenses are drawn anew under the mouse. */
  async lens(title, effect) {
    const lens = this.page.locator('.editor-group-container.active .codelens-decoration').getByText(title, { exact: true }).first();
    await until(async () => {
      if (await effect.isVisible()) return true;
      await lens.click({ timeout: 5000 }).catch(() => {});
      return effect.waitFor({ timeout: 5000 }).then(() => true, () => false);
    }, `the lens ${title} works`);
  }

  /** replace types a text over the line that holds another. */
  async replace(text, line) {
    await this.line(text);
    await this.key('Home', 'Shift+End');
    await this.page.keyboard.insertText(line);
  }

  get status() {
    return this.page.locator('.statusbar-item').filter({ hasText: 'Go environment' }).first();
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
