// Sets up Wine 10 under .cache/wine, in which Go tests run as Windows programs without a display. Debian 12 has Wine 8, which starts no
// program of Go 1.22 or later: the packages are taken from the next release of the archive that this machine uses, unpacked beside the
// system and run with their own C library. Needs Debian and, for patchelf, root. About half a minute when the cache is empty.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './lib.mjs';

const RELEASE = 'trixie'; // Debian 13: Wine 10.0
const PACKAGES = ['libwine', 'wine64', 'libz-mingw-w64', 'libc6', 'libunwind8', 'liblzma5', 'libgcc-s1'];
const dir = path.join(root, '.cache', 'wine');
const tree = path.join(dir, 'tree');
const lib = path.join(tree, 'usr', 'lib', 'x86_64-linux-gnu');
const programs = path.join(tree, 'usr', 'lib', 'wine');
const wine = path.join(programs, 'wine64');
const server = path.join(programs, 'wineserver64');

/** prefix is the Windows machine: its drives and registry. */
export const prefix = path.join(dir, 'prefix');

// Variables of this machine would be variables of the Windows one.
const environment = {
  PATH: '/usr/bin:/bin', HOME: dir, LANG: 'C.UTF-8', WINEPREFIX: prefix, WINEDEBUG: '-all', WINELOADER: wine, WINESERVER: server,
  WINEDLLOVERRIDES: 'mscoree,mshtml,winemenubuilder.exe=',
};

/** exec is a program that runs Windows programs: `go test -exec`. TEST_* reach them. */
export const exec = path.join(dir, 'exec');

/** install returns nothing when Wine is ready, or the reason why this machine cannot have it. apt installs Debian packages and tells whether it could. */
export function install(apt) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `needs linux-x64, this is ${process.platform}-${process.arch}`;
  const stamp = path.join(dir, 'stamp');
  const want = JSON.stringify({ RELEASE, PACKAGES, at: dir });
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === want) return;
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).error) return 'needs Debian';
  if (spawnSync('patchelf', ['--version'], { stdio: 'ignore' }).error && !apt('patchelf')) return 'needs patchelf, which is installed by itself only as root on Debian';

  fs.rmSync(dir, { recursive: true, force: true });
  fs.mkdirSync(tree, { recursive: true });
  unpack();
  fs.writeFileSync(exec, `#!/bin/bash
pass=()
while IFS='=' read -r name value; do case $name in TEST_*) pass+=("$name=$value");; esac; done < <(env)
exec env -i ${Object.entries(environment).map(([name, value]) => `${name}='${value}'`).join(' ')} "\${pass[@]}" '${wine}' "$@"
`, { mode: 0o755 });
  quiet(exec, ['wineboot', '-i']);
  // Windows and their messages without a display.
  quiet(exec, ['reg', 'add', 'HKCU\\Software\\Wine\\Drivers', '/v', 'Graphics', '/d', 'null', '/f']);
  stop();
  if (!fs.existsSync(path.join(prefix, 'system.reg'))) throw new Error(`${exec} wineboot -i made no registry`);
  fs.writeFileSync(stamp, want);
}

/** start keeps the server between programs: 60 ms instead of 1.7 s for each. */
export function start() {
  // What the first program of a session starts, as its desktop, stays and would keep the outputs of that program open.
  quiet(server, ['-p'], environment);
  quiet(exec, ['cmd', '/c', 'rem']);
}

/** stop ends all programs and saves the registry; a killed server would lose it. */
export function stop() {
  quiet(server, ['-k'], environment);
  quiet(server, ['-w'], environment);
}

function quiet(command, args, env) {
  spawnSync(command, args, { stdio: 'ignore', timeout: 120_000, env: env ?? process.env });
}

function unpack() {
  const apt = path.join(dir, 'apt');
  for (const d of ['lists/partial', 'archives/partial']) fs.mkdirSync(path.join(apt, d), { recursive: true });
  fs.writeFileSync(path.join(apt, 'status'), '');
  const archive = () => run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']).split('\n').filter(uri => uri && !uri.includes('security')).sort()[0];
  if (!archive()) run('apt-get', ['update', '-qq']);
  fs.writeFileSync(path.join(apt, 'sources.list'), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${archive()} ${RELEASE} main\n`);
  const options = {
    'Dir::Etc::sourcelist': path.join(apt, 'sources.list'), 'Dir::Etc::sourceparts': '/dev/null', 'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': path.join(apt, 'lists'), 'Dir::State::status': path.join(apt, 'status'), 'Dir::Cache::archives': path.join(apt, 'archives'),
    'Dir::Cache::pkgcache': '', 'Dir::Cache::srcpkgcache': '', 'APT::Sandbox::User': 'root', 'Debug::NoLocking': 'true', 'Acquire::Languages': 'none',
  };
  const set = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...set, 'update', '-qq']);
  run('apt-get', [...set, 'download', '-qq', ...PACKAGES], { cwd: path.join(apt, 'archives') });
  for (const name of fs.readdirSync(path.join(apt, 'archives')).filter(name => name.endsWith('.deb'))) {
    // Of the large ones only what runs.
    const parts = name.startsWith('libwine_') ? ['--wildcards', './usr/lib/x86_64-linux-gnu/wine/*', './usr/share/wine/*']
      : name.startsWith('libz-mingw') ? ['./usr/x86_64-w64-mingw32/lib/zlib1.dll'] : [];
    run('bash', ['-c', 'set -o pipefail; deb=$1 to=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$to" "$@"', '-', path.join(apt, 'archives', name), tree, ...parts]);
  }
  // Wine takes a library for one of its own by this mark, which the package's installation sets; without it a program hung.
  const zlib = fs.readFileSync(path.join(tree, 'usr', 'x86_64-w64-mingw32', 'lib', 'zlib1.dll'));
  zlib.fill(0, 64, 96).write('Wine builtin DLL', 64, 'latin1');
  fs.writeFileSync(path.join(lib, 'wine', 'x86_64-windows', 'zlib1.dll'), zlib);
  for (const program of [wine, server]) {
    run('patchelf', ['--set-interpreter', path.join(lib, 'ld-linux-x86-64.so.2'), '--force-rpath', '--set-rpath', lib, program]);
  }
  fs.symlinkSync('.', path.join(tree, 'usr', 'share', 'wine', 'wine')); // where the server looks for its tables
  fs.rmSync(apt, { recursive: true });
}

function run(command, args, options) {
  const r = spawnSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 300_000, ...options });
  if (r.status !== 0) throw new Error(`${path.basename(command)} ${args.join(' ')}: ${r.error?.message ?? r.stderr.trim()}`);
  return r.stdout;
}
