// npm run difftest: compares the solver of sidecar/goenv with the real `go env -json` of many toolchains in random environments.
//
//   npm run difftest -- [--environments N] [--seed S] [--go go1.21.13] [--wine]
//
// Toolchains are Go modules; they are kept between runs in TEST_TOOLCHAINS, by default go-env-doctor/toolchains in the user's cache
// directory: about 250 MB each. Nothing is downloaded while environments are compared.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { apt, root, run } from './lib.mjs';

// The last patch release of each supported version; the first with a go.env, since later patches changed what it means; two of one version.
const ALL = ['1.20.14', '1.21.0', '1.21.13', '1.22.12', '1.23.12', '1.24.13', '1.25.14', '1.26.8', '1.26.11', '1.27.4'];
const FEW = ['1.20.14', '1.23.12', '1.27.4'];
const WINDOWS = ['1.21.13', '1.26.8', '1.27.4'];

/** cache is the module cache that holds the toolchains. */
export const cache = process.env.TEST_TOOLCHAINS
  ?? path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache'), 'go-env-doctor', 'toolchains');

const HOST = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform] + '-' + { x64: 'amd64', arm64: 'arm64' }[process.arch];
const directory = (version, platform) => path.join(cache, 'golang.org', `toolchain@v0.0.1-go${version}.${platform}`);
const program = (version, platform) => path.join(directory(version, platform), 'bin', platform.startsWith('windows') ? 'go.exe' : 'go');

/** compare runs the environments of a few toolchains, or of all. Under Wine the toolchains are those for Windows. */
export function compare({ all = false, environments, seed, go, wine } = {}) {
  const platform = wine ? 'windows-amd64' : HOST;
  const versions = go ? [go.replace(/^go/, '')] : wine ? (all ? WINDOWS : WINDOWS.slice(-1)) : all ? ALL : FEW;
  // Any of them may be asked to switch to any other.
  fetch(versions, platform);
  const env = {
    ...process.env, TEST_TOOLCHAINS: wine ? `Z:${cache}` : cache, TEST_GO: versions.map(v => `go${v}`).join(','),
    TEST_ENVIRONMENTS: String(environments ?? (wine ? 200 : all ? 10_000 : 400)), TEST_SEED: seed ?? '',
  };
  if (wine) Object.assign(env, { GOOS: 'windows', GOARCH: 'amd64', CGO_ENABLED: '0' });
  run('go', ['test', ...(wine ? ['-exec', wine.exec, '-vet=off'] : []), '-count=1', '-timeout', '60m', '-v', '-run', '^TestSolve$', './sidecar/difftest'], { env });
}

// fetch downloads the toolchains that are missing.
function fetch(versions, platform) {
  const missing = versions.filter(v => !fs.existsSync(ready(v, platform)));
  if (missing.length === 0) return;
  fs.mkdirSync(cache, { recursive: true });
  for (const version of missing) {
    console.log(`downloading go${version} ${platform}`);
    const error = download(version, platform);
    if (!error) executable(directory(version, platform));
    else if (platform !== HOST) build(version, platform, error);
    else throw new Error(error);
  }
  for (const version of missing) {
    if (platform === HOST) verify(version);
    fs.writeFileSync(ready(version, platform), '');
  }
}

// download returns why a toolchain cannot be had.
function download(version, platform) {
  // GOFLAGS: a module cache that its owner can delete.
  const env = { ...process.env, GOMODCACHE: cache, GOFLAGS: '-modcacherw' };
  const r = spawnSync('go', ['mod', 'download', `golang.org/toolchain@v0.0.1-go${version}.${platform}`], { env, cwd: os.tmpdir(), encoding: 'utf8' });
  if (r.status !== 0) return r.error?.message ?? r.stderr.trim();
}

// build makes the go command of another platform from the sources in this platform's toolchain, for a proxy that has only some.
function build(version, platform, error) {
  console.log(`${error}\nbuilding it from the sources of the one for ${HOST}`);
  fetch([version], HOST);
  const from = directory(version, HOST), to = directory(version, platform);
  const [GOOS, GOARCH] = platform.split('-');
  for (const folder of ['bin', path.join('pkg', 'tool', `${GOOS}_${GOARCH}`)]) fs.mkdirSync(path.join(to, folder), { recursive: true });
  for (const file of ['VERSION', 'go.env']) {
    if (fs.existsSync(path.join(from, file))) fs.copyFileSync(path.join(from, file), path.join(to, file));
  }
  fs.rmSync(path.join(to, 'src'), { force: true });
  fs.symlinkSync(path.join(from, 'src'), path.join(to, 'src'));
  const env = { ...process.env, GOOS, GOARCH, CGO_ENABLED: '0', GOROOT: from, GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' };
  run(program(version, HOST), ['build', '-trimpath', '-buildvcs=false', '-o', program(version, platform), 'cmd/go'], { env, cwd: path.join(from, 'src') });
}

// verify switches to a toolchain once. What that asks the checksum database for, as the first go command of a new user, has to be in the cache,
// or it cannot be repeated without a network.
function verify(version) {
  const other = ALL.findLast(v => v !== version && !v.startsWith('1.20.') && fs.existsSync(program(v, HOST)));
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'difftest-'));
  const env = { ...process.env, HOME: home, GOPATH: path.join(home, 'go'), GOMODCACHE: cache, GOTOOLCHAIN: `go${version}` };
  delete env.GOROOT;
  const r = spawnSync(other ? program(other, HOST) : 'go', ['version'], { cwd: home, env, encoding: 'utf8' });
  fs.rmSync(home, { recursive: true, force: true });
  if (r.status !== 0) throw new Error(`switching to go${version}: ${r.error?.message ?? r.stderr}`);
}

// ready is a file that stands where a toolchain is complete.
function ready(version, platform) { return path.join(cache, `go${version}.${platform}.ready`); }

// executable sets the bits that module zips do not have.
function executable(dir) {
  for (const folder of ['bin', path.join('pkg', 'tool')]) {
    for (const e of fs.readdirSync(path.join(dir, folder), { recursive: true, withFileTypes: true })) {
      if (e.isFile()) fs.chmodSync(path.join(e.parentPath ?? e.path, e.name), 0o755);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { parseArgs } = await import('node:util');
  const { values } = parseArgs({ options: { environments: { type: 'string' }, seed: { type: 'string' }, go: { type: 'string' }, wine: { type: 'boolean' } } });
  const wine = values.wine ? await import('./wine.mjs') : undefined;
  const reason = wine?.install(apt);
  if (reason) throw new Error(reason);
  wine?.start();
  try {
    compare({ ...values, all: true, wine });
  } finally {
    wine?.stop();
  }
}
