import * as vscode from 'vscode';
import type { Diffs } from './diffs';
import type { Fixes } from './fixes';
import { cancelled, type Sidecar } from './sidecar';
import { CommandSave, MethodDocument, MethodPreviewSave, type DocumentResult, type PreviewResult, type Receipt, type SaveRequest } from './wire';

/** The scheme of what the sidecar shows as text. */
export const SCHEME = 'go-env';

// A document as it is known here.
interface Known {
  text: string;
  savable: boolean;
  reason: string;
  ctime: number; // ms since 1970
  mtime: number;
  base: string; // what the editor last read: the text that the user began with
  written: boolean; // the editor wrote it and has not asked yet what became of it
}

/**
 * Documents is the file system of go-env: documents. It is not a read-only one, for the editor offers no fixes in a document that
 * cannot be edited; what cannot be saved is refused when it is saved, with the reason.
 */
export class Documents implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;

  private readonly known = new Map<string, Known>();
  private readonly parts: vscode.Disposable[];

  constructor(private readonly sidecar: Sidecar, private readonly diffs: Diffs, private readonly fixes: Fixes) {
    this.parts = [
      vscode.workspace.registerFileSystemProvider(SCHEME, this, { isCaseSensitive: true }),
      sidecar.onDidChangeDocuments(uris => this.refresh(uris)),
      // A new sidecar does not know what the one before was asked for, and can say what could not be read until now.
      sidecar.onDidStart(() => this.refresh([...this.known.keys()])),
    ];
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
    this.changes.dispose();
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    let known = this.known.get(uri.toString());
    if (known?.written) {
      // The editor asks what it wrote, and must not take the time of a later text for that of its own.
      known.written = false;
      const { ctime, mtime, text } = known;
      setImmediate(() => this.refresh([uri.toString()]));
      return { type: vscode.FileType.File, ctime, mtime, size: Buffer.byteLength(text) };
    }
    known = await this.read(uri);
    return { type: vscode.FileType.File, ctime: known.ctime, mtime: known.mtime, size: Buffer.byteLength(known.text) };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const known = await this.read(uri);
    known.base = known.text;
    return Buffer.from(known.text);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const known = this.known.get(uri.toString()) ?? await this.read(uri);
    if (!known.savable) throw refused(known.reason);
    const request: SaveRequest = { uri: uri.toString(), base: known.base, text: Buffer.from(content).toString('utf8') };
    if (request.text === request.base) return;
    let receipt: Receipt;
    try {
      const preview = await this.sidecar.request<PreviewResult>(MethodPreviewSave, request);
      if (preview.files.length > 0 && !await this.diffs.confirm(preview)) throw refused(vscode.l10n.t('You discarded the changes.'));
      receipt = await this.sidecar.execute<Receipt>(CommandSave, request);
    } catch (err) {
      if (err instanceof vscode.FileSystemError) throw err;
      if (cancelled(err)) throw refused(vscode.l10n.t('It was cancelled.'));
      reveal(uri, err);
      throw refused(err instanceof Error ? err.message : String(err));
    }
    Object.assign(known, { text: request.text, base: request.text, mtime: later(known), written: true });
    void this.fixes.tell(receipt);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {}); // the sidecar tells of all that were read
  }

  readDirectory(): never {
    throw onlyDocuments();
  }

  createDirectory(): never {
    throw onlyDocuments();
  }

  delete(): never {
    throw onlyDocuments();
  }

  rename(): never {
    throw onlyDocuments();
  }

  // read asks for a document as it is now.
  private async read(uri: vscode.Uri): Promise<Known> {
    const key = uri.toString();
    const result = await this.sidecar.ask<DocumentResult>(MethodDocument, { uri: key }).catch((err: unknown): DocumentResult => {
      // The editor does not show why a file cannot be read, so the text does, until there is another one.
      const reason = err instanceof Error ? err.message : String(err);
      return { text: `; ${reason.replace(/\s+/g, ' ')}\n`, savable: false, reason };
    });
    const old = this.known.get(key);
    if (!old) {
      const now = Date.now();
      const known: Known = { ...result, ctime: now, mtime: now, base: result.text, written: false };
      this.known.set(key, known);
      return known;
    }
    if (old.text !== result.text) old.mtime = later(old);
    return Object.assign(old, result);
  }

  // refresh reads documents again and tells the editor which of them changed. It reloads those that the user has not edited.
  private refresh(uris: string[]): void {
    for (const key of uris) {
      const known = this.known.get(key);
      if (!known || known.written) continue;
      const { mtime } = known;
      const uri = vscode.Uri.parse(key);
      void this.read(uri).then(({ mtime: now }) => {
        if (now !== mtime) this.changes.fire([{ type: vscode.FileChangeType.Changed, uri }]);
      });
    }
  }
}

// later is a time of change after that of what is known, for the editor compares them.
function later({ mtime }: Known): number {
  return Math.max(Date.now(), mtime + 1);
}

function refused(reason: string): vscode.FileSystemError {
  return new vscode.FileSystemError(vscode.l10n.t('Nothing was written. {0}', reason));
}

function onlyDocuments(): vscode.FileSystemError {
  return vscode.FileSystemError.NoPermissions(vscode.l10n.t('These documents show the machine: none can be made, moved or deleted.'));
}

// reveal puts the cursor on the line that an error of the sidecar names.
function reveal(uri: vscode.Uri, err: unknown): void {
  const line = (err as { data?: { line?: unknown } }).data?.line;
  const editor = vscode.window.visibleTextEditors.find(e => e.document.uri.toString() === uri.toString());
  if (!editor || typeof line !== 'number' || line < 1 || line > editor.document.lineCount) return;
  const { range } = editor.document.lineAt(line - 1);
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
