import * as vscode from 'vscode';
import type { Sidecar } from './sidecar';
import { CommandFix, CommandUndo, MethodPreview, SafetySafe, type FixRequest, type ManualFix, type PreviewResult, type Receipt, type UndoRequest } from './wire';

// Documents with the two sides of a diff: go-env-preview:/old/0/label and go-env-preview:/new/0/label.
const SCHEME = 'go-env-preview';

/** Fixes makes fixes of the machine: the diff first where the user decides, then what was done and who has to hear of it. */
export class Fixes implements vscode.Disposable {
  private readonly sides = new Map<string, string>();
  private readonly provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: uri => this.sides.get(uri.path) ?? '',
  });

  constructor(private readonly sidecar: Sidecar) {}

  dispose(): void {
    this.provider.dispose();
  }

  /** fix makes one fix, or all safe ones. A single safe fix is what the user chose and is made at once. */
  async fix(request: FixRequest): Promise<void> {
    const preview = await this.sidecar.request<PreviewResult>(MethodPreview, request);
    if (preview.files.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Nothing to fix.'));
      return;
    }
    if ((request.allSafe || preview.safety !== SafetySafe) && !await this.confirm(preview)) return;
    await this.execute(CommandFix, request);
  }

  /** undo takes back the fix of a receipt, the last one by default. */
  async undo(request: UndoRequest): Promise<void> {
    await this.execute(CommandUndo, request);
  }

  /** explain shows what only the user can do. Nothing is run. */
  async explain({ title, text, command }: ManualFix): Promise<void> {
    const copy = vscode.l10n.t('Copy');
    const type = vscode.l10n.t('Put in Terminal');
    // A line end or an escape sequence typed into a terminal would run something.
    const typable = command !== '' && !/[\x00-\x1f\x7f-\x9f]/.test(command);
    const actions = [...command !== '' ? [copy] : [], ...typable ? [type] : []];
    const detail = command !== '' ? `${text}\n\n${command}` : text;
    const chosen = await vscode.window.showInformationMessage(title, { modal: true, detail }, ...actions);
    if (chosen === copy) await vscode.env.clipboard.writeText(command);
    if (chosen === type) {
      const terminal = vscode.window.activeTerminal ?? vscode.window.createTerminal();
      terminal.show();
      terminal.sendText(command, false);
    }
  }

  // The question stands above the diff and does not cover it; Enter applies, Escape does not.
  private async confirm({ title, files }: PreviewResult): Promise<boolean> {
    this.sides.clear();
    const pairs = files.map(({ label, old, new: to }, i): [vscode.Uri, vscode.Uri] => {
      const side = (name: string, text: string) => {
        const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}/${Date.now()}-${i}/${label.replace(/^\/+/, '')}` });
        this.sides.set(uri.path, text);
        return uri;
      };
      return [side('old', old), side('new', to)];
    });
    const [first] = pairs;
    if (pairs.length === 1 && first) {
      await vscode.commands.executeCommand('vscode.diff', ...first, files[0]?.label, { preview: true });
    } else {
      await vscode.commands.executeCommand('vscode.changes', title, pairs.map(([old, to]) => [to, old, to]));
    }
    const apply = { label: vscode.l10n.t('$(check) Apply'), detail: title };
    const cancel = { label: vscode.l10n.t('$(close) Cancel'), detail: vscode.l10n.t('Change nothing') };
    const options = { title, placeHolder: vscode.l10n.t('Make these changes?'), ignoreFocusOut: true };
    const chosen = await vscode.window.showQuickPick([apply, cancel], options);
    await closeDiff();
    return chosen === apply;
  }

  private async execute(command: string, argument: FixRequest | UndoRequest): Promise<void> {
    const receipt = await this.sidecar.request<Receipt>('workspace/executeCommand', { command, arguments: [argument] });
    const actions: Record<string, () => unknown> = {};
    const known = receipt.stale.some(s => s.action) ? await vscode.commands.getCommands(true) : [];
    for (const { what, action } of receipt.stale) {
      if (action && known.includes(action)) actions[vscode.l10n.t('Restart {0}', what)] = () => vscode.commands.executeCommand(action);
    }
    if (command === CommandFix) actions[vscode.l10n.t('Undo')] = () => this.undo({ id: receipt.id }).catch((err: unknown) => this.sidecar.report(err));
    const message = [receipt.message, ...receipt.stale.map(s => s.message)].join(' ');
    void vscode.window.showInformationMessage(message, ...Object.keys(actions)).then(label => label && actions[label]?.());
  }
}

async function closeDiff(): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap(group => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter(({ input }) =>
    input instanceof vscode.TabInputTextDiff ? input.modified.scheme === SCHEME
      // The tab of vscode.changes has no public class; what it shows tells it.
      : (input as { textDiffs?: vscode.TabInputTextDiff[] } | undefined)?.textDiffs?.some(d => d.modified.scheme === SCHEME)));
}
