// The extension starts the sidecar and shows what it says. It knows nothing of Go, of paths or of the environment.
import * as vscode from 'vscode';
import { Fixes } from './fixes';
import { Sidecar } from './sidecar';
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
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Diagnosing the Go environment'), cancellable: true };
  const result = await vscode.window.withProgress(options, (progress, token) =>
    sidecar.request<DiagnoseResult>(MethodDiagnose, {}, token, progress));
  await vscode.commands.executeCommand('workbench.actions.view.problems');
  void vscode.window.showInformationMessage(result.summary);
}
