// What the scripts share. Imports nothing from npm: `npm test` starts on a clone without node_modules.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

// targets are the platforms of the VSIX and the Go platform of the binary in each.
export const targets = {
  'win32-x64': ['windows', 'amd64'], 'win32-arm64': ['windows', 'arm64'],
  'linux-x64': ['linux', 'amd64'], 'linux-arm64': ['linux', 'arm64'],
  'alpine-x64': ['linux', 'amd64'], 'alpine-arm64': ['linux', 'arm64'],
  'darwin-x64': ['darwin', 'amd64'], 'darwin-arm64': ['darwin', 'arm64'],
};

export const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

// currentTarget is the VSIX target of this machine; musl is told from glibc as VS Code tells it.
export function currentTarget() {
  const os = process.platform === 'linux' && fs.existsSync('/etc/alpine-release') ? 'alpine' : process.platform;
  return `${os}-${process.arch}`;
}

// buildSidecar builds the binary for a target, reproducibly, and returns its path: folder/go-env-doctor[.exe].
export function buildSidecar(target = currentTarget(), folder = path.join(root, 'bin')) {
  const [GOOS, GOARCH] = targets[target] ?? fail(`no VSIX for ${target}`);
  const file = path.join(folder, 'go-env-doctor' + (GOOS === 'windows' ? '.exe' : ''));
  if (GOOS === 'windows') resources(GOARCH);
  run('go', ['build', '-trimpath', '-buildvcs=false', `-ldflags=-s -w -X main.Version=${manifest.version}`, '-o', file, './sidecar'],
    { env: { ...process.env, GOOS, GOARCH, CGO_ENABLED: '0', GOFLAGS: '' } });
  return file;
}

// WINRES makes the object file with the resources of a Windows program. Windows and virus scanners show what they say.
const WINRES = 'github.com/tc-hib/go-winres@v0.3.3';

// resources makes the version resource and the manifest. The linker takes them from beside the sidecar's sources; its overlays know no such files.
function resources(GOARCH) {
  const dir = path.join(root, '.cache', 'winres', GOARCH);
  fs.mkdirSync(dir, { recursive: true });
  const version = `${manifest.version}.0`;
  const texts = JSON.parse(fs.readFileSync(path.join(root, 'package.nls.json'), 'utf8'));
  const source = path.join(dir, 'winres.json');
  fs.writeFileSync(source, JSON.stringify({
    RT_MANIFEST: { '#1': { '0409': path.relative(dir, path.join(root, 'scripts', 'windows.manifest')) } },
    RT_VERSION: { '#1': { '0000': {
      fixed: { file_version: version, product_version: version },
      info: { '0409': {
        FileDescription: texts.displayName, ProductName: texts.displayName, Comments: texts.description, InternalName: manifest.name,
        OriginalFilename: `${manifest.name}.exe`, FileVersion: manifest.version, ProductVersion: manifest.version,
      } },
    } } },
  }));
  const env = { ...process.env, GOFLAGS: '' };
  delete env.GOOS;
  delete env.GOARCH;
  run('go', ['run', WINRES, 'make', '--in', source, '--arch', GOARCH, '--out', path.join(root, 'sidecar', 'rsrc')], { env });
}

// run runs a command in the repository with its output shown, and throws when it fails.
export function run(command, args, options) {
  const r = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (r.error) throw r.error;
  if (r.status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${r.status ?? r.signal}`);
}

// packages installs what package-lock.json names, once for each state of it.
export function packages() {
  const stamp = path.join(root, 'node_modules', '.installed');
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === lock) return;
  run('npm', ['ci', '--loglevel=error']);
  fs.writeFileSync(stamp, lock);
}

// apt installs Debian packages and tells whether it could.
export function apt(...names) {
  if (process.getuid?.() !== 0 || !has('apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return true;
}

export function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function fail(message) { throw new Error(message); }
