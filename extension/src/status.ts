import * as vscode from 'vscode';
import { SCHEME } from './documents';
import { oneLine } from './problems';
import type { Sidecar } from './sidecar';
import type { Status, StatusFolder, StatusTool } from './wire';

const GO = [{ language: 'go' }, { language: 'go.mod' }, { language: 'go.work' }, { scheme: SCHEME }];

/** StatusItems says in the status bar which tools are in use, and that something is broken only while it is. */
export class StatusItems implements vscode.Disposable {
  private readonly bar = vscode.window.createStatusBarItem('goEnv.status', vscode.StatusBarAlignment.Left);
  private readonly tools = vscode.languages.createLanguageStatusItem('goEnv.tools', GO);
  private cause: vscode.LanguageStatusItem | undefined;
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly sidecar: Sidecar) {
    this.bar.name = vscode.l10n.t('Go Environment');
    this.bar.command = 'goEnv.showCause';
    this.tools.name = vscode.l10n.t('Go Environment');
    this.tools.command = { command: 'goEnv.showEnvironment', title: vscode.l10n.t('Show Environment') };
    this.show(sidecar.status);
    this.listeners = [
      sidecar.onDidChangeStatus(status => this.show(status)),
      vscode.window.onDidChangeActiveTextEditor(() => this.show(sidecar.status)), // each folder has its own Go
    ];
  }

  dispose(): void {
    for (const part of [...this.listeners, this.bar, this.tools, this.cause]) part?.dispose();
  }

  /** showCause shows the place of the first error-level cause, or all problems where none of it opens. */
  async showCause(): Promise<void> {
    const cause = this.sidecar.status?.cause;
    if (!cause?.uri) {
      await vscode.commands.executeCommand('goEnv.diagnose');
      return;
    }
    const at = new vscode.Position(cause.line, cause.character);
    await vscode.window.showTextDocument(this.sidecar.uri(cause.uri), { selection: new vscode.Range(at, at) });
  }

  // here is what runs in the folder of the active file, or in the only one.
  private here(status: Status | undefined): StatusFolder | undefined {
    const folders = status?.folders ?? [];
    const active = vscode.window.activeTextEditor?.document.uri;
    const folder = active && vscode.workspace.getWorkspaceFolder(active);
    const known = folders.find(({ uri }) => this.sidecar.uri(uri).toString() === folder?.uri.toString());
    return known ?? (folders.length === 1 ? folders[0] : undefined);
  }

  private show(status: Status | undefined): void {
    const { errors = 0, warnings = 0, cause, tools = [] } = status ?? {};
    if (errors > 0) {
      const text = errors === 1 ? vscode.l10n.t('Go environment: 1 error') : vscode.l10n.t('Go environment: {0} errors', errors);
      this.bar.text = `$(error) ${text}`;
      this.bar.tooltip = cause?.message;
      this.bar.accessibilityInformation = { label: cause ? `${text}. ${cause.message}` : text };
      this.bar.show();
    } else {
      this.bar.hide();
    }

    const [go, ...others] = [...tools].sort((a, b) => Number(b.name === 'go') - Number(a.name === 'go'));
    const here = this.here(status);
    this.tools.busy = status === undefined;
    this.tools.text = here?.version ? `Go ${here.version.replace(/^go/, '')}` : go ? named(go) : vscode.l10n.t('Go environment');
    this.tools.detail = [...others.map(named), here?.why ?? go?.why ?? ''].filter(text => text !== '').map(oneLine).join(' · ');

    this.cause?.dispose();
    this.cause = undefined;
    if (errors === 0 && warnings === 0) return;
    this.cause = vscode.languages.createLanguageStatusItem('goEnv.cause', GO);
    this.cause.name = vscode.l10n.t('Go Environment Problems');
    this.cause.severity = errors > 0 ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Warning;
    this.cause.text = oneLine(cause?.message ?? status?.summary ?? '');
    this.cause.command = { command: 'goEnv.showCause', title: cause ? vscode.l10n.t('Show') : vscode.l10n.t('Diagnose') };
  }
}

// named is a tool with its version: Go 1.26.1, gopls v0.20.0.
function named({ name, version, file }: StatusTool): string {
  if (file === '') return vscode.l10n.t('no {0}', name);
  return name === 'go' ? `Go ${version.replace(/^go/, '')}`.trim() : `${name} ${version}`.trim();
}
