// Packages the extension: one VSIX for each platform, with its binary, in out/.
//   npm run package               this platform
//   npm run package -- --all      all of them
//   npm run package -- TARGET…    some: win32-x64, linux-arm64, alpine-x64, darwin-arm64, …
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSidecar, currentTarget, manifest, root, run, targets } from './lib.mjs';

// packageExtension writes out/go-env-doctor-VERSION-TARGET.vsix and returns its path. What goes in is what is named
// here: the folder that vsce packs is made for it.
export function packageExtension(target = currentTarget()) {
  const stage = path.join(root, '.cache', 'vsix', target);
  const file = path.join(root, 'out', `${manifest.name}-${manifest.version}-${target}.vsix`);
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  fs.mkdirSync(path.dirname(file), { recursive: true });

  run('npm', ['run', '--silent', 'build']);
  buildSidecar(target, path.join(stage, 'bin'));
  fs.cpSync(path.join(root, 'dist', 'extension.js'), path.join(stage, 'dist', 'extension.js'));
  for (const name of ['package.nls.json', 'package.nls.zh-cn.json', 'l10n', 'extension/syntaxes', 'extension/walkthrough', 'README.md', 'LICENSE', 'CHANGELOG.md', 'THIRD_PARTY_NOTICES.txt']) {
    if (fs.existsSync(path.join(root, name))) fs.cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
  }
  const { scripts, devDependencies, private: unpublished, ...shipped } = manifest;
  fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify({ ...shipped, files: ['**'] }, null, 2) + '\n');

  // The same commit gives the same bytes: vsce takes the time of the entries of the archive from this variable.
  const env = { SOURCE_DATE_EPOCH: '1767225600', ...process.env };
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  run(process.execPath, [vsce, 'package', '--no-dependencies', '--skip-license', '--target', target, '--out', file], { cwd: stage, env });
  return file;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const chosen = args.includes('--all') ? Object.keys(targets) : args.length ? args : [currentTarget()];
  for (const target of chosen) console.log(packageExtension(target));
}
