import * as vscode from 'vscode';
import type { Diffs } from './diffs';
import type { Fixes } from './fixes';
import { oneLine } from './problems';
import type { Sidecar } from './sidecar';
import { MethodHistory, type HistoryEntry, type HistoryResult } from './wire';

/** showHistory lists the fixes that were made, with what each changed, and takes one back. */
export async function showHistory(sidecar: Sidecar, diffs: Diffs, fixes: Fixes): Promise<void> {
  const { entries } = await sidecar.request<HistoryResult>(MethodHistory, {});
  if (entries.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No fix was made on this machine yet.'));
    return;
  }
  const entry = await choose(entries.map(entry => ({ label: oneLine(entry.title), description: entry.state, detail: when(entry), value: entry })), {
    title: vscode.l10n.t('Fixes that were made, newest first'), placeHolder: vscode.l10n.t('A fix to look at or to undo'), matchOnDescription: true, matchOnDetail: true,
  });
  if (!entry) return;
  const show = { label: `$(diff) ${vscode.l10n.t('Show Changes')}`, value: async () => void await diffs.show(entry) };
  const undo = { label: `$(discard) ${vscode.l10n.t('Undo')}`, value: () => fixes.undo({ id: entry.id }) };
  const actions = [...entry.files.length > 0 ? [show] : [], ...entry.undoable ? [undo] : []];
  const action = actions.length > 1 ? await choose(actions, { title: oneLine(entry.title) }) : actions[0]?.value;
  await action?.();
}

async function choose<T>(items: (vscode.QuickPickItem & { value: T })[], options: vscode.QuickPickOptions): Promise<T | undefined> {
  return (await vscode.window.showQuickPick(items, options))?.value;
}

function when({ time }: HistoryEntry): string {
  return new Date(time).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'medium' });
}
