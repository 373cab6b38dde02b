import * as vscode from 'vscode';
import { SCHEME } from './documents';
import type { Sidecar } from './sidecar';
import { MethodExplain, MethodWhy, type ExplainParams, type ExplainResult, type Problem, type WhyParams, type WhyResult } from './wire';

const OPEN = 'goEnv.openLink'; // the only command that a page may run

/** Explanations shows explanations as pages, beside the text that they are about. */
export class Explanations implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private readonly part = vscode.commands.registerCommand(OPEN, (uri: unknown) => this.open(String(uri)).catch((err: unknown) => this.sidecar.report(err)));

  constructor(private readonly sidecar: Sidecar) {}

  dispose(): void {
    this.part.dispose();
    this.panel?.dispose();
  }

  /** problem explains a problem. */
  async problem(problem: Problem): Promise<void> {
    await this.show(vscode.l10n.t('Problem: {0}', problem.rule), { problem });
  }

  /** value explains where the value of a variable comes from, in the folder of a document. */
  async value(name: string, uri: string | undefined): Promise<void> {
    const params: WhyParams = { name, ...(uri !== undefined && { uri }) };
    const { markdown } = await this.sidecar.request<WhyResult>(MethodWhy, params);
    await this.page(vscode.l10n.t('Why {0}?', name), markdown);
  }

  /** error explains an error message, which the user is asked for with what he may have meant. */
  async error(selection?: string): Promise<void> {
    const copied = selection === undefined ? await vscode.env.clipboard.readText() : '';
    const text = selection ?? await vscode.window.showInputBox({
      title: vscode.l10n.t('Explain Error'),
      prompt: vscode.l10n.t('An error message of go, gopls, the editor or the operating system, in full or in part'),
      placeHolder: 'go: cannot find GOROOT directory: …',
      value: likeError(copied) ? oneLine(copied) : '',
      ignoreFocusOut: true,
    });
    if (text?.trim()) await this.show(vscode.l10n.t('Explain Error'), { text });
  }

  private async show(title: string, params: ExplainParams): Promise<void> {
    const { markdown } = await this.sidecar.request<ExplainResult>(MethodExplain, params);
    await this.page(title, markdown);
  }

  private async page(title: string, markdown: string): Promise<void> {
    const html = await render(markdown);
    if (html === undefined) { // the editor's own Markdown is disabled
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'markdown', content: markdown }), { preview: true });
      return;
    }
    if (!this.panel) {
      const options = { enableScripts: false, enableCommandUris: [OPEN], enableFindWidget: true, localResourceRoots: [] };
      this.panel = vscode.window.createWebviewPanel('goEnv.explanation', title, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false }, options);
      this.panel.onDidDispose(() => this.panel = undefined);
    }
    this.panel.title = title;
    this.panel.webview.html = page(title, html);
    this.panel.reveal();
  }

  // open opens a link of a page: a place of the machine, a document of the sidecar, another page, or the web.
  private async open(link: string): Promise<void> {
    const uri = this.sidecar.uri(link);
    switch (uri.scheme) {
      case 'http':
      case 'https':
        await vscode.env.openExternal(uri);
        return;
      case 'file':
      case 'vscode-userdata':
      case SCHEME: {
        const line = /^L?(\d+)/.exec(uri.fragment)?.[1];
        const at = line ? { selection: new vscode.Range(Number(line) - 1, 0, Number(line) - 1, 0) } : {};
        await vscode.commands.executeCommand('vscode.open', uri.with({ fragment: '' }), { ...at, viewColumn: vscode.ViewColumn.One });
      }
    }
  }
}

// render is Markdown as HTML by the editor's own renderer. That one drops links to files, so they go through it under another name.
async function render(markdown: string): Promise<string | undefined> {
  const text = markdown.replaceAll('](file:', '](go-env-file:').replaceAll('](<file:', '](<go-env-file:');
  try {
    const html = await vscode.commands.executeCommand<string>('markdown.api.render', text);
    return html.replace(/ href="([^"#][^"]*)"/g, (_, escaped: string) => ` href="${link(escaped)}"`).replace(/ data-href="[^"]*"/g, '');
  } catch {
    return undefined;
  }
}

function link(escaped: string): string {
  const href = escaped.replaceAll('&amp;', '&').replace(/^go-env-file:/, 'file:');
  // A page of the manual links to its neighbours.
  const uri = /^[\w-]+\.md$/.test(href) ? `${SCHEME}:/rules/${href}` : href;
  return `command:${OPEN}?${encodeURIComponent(JSON.stringify([uri]))}`;
}

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>
<style>
body { font-size: var(--vscode-markdown-font-size, 14px); line-height: 1.6; max-width: 46em; padding: 0 2em 2em; overflow-wrap: anywhere; }
h1, h2, h3 { font-weight: 600; line-height: 1.25; margin: 1.4em 0 0.6em; }
h1 { font-size: 1.7em; }
h2 { font-size: 1.3em; border-bottom: 1px solid var(--vscode-textSeparator-foreground, var(--vscode-panel-border)); padding-bottom: 0.2em; }
h3 { font-size: 1.1em; }
a { text-decoration: underline; }
pre { background: var(--vscode-textCodeBlock-background); border: 1px solid var(--vscode-contrastBorder, transparent); border-radius: 3px; overflow-x: auto; padding: 0.8em 1em; }
code { font-family: var(--vscode-editor-font-family); }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; }
td, th { border: 1px solid var(--vscode-panel-border); padding: 0.3em 0.7em; text-align: left; }
blockquote { border-left: 4px solid var(--vscode-textBlockQuote-border); margin-left: 0; padding-left: 1em; }
</style>
</head>
<body>${body}</body>
</html>`;
}

// likeError reports whether a text may be an error message: a few lines that say that something went wrong.
function likeError(text: string): boolean {
  return text.length < 4000 && /\b(error|cannot|could not|couldn't|can't|unable|fail(ed|ure|s)?|invalid|no such|not found|denied|undefined|required?s?|mismatch|unknown|is not|exited)\b/i.test(text);
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
