// npm run demo [NAME]: opens a real VS Code, the workbench of the tests, on a broken machine that a file describes. Fixes change
// that machine in memory and nothing else. Ctrl+C ends it.
import path from 'node:path';
import { apt, has, packages, root } from './lib.mjs';

const demos = {
  windows: ['stale-goroot/windows-user', 'Windows: GOROOT in the registry names a Go that was uninstalled'],
  path: ['dead-path-entry/windows-moved-user', 'Windows: Path in the registry names the old place of a Go that has moved'],
  macos: ['stale-goroot/darwin-zshrc', 'macOS: ~/.zshrc exports a GOROOT of Intel Homebrew'],
  wsl: ['stale-goroot/wsl-profile', 'WSL: a guest whose ~/.profile has a GOROOT of Windows'],
  goenv: ['misencoded-goenv-file/windows-utf16', 'Windows: PowerShell wrote the go/env file as UTF-16'],
  linux: ['stale-goroot/linux-goenv-file', 'Linux: go env -w set a GOROOT that is gone'],
  shadow: ['shadowed-go/linux-gvm-hard-coded', 'Linux: ~/.profile puts an old Go of gvm first on PATH'],
  gomod: ['go-too-old-for-go-mod/darwin-a', 'macOS: go.mod asks for a newer Go than there is'],
};

const [name = 'windows', ...more] = process.argv.slice(2);
if (!(name in demos) || more.length) {
  console.error(`npm run demo [NAME], with NAME one of\n${Object.entries(demos).map(([name, [, title]]) => `  ${name.padEnd(8)} ${title}`).join('\n')}`);
  process.exit(2);
}
const [file, title] = demos[name];

if (!has('go')) throw new Error('needs Go');
packages();
const { install, paths } = await import('./workbench.mjs');
const reason = install(apt);
if (reason) throw new Error(reason);
const { packageExtension } = await import('./package.mjs');
Object.assign(process.env, paths(), { VSIX: packageExtension() });

const { machine, played, serve } = await import('../extension/test/workbench/lib.mjs');
const m = machine('demo');
m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
m.write('app/main.go', 'package main\n\nfunc main() {}\n');
const { program, play } = played(m);
play(path.join(root, 'testdata', 'scenarios', `${file}.txtar`));
const server = await serve(m, { user: { 'goEnv.sidecarPath': program, 'workbench.editor.useModal': undefined } });

console.log(`\n${title}\n${server.url()}\n\nOpen go.mod there, then Problems (Ctrl+Shift+M). Fixes change the machine of the file in memory, and nothing else.\nCtrl+C ends it. Others: ${Object.keys(demos).filter(other => other !== name).join(', ')}`);
const end = async () => {
  await server.stop();
  m.remove();
  process.exit(0);
};
process.once('SIGINT', end);
process.once('SIGTERM', end);
