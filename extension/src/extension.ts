// The extension starts the sidecar and shows what it says. It knows nothing of Go, of paths or of the environment.
import * as vscode from 'vscode';
import { Diffs } from './diffs';
import { Documents, SCHEME } from './documents';
import { Explanations } from './explain';
import { Fixes } from './fixes';
import { showHistory } from './history';
import { Problems } from './problems';
import { SearchPath } from './searchpath';
import { plain, Sidecar, type Progress } from './sidecar';
import { StatusItems } from './status';
import { runsGo } from './terminals';
import { askWhy } from './why';
import { CommandChooseFix, CommandExplainProblem, CommandFix, CommandIgnore, CommandManual, CommandUndo, MethodDiagnose, MethodDocument, MethodRecord, type DiagnoseResult, type FixRequest, type ManualFix, type Problem, type RecordResult, type UndoRequest } from './wire';

const ENVIRONMENT = `${SCHEME}:/environment`;
const REGISTRY = `${SCHEME}:/registry/HKCU/Environment`;

let sidecar: Sidecar | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  const log = vscode.window.createOutputChannel('Go Env Doctor', { log: true });
  const running = sidecar = new Sidecar(context, log);
  const diffs = new Diffs();
  const searchPath = new SearchPath(context, running);
  const fixes = new Fixes(running, diffs, searchPath);
  const problems = new Problems(running, fixes);
  const explanations = new Explanations(running);
  const status = new StatusItems(running);

  running.commands.set(CommandFix, (request: FixRequest) => fixes.fix(request));
  running.commands.set(CommandUndo, (request: UndoRequest | undefined) => fixes.undo(request ?? {}));
  running.commands.set(CommandIgnore, (problem: Problem) => problems.ignore(problem));

  const command = (id: string, run: (...args: never[]) => unknown) => vscode.commands.registerCommand(id, async (...args: never[]) => {
    try {
      await run(...args);
    } catch (err) {
      running.report(err);
    }
  });
  const look = () => void running.look();
  context.subscriptions.push(
    log,
    running,
    diffs,
    searchPath,
    problems,
    explanations,
    status,
    new Documents(running, diffs, fixes),
    command('goEnv.diagnose', () => diagnose(running)),
    command('goEnv.showEnvironment', () => show(running, ENVIRONMENT)),
    command('goEnv.showRegistry', () => show(running, REGISTRY)),
    command('goEnv.showHistory', () => showHistory(running, diffs, fixes)),
    command('goEnv.showIgnored', () => problems.showIgnored()),
    command('goEnv.showCause', () => status.showCause()),
    command('goEnv.why', () => askWhy(running, explanations)),
    command('goEnv.explainError', () => explanations.error()),
    command('goEnv.explainSelection', async () => explanations.error(await terminalSelection())),
    command('goEnv.fixAllSafe', () => fixes.fix({ allSafe: true })),
    command('goEnv.undoLastFix', () => fixes.undo({})),
    command('goEnv.locateGo', () => fixes.locate('go')),
    command('goEnv.copyMachine', () => copyMachine(running)),
    command('goEnv.openWalkthrough', () => vscode.commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#goEnv`, false)),
    command('goEnv.restartSidecar', () => running.restart()),
    command('goEnv.showLog', () => log.show()),
    command(CommandManual, (manual: ManualFix) => fixes.instruct(manual)),
    command(CommandChooseFix, (problem: Problem) => problems.chooseFix(problem)),
    command(CommandExplainProblem, async (problem?: Problem) => {
      const chosen = problem ?? await problems.pick();
      if (chosen) await explanations.problem(chosen);
    }),

    running.onDidStart(() => running.ask(MethodDocument, { uri: REGISTRY }).then(() => true, () => false)
      .then(has => vscode.commands.executeCommand('setContext', 'goEnv.registry', has))),
    running.onDidChangeStatus(now => {
      if (!now) problems.forget();
    }),
    // What the sidecar cannot watch.
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) look();
    }),
    vscode.window.onDidEndTerminalShellExecution(({ exitCode, execution }) => {
      if (exitCode && runsGo(execution.commandLine.value)) look();
    }),
    // What the sidecar was told of these at its start is no longer so.
    vscode.workspace.onDidGrantWorkspaceTrust(() => void running.restart()),
    vscode.workspace.onDidChangeConfiguration(e => {
      if (e.affectsConfiguration('goEnv.sidecarPath')) void running.restart();
      if (e.affectsConfiguration('goEnv.rules')) void running.configure();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void running.configure()),
  );
  void running.start();
  log.info(`Activated in ${(performance.now() - began).toFixed(1)} ms`);
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

// show opens a document of the sidecar, after starting that where it is down.
async function show(sidecar: Sidecar, uri: string): Promise<void> {
  await sidecar.request(MethodDocument, { uri });
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { preview: false });
}

// copyMachine shows what a bug report would say of this machine, and copies it only then.
async function copyMachine(sidecar: Sidecar): Promise<void> {
  const { text } = await sidecar.request<RecordResult>(MethodRecord, {});
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'plaintext', content: text }), { preview: true });
  const copy = vscode.l10n.t('Copy');
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('This describes the machine, with secrets taken out. Look it through before you copy it.'), copy);
  if (chosen) await vscode.env.clipboard.writeText(text);
}

// terminalSelection is what is selected in the terminal, which only the clipboard can carry here; that is then as it was.
async function terminalSelection(): Promise<string | undefined> {
  const before = await vscode.env.clipboard.readText();
  await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
  const text = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  return text.trim() && text !== before ? text : undefined;
}
