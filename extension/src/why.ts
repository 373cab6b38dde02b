import * as vscode from 'vscode';
import type { Explanations } from './explain';
import { oneLine } from './problems';
import type { Sidecar } from './sidecar';
import { MethodVariables, type VariablesResult } from './wire';

/** askWhy asks for a variable and shows where its value comes from, in the folder of the active file. */
export async function askWhy(sidecar: Sidecar, explanations: Explanations): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const about = active?.scheme === 'file' ? { uri: active.toString() } : {};
  const choices = sidecar.request<VariablesResult>(MethodVariables, about)
    .then(({ variables }) => variables.map(({ name, value, why }) => ({ label: name, description: oneLine(value), detail: oneLine(why) })));
  const chosen = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Why This Value?'),
    placeHolder: vscode.l10n.t('A variable of the go command'),
    matchOnDescription: true,
  });
  if (chosen) await explanations.value(chosen.label, about.uri);
}
