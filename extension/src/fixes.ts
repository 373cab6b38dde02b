import * as vscode from 'vscode';
import { plain, type Sidecar } from './sidecar';
import { CommandFix, CommandUndo, MethodPreview, SafetySafe, type FixRequest, type ManualFix, type PreviewResult, type Receipt, type Stale, type UndoRequest } from './wire';

// Documents with the two sides of a diff: go-env-preview:/old/… and go-env-preview:/new/….
const SCHEME = 'go-env-preview';

// What the editor itself can do about a program that still has the old value, by the program's name.
const REMEDIES: Record<Stale['what'], string> = { gopls: 'go.languageserver.restart' };

/** Fixes makes fixes of the machine: the diff first where the user decides, then what was done and who has to hear of it. */
export class Fixes implements vscode.Disposable {
  private readonly sides = new Map<string, string>();
  private answer: ((apply: boolean) => void) | undefined;
  private readonly parts = [
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, { provideTextDocumentContent: uri => this.sides.get(uri.path) ?? '' }),
    vscode.commands.registerCommand('goEnv.preview.apply', () => this.answer?.(true)),
    vscode.commands.registerCommand('goEnv.preview.discard', () => this.answer?.(false)),
    vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
      if (closed.some(tab => this.shows(tab))) this.answer?.(false);
    }),
  ];

  constructor(private readonly sidecar: Sidecar) {}

  dispose(): void {
    this.answer?.(false);
    for (const part of this.parts) part.dispose();
  }

  /** fix makes one fix, or all safe ones. A single safe fix is what the user chose and is made at once. */
  async fix(request: FixRequest): Promise<void> {
    const preview = await this.sidecar.request<PreviewResult>(MethodPreview, request);
    if (preview.files.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('There is nothing to fix.'));
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

  // confirm shows the diff, covered by nothing, and waits for one of: the buttons of the editor's title, their keys, the
  // notification, or the end of the diff's tab.
  private async confirm({ title, files }: PreviewResult): Promise<boolean> {
    this.answer?.(false);
    const answered = new Promise<boolean>(resolve => this.answer = resolve);
    const own = this.answer;
    this.sides.clear();
    const pairs = files.map(({ label, old, new: to }, i): [vscode.Uri, vscode.Uri] => [this.side('old', i, label, old), this.side('new', i, label, to)]);
    await vscode.commands.executeCommand('setContext', 'goEnv.previewing', true);
    try {
      const [pair] = pairs;
      if (pairs.length === 1 && pair) await vscode.commands.executeCommand('vscode.diff', ...pair, files[0]?.label);
      else await vscode.commands.executeCommand('vscode.changes', title, pairs.map(([old, to]) => [to, old, to]));

      // This kind of notification stays until the answer is there, and goes with it.
      const question = vscode.l10n.t('{0}? [Apply](command:goEnv.preview.apply)', plain(title));
      return await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: question, cancellable: true }, (_, token) => {
        token.onCancellationRequested(() => own?.(false));
        return answered;
      });
    } finally {
      if (this.answer === own) {
        this.answer = undefined;
        await vscode.commands.executeCommand('setContext', 'goEnv.previewing', false);
        await vscode.window.tabGroups.close(vscode.window.tabGroups.all.flatMap(group => group.tabs).filter(tab => this.shows(tab)));
      }
    }
  }

  private side(name: string, index: number, label: string, text: string): vscode.Uri {
    // The time, because the editor keeps a document that it has read under the same name.
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}/${Date.now()}-${index}/${label.replace(/^[/\\]+/, '')}` });
    this.sides.set(uri.path, text);
    return uri;
  }

  // shows reports whether a tab is the diff in question, and not one before it.
  private shows({ input }: vscode.Tab): boolean {
    // The tab of vscode.changes has no public class; what it shows tells it.
    const diffs = input instanceof vscode.TabInputTextDiff ? [input] : (input as { textDiffs?: vscode.TabInputTextDiff[] } | undefined)?.textDiffs;
    return diffs?.some(({ modified }) => modified.scheme === SCHEME && this.sides.has(modified.path)) ?? false;
  }

  private async execute(command: string, argument: FixRequest | UndoRequest): Promise<void> {
    const receipt = await this.sidecar.request<Receipt>('workspace/executeCommand', { command, arguments: [argument] });
    const actions: Record<string, () => unknown> = {};
    const known = await vscode.commands.getCommands(true);
    for (const { what } of receipt.stale) {
      const remedy = REMEDIES[what];
      if (remedy && known.includes(remedy)) actions[vscode.l10n.t('Restart {0}', what)] = () => vscode.commands.executeCommand(remedy);
    }
    if (command === CommandFix) {
      actions[vscode.l10n.t('Undo')] = () => this.undo({ id: receipt.id }).catch((err: unknown) => this.sidecar.report(err));
    }
    const message = [receipt.message, ...receipt.stale.flatMap(s => [s.message, s.action])].join(' ');
    void vscode.window.showInformationMessage(plain(message), ...Object.keys(actions)).then(label => label && actions[label]?.());
  }
}
