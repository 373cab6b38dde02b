import * as vscode from 'vscode';
import type { HandleDiagnosticsSignature } from 'vscode-languageclient';
import type { Fixes } from './fixes';
import { plain, type Sidecar } from './sidecar';
import { CommandExplainProblem, CommandFix, CommandIgnore, CommandManual, CommandUnignore, MethodFixes, MethodIgnored, type Choice, type FixesResult, type IgnoredResult, type Problem } from './wire';

const SOURCE = 'Go Env Doctor';

/** Problems keeps what the sidecar says is wrong, and shows of it what nobody else says. */
export class Problems implements vscode.Disposable {
  // All that the sidecar said, and how many of each document are shown now.
  private readonly said = new Map<string, { uri: vscode.Uri; all: vscode.Diagnostic[]; shown: vscode.Diagnostic[]; show: HandleDiagnosticsSignature }>();
  private readonly listener: vscode.Disposable;

  constructor(private readonly sidecar: Sidecar, private readonly fixes: Fixes) {
    sidecar.handleDiagnostics = (uri, all, show) => {
      const shown = news(uri, all);
      if (all.length > 0) this.said.set(uri.toString(), { uri, all, shown, show });
      else this.said.delete(uri.toString());
      show(uri, shown);
    };
    this.listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      for (const uri of uris) {
        const said = this.said.get(uri.toString());
        if (!said) continue;
        const shown = news(uri, said.all);
        // What is shown here comes back as such a change.
        if (shown.length === said.shown.length && shown.every((d, i) => d === said.shown[i])) continue;
        said.shown = shown;
        said.show(uri, shown);
      }
    });
  }

  dispose(): void {
    this.listener.dispose();
  }

  /** forget is for when the sidecar and its problems are gone. */
  forget(): void {
    this.said.clear();
  }

  /** pick is the problem at the cursor, else one that the user chooses. */
  async pick(): Promise<Problem | undefined> {
    const editor = vscode.window.activeTextEditor;
    const here = editor && this.said.get(editor.document.uri.toString())?.all.filter(d => d.range.contains(editor.selection.active) || d.range.start.line === editor.selection.active.line);
    const [only, more] = here ?? [];
    if (only && !more) return named(only);
    const listed = here && more ? [{ uri: editor.document.uri, all: here }] : [...this.said.values()];
    const items = listed.flatMap(({ uri, all }) => all.map(diagnostic => ({
      label: oneLine(diagnostic.message),
      description: `${vscode.workspace.asRelativePath(uri)}:${diagnostic.range.start.line + 1}`,
      diagnostic,
    })));
    if (items.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There are no problems with the Go environment.'));
      return undefined;
    }
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('A problem to explain'), matchOnDescription: true });
    return chosen && named(chosen.diagnostic);
  }

  /** chooseFix has the user choose among all that can be done about a problem. */
  async chooseFix(problem: Problem): Promise<void> {
    const { title, choices } = await this.sidecar.request<FixesResult>(MethodFixes, { problem });
    if (choices.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Nothing can be done about this from here.'));
      return;
    }
    const items = choices.map(choice => ({ label: `$(${icon(choice)}) ${oneLine(choice.title)}`, description: note(choice), choice }));
    const chosen = items.length > 1 ? await vscode.window.showQuickPick(items, { title: oneLine(title), placeHolder: vscode.l10n.t('What to do about it') }) : items[0];
    if (chosen) await this.run(chosen.choice);
  }

  /** ignore ignores a problem on this machine, which the user can take back. */
  async ignore(problem: Problem): Promise<void> {
    await this.sidecar.execute(CommandIgnore, problem);
    const undo = vscode.l10n.t('Undo');
    const text = vscode.l10n.t('{0} at {1} is ignored on this machine. Go Env: Show Ignored Problems takes it back.', problem.rule, problem.at);
    void vscode.window.showInformationMessage(plain(text), undo).then(async chosen => {
      if (chosen) await this.sidecar.execute(CommandUnignore, problem).catch((err: unknown) => this.sidecar.report(err));
    });
  }

  /** showIgnored lists what is ignored on this machine. */
  async showIgnored(): Promise<void> {
    const { ignored } = await this.sidecar.request<IgnoredResult>(MethodIgnored, {});
    if (ignored.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('No problem is ignored on this machine.'));
      return;
    }
    const items = ignored.map(({ problem, title }) => ({ label: oneLine(title), description: problem.rule, detail: problem.at, problem }));
    const title = vscode.l10n.t('Problems that are ignored on this machine');
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('Choose those to stop ignoring'), canPickMany: true, matchOnDescription: true, matchOnDetail: true });
    for (const { problem } of chosen ?? []) await this.sidecar.execute(CommandUnignore, problem);
  }

  private async run({ command, fix, manual, problem }: Choice): Promise<void> {
    if (command === CommandFix && fix) await this.fixes.fix(fix);
    else if (command === CommandManual && manual) await this.fixes.instruct(manual);
    else if (command === CommandIgnore && problem) await this.ignore(problem);
    else if (command === CommandExplainProblem && problem) await vscode.commands.executeCommand(command, problem);
  }
}

// news is what no one else says already: gopls shows the same at the same range, where it is not less serious to it.
function news(uri: vscode.Uri, all: vscode.Diagnostic[]): vscode.Diagnostic[] {
  const others = vscode.languages.getDiagnostics(uri).filter(({ source }) => source !== SOURCE);
  return all.filter(own => !others.some(({ range, severity }) => severity <= own.severity && range.start.line === own.range.start.line && range.contains(own.range)));
}

// named is the name of a problem, which the sidecar gives with its diagnostic.
function named(diagnostic: vscode.Diagnostic): Problem {
  return (diagnostic as vscode.Diagnostic & { data: Problem }).data;
}

function icon({ command, preferred }: Choice): string {
  if (command === CommandFix) return preferred ? 'lightbulb-autofix' : 'lightbulb';
  if (command === CommandManual) return 'terminal';
  return command === CommandIgnore ? 'eye-closed' : 'question';
}

function note({ command, safety, preferred }: Choice): string {
  if (preferred) return vscode.l10n.t('preferred');
  if (command === CommandManual) return vscode.l10n.t('by hand');
  return command === CommandFix && safety !== 'safe' ? vscode.l10n.t('shows the changes first') : '';
}

/** oneLine is a text for a list of one-line items, in which $(name) is an icon. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('$(', '$\u200b(');
}
