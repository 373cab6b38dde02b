import * as path from 'node:path';
import * as vscode from 'vscode';
import { type Sidecar } from './sidecar';
import type { Status } from './wire';

const RESTART_GOPLS = 'go.languageserver.restart';

/**
 * SearchPath puts directories that a freshly started editor would have on PATH before the PATH of the extensions and of new
 * terminals, while the setting goEnv.usePersistentPath says so. Nothing is replaced, and all of it is taken back when the setting is
 * turned off.
 */
export class SearchPath implements vscode.Disposable {
  /** The editor can restart gopls. */
  canRestartGopls = false;

  // What this window has put before PATH, in order.
  private added: string[] = [];
  private readonly terminals: vscode.EnvironmentVariableCollection;
  private readonly parts: vscode.Disposable[];

  constructor(context: vscode.ExtensionContext, private readonly sidecar: Sidecar) {
    this.terminals = context.environmentVariableCollection;
    this.terminals.persistent = false;
    this.terminals.description = vscode.l10n.t('Directories that a fresh login has on PATH and this editor lacks (goEnv.usePersistentPath)');
    const run = (step: Promise<void>) => void step.catch((err: unknown) => this.sidecar.report(err));
    this.parts = [
      sidecar.onDidChangeStatus(status => run(this.follow(status))),
      vscode.workspace.onDidChangeConfiguration(e => {
        if (e.affectsConfiguration('goEnv.usePersistentPath')) run(this.follow(sidecar.status));
      }),
    ];
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  /** lacks says that a freshly started editor would have directories on PATH that this one does not. */
  get lacks(): boolean {
    return !allowed() && (this.sidecar.status?.missingPath.length ?? 0) > 0;
  }

  /** allow is the user's consent. */
  async allow(): Promise<void> {
    await vscode.workspace.getConfiguration('goEnv').update('usePersistentPath', true, vscode.ConfigurationTarget.Global);
  }

  async restartGopls(): Promise<void> {
    await vscode.commands.executeCommand(RESTART_GOPLS);
  }

  private async follow(status: Status | undefined): Promise<void> {
    this.canRestartGopls = (await vscode.commands.getCommands(true)).includes(RESTART_GOPLS);
    const before = this.added;
    if (!allowed()) this.added = [];
    else if (status) this.added = [...new Set([...status.missingPath, ...before])];
    if (this.added.join(path.delimiter) === before.join(path.delimiter)) return;

    const own = new Set(before);
    const rest = (process.env['PATH'] ?? '').split(path.delimiter).filter(dir => !own.has(dir));
    process.env['PATH'] = [...this.added, ...rest].join(path.delimiter);
    this.terminals.clear();
    if (this.added.length > 0) this.terminals.prepend('PATH', this.added.join(path.delimiter) + path.delimiter);
    // Both have the PATH that they were started with.
    await this.sidecar.restart();
    if (this.canRestartGopls) await this.restartGopls();
  }
}

function allowed(): boolean {
  return vscode.workspace.getConfiguration('goEnv').inspect<boolean>('usePersistentPath')?.globalValue ?? false;
}
