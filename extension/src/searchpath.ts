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

  /** askable says that a freshly started editor would have directories on PATH that this one lacks, and that the user has not decided about them. */
  get askable(): boolean {
    return consent() === undefined && this.missing.length > 0;
  }

  /** ask asks for the user's consent, once: a yes and a no are both kept in the setting. */
  async ask(): Promise<void> {
    const use = vscode.l10n.t('Use Them'), never = vscode.l10n.t('Never');
    const detail = vscode.l10n.t('They stand in front of PATH for the extensions of this editor and for new terminals, and gopls is started again. Nothing is taken out, and nothing is changed on the machine. The setting goEnv.usePersistentPath keeps your answer.');
    const question = vscode.l10n.t('Use the directories of PATH that a fresh login has and this editor lacks?');
    const chosen = await vscode.window.showInformationMessage(question, { modal: true, detail: `${this.missing.join('\n')}\n\n${detail}` }, use, never);
    if (chosen) await vscode.workspace.getConfiguration('goEnv').update('usePersistentPath', chosen === use, vscode.ConfigurationTarget.Global);
  }

  /** canRestartGopls says that an extension is there that starts gopls again when it is asked to. */
  async canRestartGopls(): Promise<boolean> {
    return (await vscode.commands.getCommands(true)).includes(RESTART_GOPLS);
  }

  async restartGopls(): Promise<void> {
    await vscode.commands.executeCommand(RESTART_GOPLS);
  }

  private get missing(): string[] {
    return this.sidecar.status?.missingPath ?? [];
  }

  private async follow(status: Status | undefined): Promise<void> {
    const before = this.added;
    if (!consent()) this.added = [];
    else if (status) this.added = [...new Set([...status.missingPath, ...before])];
    if (this.added.join(path.delimiter) === before.join(path.delimiter)) return;

    const own = new Set(before);
    const rest = (process.env['PATH'] ?? '').split(path.delimiter).filter(dir => !own.has(dir));
    process.env['PATH'] = [...this.added, ...rest].join(path.delimiter);
    this.terminals.clear();
    if (this.added.length > 0) this.terminals.prepend('PATH', this.added.join(path.delimiter) + path.delimiter);
    // Both have the PATH that they were started with.
    await this.sidecar.restart();
    if (await this.canRestartGopls()) await this.restartGopls();
  }
}

// consent is what the user decided; a workspace cannot decide it.
function consent(): boolean | undefined {
  return vscode.workspace.getConfiguration('goEnv').inspect<boolean>('usePersistentPath')?.globalValue;
}
