// A picture of every screen in each theme, for a person to look at.
import { fileURLToPath } from 'node:url';
import { machine, open, played, serve, suite, until } from './lib.mjs';

const scenario = fileURLToPath(new URL('../../../testdata/scenarios/dead-path-entry/windows-moved-user.txtar', import.meta.url));

const themes = { light: ['Default Light Modern', 'vs'], dark: ['Default Dark Modern', 'vs-dark'], contrast: ['Default High Contrast', 'hc-black'] };

const test = suite(async () => {
  const m = machine('screens');
  m.write('app/go.mod', 'module example.com/app\n\ngo 1.26.0\n');
  const { program, play } = played(m);
  play(scenario);
  const server = await serve(m, { user: { 'goEnv.sidecarPath': program } });
  const wb = await open(server.url(), { width: 1280, height: 720 });
  await wb.open('go.mod');
  await wb.settled('the machine is judged', p => p.some(({ rule }) => rule === 'dead-path-entry'));
  return { m, server, wb };
});

for (const [name, [theme, kind]] of Object.entries(themes)) {
  test(`every screen in ${name}`, async ({ server, wb }) => {
    const shot = screen => wb.shot(`screen ${name} ${screen}`);
    server.set({ 'workbench.colorTheme': theme });
    await wb.visit(server.url());
    await wb.page.locator(`.monaco-workbench.${kind}`).waitFor();
    await wb.open('go.mod');

    await wb.visitProblem('dead-path-entry');
    await shot('problems and registry');
    await wb.menu(`screen ${name} light bulb`);
    await wb.hover(`screen ${name} hover`);
    await wb.quickFix('Replace C:\\Go\\bin', () => wb.diff.isVisible());
    await wb.notification('Apply').waitFor();
    await shot('diff');
    await wb.key('Control+Enter');
    await wb.diff.waitFor({ state: 'detached' });
    await wb.notification('Undo').waitFor();
    await shot('receipt');
    await wb.command('Go Env: Undo Last Fix');
    await wb.settled('the problem is back', p => p.some(({ rule }) => rule === 'dead-path-entry'));
    await wb.command('Notifications: Clear All Notifications');

    await wb.command('Go Env: Show History');
    await wb.input.locator('.monaco-list-row').first().waitFor();
    await shot('history');
    await wb.key('Escape');

    await wb.command('View: Hide Panel');
    await wb.command('Go Env: Show Environment');
    await wb.page.locator('.view-line').filter({ hasText: 'Machine' }).first().waitFor();
    await until(async () => (await wb.page.locator('.codelens-decoration').count()) > 0, 'the lenses stand there');
    await shot('environment');
    await wb.page.locator('[id="status.languageStatus"]').hover();
    await wb.page.locator('.monaco-hover:visible').first().waitFor();
    await shot('status');

    await wb.command('Go Env: Open Walkthrough');
    await wb.page.locator('.gettingStartedContainer .step-title, .getting-started-step').first().waitFor();
    await shot('walkthrough');
    await wb.command('View: Close All Editors');
  });
}
