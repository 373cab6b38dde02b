// What the extension decides without an editor.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** load compiles a module of the extension. */
async function load(name) {
  const { outputFiles: [out] } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))], bundle: true, format: 'esm', platform: 'node', write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(out.contents).toString('base64')}`);
}

const { userSettings, toSidecar, toEditor } = await load('settings');
const { runsGo } = await load('terminals');

test('the user settings of a desktop editor are a document of a scheme of its own', () => {
  for (const [storage, file] of [
    ['/home/gopher/.config/Code/User/globalStorage/go-env-doctor.go-env-doctor', '/home/gopher/.config/Code/User/settings.json'],
    ['/c:/Users/gopher/AppData/Roaming/Code/User/globalStorage/go-env-doctor.go-env-doctor', '/c:/Users/gopher/AppData/Roaming/Code/User/settings.json'],
  ]) {
    const settings = userSettings({ scheme: 'file', path: storage }, true);
    assert.deepEqual(settings, { scheme: 'vscode-userdata', path: file });
    assert.deepEqual(toSidecar(settings, settings), { scheme: 'file', path: file });
    assert.deepEqual(toEditor({ scheme: 'file', path: file }, settings), settings);
  }
});

test('the case of a drive letter does not matter, that of a name does', () => {
  const settings = userSettings({ scheme: 'file', path: '/c:/Users/gopher/User/globalStorage/x' }, true);
  assert.deepEqual(toEditor({ scheme: 'file', path: '/C:/Users/gopher/User/settings.json' }, settings), settings);
  assert.equal(toEditor({ scheme: 'file', path: '/c:/Users/gopher/User/Settings.json' }, settings).scheme, 'file');
});

test('elsewhere they are a file', () => {
  const settings = userSettings({ scheme: 'file', path: '/home/gopher/code/User/globalStorage/x' }, false);
  assert.deepEqual(settings, { scheme: 'file', path: '/home/gopher/code/User/settings.json' });
});

test('other documents keep their names', () => {
  const settings = userSettings({ scheme: 'file', path: '/home/gopher/.config/Code/User/globalStorage/x' }, true);
  for (const uri of [{ scheme: 'file', path: '/home/gopher/.profile' }, { scheme: 'go-env', path: '/environment' }, { scheme: 'vscode-userdata', path: '/home/gopher/.config/Code/User/keybindings.json' }]) {
    assert.deepEqual(toSidecar(uri, settings), uri);
    assert.deepEqual(toEditor(uri, settings), uri);
  }
});

test('a command line that runs go is told from one that does not', () => {
  for (const line of ['go build ./...', 'go', '/usr/local/go/bin/go version', 'GOOS=linux GOFLAGS="-mod=mod -x" go test', 'cd app && go run .', '"C:\\Program Files\\Go\\bin\\go.exe" env', "& 'C:\\Program Files\\Go\\bin\\go.exe' env", 'go.exe mod tidy', '  go vet', 'GO.EXE env']) {
    assert.ok(runsGo(line), line);
  }
  for (const line of ['', 'gofmt -l .', 'echo go', 'cargo build', './cargo', 'git commit -m "go; go"', 'ls go', 'GO=go', 'django', 'go-env-doctor diagnose', 'x/going']) {
    assert.ok(!runsGo(line), line);
  }
});

test('a long command line is judged at once', () => {
  const start = performance.now();
  runsGo(`"${'a'.repeat(200_000)}`);
  runsGo(`${'"'.repeat(100_001)}`);
  runsGo(`${'A=1 '.repeat(50_000)}go`);
  assert.ok(performance.now() - start < 1000);
});
