// The product in Chinese. The editor's own texts stay English: they are in another package.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { machine, open, played, serve, suite, until } from './lib.mjs';

const scenario = fileURLToPath(new URL('../../../testdata/scenarios/dead-path-entry/windows-moved-user.txtar', import.meta.url));

const test = suite(async () => {
  const m = machine('chinese');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  const { program, play } = played(m);
  play(scenario);
  const server = await serve(m, { user: { 'goEnv.sidecarPath': program }, locale: 'zh-cn' });
  const wb = await open(server.url());
  await wb.open('go.mod');
  return { m, server, wb };
});

// chinese asserts that each text has Chinese and no English sentence: three English words in a row that are no path.
function chinese(texts) {
  assert.ok(texts.length > 0);
  for (const text of texts) {
    assert.match(text, /\p{Script=Han}/u);
    assert.doesNotMatch(text, /(^|\s)[A-Za-z]?[a-z]+ [a-z]+ [a-z]+(\s|$)/);
  }
}

test('the palette', async ({ wb }) => {
  await wb.key('F1');
  await wb.input.locator('input').first().waitFor();
  await wb.page.keyboard.insertText('Go Env: ');
  const rows = wb.input.locator('.monaco-list-row').filter({ hasText: /^Go Env: / });
  await rows.filter({ hasText: /\p{Script=Han}/u }).first().waitFor();
  // The palette shows the English title below each.
  chinese(await rows.locator('.quick-input-list-row:first-child .label-name').allTextContents());
  await wb.shot('chinese palette');
});

test('problems and code actions', async ({ wb }) => {
  const problems = await wb.settled('the machine is judged', p => p.some(({ rule }) => rule === 'dead-path-entry'));
  chinese(problems.map(p => p.message));
  await wb.visitProblem('dead-path-entry');
  chinese(await wb.menu('chinese menu'));
});

test('documents', async ({ wb }) => {
  await wb.command('Go Env: 显示环境');
  await wb.page.locator('.view-line').filter({ hasText: 'Windows 10.0.22631' }).first().waitFor();
  await wb.shot('chinese environment');
  chinese((await wb.text()).split('\n').filter(line => line.startsWith(';')));
});

test('the diff, the receipt and a message', async ({ wb }) => {
  await wb.visitProblem('dead-path-entry');
  await wb.quickFix('C:\\Program Files\\Go\\bin', () => wb.diff.isVisible());
  await wb.notification('应用').waitFor();
  await wb.key('Control+Enter');
  await wb.diff.waitFor({ state: 'detached' });
  await wb.notification('撤销').waitFor();
  await wb.shot('chinese receipt');
  await wb.command('Go Env: 诊断');
  const told = await until(async () => {
    const texts = (await wb.notifications()).filter(text => text !== 'Activating Extensions...'); // the editor's own
    return texts.length === 2 && texts;
  }, 'the receipt and the summary stand there');
  chinese(told);
  await wb.shot('chinese messages');
});
