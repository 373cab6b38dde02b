// The extension starts the sidecar and shows what it says. It knows nothing of Go, of paths or of the environment.
import * as vscode from 'vscode';
import { Fixes } from './fixes';
import { plain, Sidecar, type Progress } from './sidecar';
import { CommandFix, CommandManual, CommandUndo, MethodDiagnose, type DiagnoseResult, type FixRequest, type ManualFix, type UndoRequest } from './wire';

let sidecar: Sidecar | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Go Env Doctor', { log: true });
  const running = sidecar = new Sidecar(context, log);
  const fixes = new Fixes(running);
  running.commands.set(CommandFix, (request: FixRequest) => fixes.fix(request));
  running.commands.set(CommandUndo, (request: UndoRequest | undefined) => fixes.undo(request ?? {}));

  const command = (id: string, run: (...args: never[]) => unknown) => vscode.commands.registerCommand(id, async (...args: never[]) => {
    try {
      await run(...args);
    } catch (err) {
      running.report(err);
    }
  });
  context.subscriptions.push(
    log,
    running,
    fixes,
    command('goEnv.diagnose', () => diagnose(running)),
    command('goEnv.fixAllSafe', () => fixes.fix({ allSafe: true })),
    command('goEnv.undoLastFix', () => fixes.undo({})),
    command('goEnv.restartSidecar', () => running.restart()),
    command('goEnv.showLog', () => log.show()),
    command(CommandManual, (manual: ManualFix) => fixes.explain(manual)),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void running.look().catch(err => log.warn(String(err)));
    }),
    // What the sidecar was told of these at its start is no longer so.
    vscode.workspace.onDidGrantWorkspaceTrust(() => void running.restart()),
    vscode.workspace.onDidChangeConfiguration(e => {
      if (e.affectsConfiguration('goEnv.sidecarPath')) void running.restart();
    }),
  );
  await running.start();
}

export async function deactivate(): Promise<void> {
  await sidecar?.stop();
}

async function diagnose(sidecar: Sidecar): Promise<void> {
  const cancel = new vscode.CancellationTokenSource();
  let shown: Progress | undefined;
  const diagnosis = sidecar.request<DiagnoseResult>(MethodDiagnose, {}, cancel.token, { report: step => shown?.report(step) });
  // Most take a few milliseconds; a notification that comes and goes would be noise.
  const slow = await Promise.race([diagnosis.then(() => false), new Promise<boolean>(resolve => setTimeout(resolve, 300, true))]);
  if (slow) {
    const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Diagnosing the Go environment'), cancellable: true };
    await vscode.window.withProgress(options, (progress, token) => {
      shown = progress;
      token.onCancellationRequested(() => cancel.cancel());
      return diagnosis;
    });
  }
  const { summary } = await diagnosis;
  await vscode.commands.executeCommand('workbench.actions.view.problems');
  void vscode.window.showInformationMessage(plain(summary));
}
