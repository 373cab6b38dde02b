// npm test: installs what is missing and runs every suite; `npm test -- lsp workbench` runs those.
// A suite that cannot run on this machine is listed by name with the reason; with CI=true that is a failure.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { apt, buildSidecar, has, packages, root, run } from './lib.mjs';

// A Skip says why a suite cannot run here.
class Skip extends Error {}

const suites = {
  typescript() {
    packages();
    run(process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '--project', root]);
  },
  extension() {
    packages();
    nodeTest(['extension/test/units.test.mjs']);
  },
  generated() {
    go();
    run('go', ['run', './sidecar/gen', '-check']);
  },
  'go-vet'() {
    go();
    for (const GOOS of ['linux', 'windows', 'darwin']) {
      run('go', ['vet', './...'], { env: { ...process.env, GOOS, CGO_ENABLED: '0' } });
    }
  },
  'windows-build'() {
    go();
    const folder = target => path.join(root, '.cache', 'build', target);
    const programs = ['win32-x64', 'win32-arm64'].map(target => buildSidecar(target, folder(target)));
    run('go', ['test', '-count=1', '-run', '^TestResources$', './sidecar'], { env: { ...process.env, TEST_PROGRAMS: programs.join(path.delimiter) } });
    // No VSIX has it, but who builds it for an old machine must not find it broken.
    run('go', ['build', '-o', path.join(folder('win32-ia32'), 'go-env-doctor.exe'), './sidecar'],
      { env: { ...process.env, GOOS: 'windows', GOARCH: '386', CGO_ENABLED: '0' } });
  },
  // Every package as a Windows program: on Windows as it is, elsewhere under Wine. The tests share one registry, so one package runs at a time.
  async wine() {
    go();
    const wine = process.platform === 'win32' ? undefined : await import('./wine.mjs');
    const reason = wine?.install(apt);
    if (reason) throw new Skip(reason);
    const program = buildSidecar('win32-x64', path.join(root, '.cache', 'build', 'win32-x64'));
    // Nobody's registry: a runner's, or that of the Windows machine below .cache.
    const env = { ...process.env, TEST_REGISTRY: wine || process.env.CI ? 'scratch' : '', GOOS: 'windows', GOARCH: 'amd64', CGO_ENABLED: '0', TEST_SIDECAR: wine ? `Z:${program}` : program };
    const exec = wine ? ['-exec', wine.exec] : [];
    wine?.start();
    try {
      // Vetted by go-vet.
      run('go', ['test', ...exec, '-vet=off', '-count=1', '-p', '1', '-timeout', '20m', './...'], { env });
    } finally {
      wine?.stop();
    }
  },
  lsp() {
    go();
    packages();
    nodeTest(['extension/test/lsp.test.mjs'], { SIDECAR: buildSidecar() });
  },
  editors() {
    go();
    // Debian's Emacs 28 has Eglot as a package; later ones bring it.
    const eglot = () => spawnSync('emacs', ['-q', '--batch', '--eval', "(progn (package-initialize) (require 'eglot))"], { stdio: 'ignore' }).status === 0;
    if ((!has('nvim') || !eglot()) && !apt('neovim', 'emacs-nox', 'elpa-eglot')) {
      throw new Skip(`needs ${[!has('nvim') && 'Neovim', !eglot() && 'Emacs with Eglot'].filter(Boolean).join(' and ')}`);
    }
    nodeTest(['extension/test/editors.test.mjs'], { SIDECAR: buildSidecar() });
  },
  'go-test'() {
    go();
    // The race detector is linked by the C compiler.
    if (!has('gcc') && !has('clang') && !apt('gcc', 'libc6-dev')) throw new Skip('the race detector needs a C compiler');
    run('go', ['test', '-race', '-p', '2', './...'], { env: { ...process.env, CGO_ENABLED: '1' } });
  },
  // The solver against a few real toolchains; `npm run difftest` takes all, and more environments.
  async difftest() {
    go();
    const { compare } = await import('./difftest.mjs');
    compare();
  },
  async workbench() {
    const files = fs.readdirSync(path.join(root, 'extension', 'test', 'workbench')).filter(f => f.endsWith('.test.mjs') && f !== 'screens.test.mjs');
    return drive(files);
  },
};

// Suites that run only when they are named: the screens are pictures in three themes for a person to look at.
const named = { screens: () => drive(['screens.test.mjs']) };

// drive runs test files in the real workbench.
async function drive(files) {
  go();
  packages();
  const { install, paths } = await import('./workbench.mjs');
  const reason = install(apt);
  if (reason) throw new Skip(reason);
  const { packageExtension } = await import('./package.mjs');
  const vsix = packageExtension();
  // What another program's user interface makes fail once must not hide what fails always; nor may it stay unseen.
  const env = { VSIX: vsix, ...paths() };
  const failed = [], again = [];
  for (const file of files) {
    const test = () => nodeTest([path.join('extension', 'test', 'workbench', file)], env);
    try {
      test();
      continue;
    } catch {
      console.log(`\n--- once more: ${file}`);
    }
    try {
      test();
      again.push(file);
    } catch {
      failed.push(file);
    }
  }
  if (failed.length) throw new Error(`failed twice: ${failed.join(', ')}`);
  if (again.length) return `passed at the second try: ${again.join(', ')}`;
}

function go() {
  if (!has('go')) throw new Skip('needs Go');
}

// Test files run one after the other: the machine is small, and a workbench fills it.
function nodeTest(files, env) {
  const inherited = { ...process.env };
  delete inherited.NODE_TEST_CONTEXT; // set when this script itself runs below node --test: the output would be in another format
  run(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files], { env: { ...inherited, ...env } });
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
const all = { ...suites, ...named };
const unknown = chosen.filter(name => !(name in all));
if (unknown.length) {
  console.error(`no suite ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
  process.exit(2);
}

const results = [];
for (const name of chosen) {
  console.log(`\n--- ${name}`);
  const start = Date.now();
  let state = 'passed', reason = '';
  try {
    const remark = await all[name]();
    if (remark) reason = `: ${remark}`;
  } catch (err) {
    state = err instanceof Skip ? 'skipped' : 'failed';
    reason = `: ${err.message}`;
  }
  results.push({ name, state, line: `${state.padEnd(7)} ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)${reason}` });
  console.log(results.at(-1).line);
}

const of = state => results.filter(r => r.state === state);
console.log('\n' + results.map(r => r.line).join('\n'));
const missing = of('skipped');
if (missing.length) console.log(`did not run: ${missing.map(r => r.name).join(', ')}`);
console.log(`${of('passed').length} passed, ${of('failed').length} failed, ${missing.length} skipped`);
process.exit(of('failed').length || (missing.length && process.env.CI === 'true') ? 1 : 0);
