import * as vscode from 'vscode';
import { plain } from './sidecar';
import type { FilePreview } from './wire';

// Documents with the two sides of a diff: go-env-preview:/PLACE?old-… and go-env-preview:/PLACE?new-…, of one that can be applied; the
// buttons for that stand on no other. Both have one path, for the editor takes two for a file that was renamed.
const PREVIEW = 'go-env-preview';
const PAST = 'go-env-past';

/** What a diff shows: a title, and places before and after. */
export interface Shown {
  readonly title: string;
  readonly files: readonly FilePreview[];
}

/** Diffs shows what changes, or changed, in the diff editor: one editor for all places. */
export class Diffs implements vscode.Disposable {
  private readonly sides = new Map<string, string>();
  private asked: { ids: Set<string>; answer: (apply: boolean) => void } | undefined;
  private readonly parts = [
    ...[PREVIEW, PAST].map(scheme => vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: uri => this.sides.get(uri.query) ?? '' })),
    vscode.commands.registerCommand('goEnv.preview.apply', () => this.asked?.answer(true)),
    vscode.commands.registerCommand('goEnv.preview.discard', () => this.asked?.answer(false)),
    vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
      const gone = closed.flatMap(sidesOf);
      if (gone.some(id => this.asked?.ids.has(id))) this.asked?.answer(false);
      const still = new Set(tabs().flatMap(sidesOf)); // a tab that moves to another group closes in the old one
      for (const id of gone) if (!still.has(id)) this.sides.delete(id);
    }),
  ];

  constructor() {
    // The editor brings them back after a restart, when there is nothing to show in them.
    void vscode.window.tabGroups.close(tabs().filter(tab => sidesOf(tab).length > 0));
  }

  dispose(): void {
    this.asked?.answer(false);
    for (const part of this.parts) part.dispose();
  }

  /** show shows a diff to look at. It returns the ids of its documents. */
  async show({ title, files }: Shown, scheme = PAST): Promise<Set<string>> {
    const side = (name: string, index: number, label: string, text: string) => {
      // An id, because the editor keeps a document that it has read under the same name.
      const query = `${name}-${index}-${crypto.randomUUID()}`;
      this.sides.set(query, text);
      return vscode.Uri.from({ scheme, path: `/${label.replace(/^[/\\]+/, '')}`, query });
    };
    const pairs = files.map(({ label, old, new: to }, i): [vscode.Uri, vscode.Uri] => [side('old', i, label, old), side('new', i, label, to)]);
    const [pair] = pairs;
    if (pairs.length === 1 && pair) await vscode.commands.executeCommand('vscode.diff', ...pair, files[0]?.label);
    else await vscode.commands.executeCommand('vscode.changes', title, pairs.map(([old, to]) => [to, old, to]));
    return new Set(pairs.flat().map(uri => uri.query));
  }

  /**
   * confirm shows a diff, covered by nothing, and waits for one of: the buttons of the editor's title, their keys, the
   * notification, or the end of the diff's tab.
   */
  async confirm(shown: Shown): Promise<boolean> {
    this.asked?.answer(false);
    let answer!: (apply: boolean) => void;
    const answered = new Promise<boolean>(resolve => answer = resolve);
    const own = this.asked = { ids: new Set<string>(), answer };
    await vscode.commands.executeCommand('setContext', 'goEnv.previewing', true);
    try {
      own.ids = await this.show(shown, PREVIEW);
      // This kind of notification stays until the answer is there, and goes with it.
      const question = vscode.l10n.t('{0}? [Apply](command:goEnv.preview.apply)', plain(shown.title));
      return await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: question, cancellable: true }, (_, token) => {
        token.onCancellationRequested(() => answer(false));
        return answered;
      });
    } finally {
      if (this.asked === own) {
        this.asked = undefined;
        await vscode.commands.executeCommand('setContext', 'goEnv.previewing', false);
      }
      await vscode.window.tabGroups.close(tabs().filter(tab => sidesOf(tab).some(id => own.ids.has(id))));
    }
  }
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap(group => group.tabs);
}

// sidesOf is the ids of the documents of ours that a tab shows.
function sidesOf({ input }: vscode.Tab): string[] {
  // The tab of vscode.changes has no public class; what it shows tells it.
  const diffs = input instanceof vscode.TabInputTextDiff ? [input] : (input as { textDiffs?: vscode.TabInputTextDiff[] } | undefined)?.textDiffs;
  return (diffs ?? []).flatMap(({ original, modified }) => [original, modified]).filter(uri => uri.scheme === PREVIEW || uri.scheme === PAST).map(uri => uri.query);
}
