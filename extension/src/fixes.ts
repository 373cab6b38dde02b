import * as vscode from 'vscode';
import type { Diffs } from './diffs';
import type { SearchPath } from './searchpath';
import { plain, type Sidecar } from './sidecar';
import { CommandFix, CommandLocate, CommandUndo, MethodPreview, MethodPreviewLocate, SafetySafe, type FixRequest, type LocateRequest, type ManualFix, type PreviewResult, type Receipt, type SettingChange, type Stale, type UndoRequest } from './wire';

/** Fixes makes fixes of the machine: the diff first where the user decides, then what was done and who has to hear of it. */
export class Fixes {
  constructor(private readonly sidecar: Sidecar, private readonly diffs: Diffs, private readonly searchPath: SearchPath) {}

  /** fix makes one fix, or all safe ones. A single safe fix is what the user chose and is made at once. */
  async fix(request: FixRequest): Promise<void> {
    const preview = await this.sidecar.request<PreviewResult>(MethodPreview, request);
    if (preview.files.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is nothing to fix.'));
      return;
    }
    if ((request.allSafe || preview.safety !== SafetySafe) && !await this.diffs.confirm(preview)) return;
    if (preview.settings.length > 0 && await this.configure(preview)) return;
    await this.tell(await this.sidecar.execute<Receipt>(CommandFix, request));
  }

  /** undo takes back the fix of a receipt, the last one by default. */
  async undo(request: UndoRequest): Promise<void> {
    await this.tell(await this.sidecar.execute<Receipt>(CommandUndo, request), false);
  }

  /** locate has the user point at a program, so that it is found from now on. */
  async locate(program: string): Promise<void> {
    const options = { canSelectMany: false, title: vscode.l10n.t('Locate {0}', program), openLabel: vscode.l10n.t('Use This {0}', program) };
    const [chosen] = await vscode.window.showOpenDialog(options) ?? [];
    if (!chosen) return;
    const request: LocateRequest = { file: chosen.fsPath };
    const preview = await this.sidecar.request<PreviewResult>(MethodPreviewLocate, request);
    if (!await this.diffs.confirm(preview)) return;
    if (preview.settings.length > 0 && await this.configure(preview)) return;
    await this.tell(await this.sidecar.execute<Receipt>(CommandLocate, request));
  }

  /** instruct shows what only the user can do. Nothing is run. */
  async instruct({ title, text, command, page, locate }: ManualFix): Promise<void> {
    const actions: Record<string, () => unknown> = {};
    if (command !== '') actions[vscode.l10n.t('Copy')] = () => vscode.env.clipboard.writeText(command);
    // A line end or an escape sequence typed into a terminal would run something.
    if (command !== '' && !/[\x00-\x1f\x7f-\x9f]/.test(command)) {
      actions[vscode.l10n.t('Put in Terminal')] = () => {
        const terminal = vscode.window.activeTerminal ?? vscode.window.createTerminal();
        terminal.show();
        terminal.sendText(command, false);
      };
    }
    if (page) actions[vscode.l10n.t('Open Page')] = () => vscode.env.openExternal(vscode.Uri.parse(page));
    if (locate) actions[vscode.l10n.t('Locate…')] = () => this.locate(locate);
    const detail = command !== '' ? `${text}\n\n${command}` : text;
    const chosen = await vscode.window.showInformationMessage(title, { modal: true, detail }, ...Object.keys(actions));
    if (chosen) await actions[chosen]?.();
  }

  /** tell shows a receipt: what was done, and one action for each program that still has the old value. */
  async tell(receipt: Receipt, undoable = true): Promise<void> {
    const actions: Record<string, () => unknown> = {};
    for (const stale of receipt.stale) Object.assign(actions, await this.remedy(stale));
    if (undoable && receipt.id !== '') actions[vscode.l10n.t('Undo')] = () => this.undo({ id: receipt.id });
    this.say([receipt.message, ...receipt.stale.flatMap(s => [s.message, s.action])].join(' '), actions);
  }

  // remedy is what the editor itself can do about a program that still has the old value.
  private async remedy({ what }: Stale): Promise<Record<string, () => unknown>> {
    switch (what) {
      case 'gopls':
        return await this.searchPath.canRestartGopls() ? { [vscode.l10n.t('Restart {0}', what)]: () => this.searchPath.restartGopls() } : {};
      case 'editor':
        return this.searchPath.askable ? { [vscode.l10n.t('Use New PATH Here')]: () => this.searchPath.ask() } : {};
      case 'terminals':
        return { [vscode.l10n.t('New Terminal')]: () => vscode.window.createTerminal().show() };
      default:
        return {};
    }
  }

  private say(message: string, actions: Record<string, () => unknown>): void {
    void vscode.window.showInformationMessage(plain(message), ...Object.keys(actions)).then(async label => {
      try {
        if (label) await actions[label]?.();
      } catch (err) {
        this.sidecar.report(err);
      }
    });
  }

  // configure makes changes of settings by the editor's own interface, which keeps comments and knows where each setting belongs.
  // It reports false, and leaves all as it was, where the editor does not take them: it refuses settings that no extension declares.
  private async configure({ title, settings }: PreviewResult): Promise<boolean> {
    const before = new Map<string, unknown>();
    const restore = async () => {
      for (const [key, value] of before) await update(key, value);
    };
    try {
      for (const { key, value, removed } of settings) {
        const old = vscode.workspace.getConfiguration().inspect(key)?.globalValue;
        await update(key, removed ? undefined : JSON.parse(value));
        before.set(key, old);
      }
    } catch {
      await restore();
      return false;
    }
    const undo = async () => {
      await restore();
      await this.sidecar.look();
      this.say(vscode.l10n.t('Taken back: {0}.', title), {});
    };
    await this.sidecar.look();
    this.say(vscode.l10n.t('Done: {0}.', title), { [vscode.l10n.t('Undo')]: undo });
    return true;
  }
}

// update writes into the user's settings; in a remote window the editor puts those of a machine into the machine's.
function update(key: SettingChange['key'], value: unknown): Thenable<void> {
  return vscode.workspace.getConfiguration().update(key, value, vscode.ConfigurationTarget.Global);
}
