import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { CloseAction, DidChangeConfigurationNotification, DidChangeWatchedFilesNotification, ErrorAction, LanguageClient, LSPErrorCodes, ResponseError, WorkDoneProgress, type LanguageClientOptions, type Middleware } from 'vscode-languageclient/node';
import { toEditor, toSidecar, userSettings } from './settings';
import { NotificationDocumentsChanged, NotificationStatus, type DocumentsChanged, type InitializationOptions, type RuleSettings, type Status } from './wire';

// A malformed value of any of these ends a Go program before main, so the sidecar gets them as data.
const WITHHELD = ['GOMEMLIMIT', 'GOGC', 'GOMAXPROCS', 'GODEBUG', 'GOTRACEBACK'];

const CRASHES = 5; // in a row, then the sidecar stays down until the user asks for it
const LONG_LIFE = 60_000; // ms after which a crash is not one of a row
const PATIENCE = 20_000; // ms that a program has to say that it is there; it takes a hundredth of a second

/** What a running request tells of itself. */
export type Progress = vscode.Progress<{ message?: string; increment?: number }>;

/** A Failure has a text made for the user and the actions that may help, by their labels. */
class Failure extends Error {
  constructor(message: string, readonly actions: Record<string, () => unknown> = {}) {
    super(message);
  }
}

// Says nothing to the user by itself: Sidecar.report does, once, with the actions that help.
class Client extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Sidecar keeps the process and the connection to it: one start at a time, restarted when it crashes. */
export class Sidecar implements vscode.Disposable {
  /** Commands of the sidecar that the extension runs in its own way when a code action names them. */
  readonly commands = new Map<string, (argument: never) => Promise<unknown>>();
  /** What is done with the diagnostics of the sidecar before they are shown. */
  handleDiagnostics: Middleware['handleDiagnostics'];

  private readonly started = new vscode.EventEmitter<void>();
  private readonly changed = new vscode.EventEmitter<string[]>();
  private readonly news = new vscode.EventEmitter<Status | undefined>();
  /** Fires when a sidecar is up. */
  readonly onDidStart = this.started.event;
  /** Fires with the URIs of go-env: documents whose text changed. */
  readonly onDidChangeDocuments = this.changed.event;
  /** Fires with the state of the machine, undefined when it is not known any more. */
  readonly onDidChangeStatus = this.news.event;
  /** The state of the machine, undefined while it is not known. */
  status: Status | undefined;

  private client: Promise<Client> | undefined;
  private process: ChildProcess | undefined;
  private abort: AbortController | undefined;
  private failure: unknown;
  private crashes = 0;
  private born = 0;
  private timer: NodeJS.Timeout | undefined;
  private mismatchSaid = false;
  private readonly settings: vscode.Uri;

  constructor(private readonly context: vscode.ExtensionContext, private readonly log: vscode.LogOutputChannel) {
    const desktop = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
    this.settings = context.globalStorageUri.with(userSettings(context.globalStorageUri, desktop));
  }

  /** start starts the sidecar if it is down; a failure is reported, not thrown. */
  async start(): Promise<void> {
    try {
      await this.running();
    } catch (err) {
      this.report(err);
    }
  }

  async restart(): Promise<void> {
    this.crashes = 0;
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.abort?.abort();
    const { client, process } = this;
    this.client = this.process = undefined;
    this.know(undefined);
    // A sidecar that never came up, or does not answer, has nothing to say about being stopped.
    await client?.then(c => c.dispose()).catch(err => this.log.warn(String(err)));
    process?.kill('SIGKILL');
  }

  dispose(): void {
    void this.stop();
    for (const emitter of [this.started, this.changed, this.news]) emitter.dispose();
  }

  /** request sends a request, after starting the sidecar where it is down. Progress that it reports is passed on. */
  async request<R>(method: string, params: object, token?: vscode.CancellationToken, progress?: Progress): Promise<R> {
    const client = await this.running();
    // An undefined token would be taken for a second parameter.
    const tokens = token ? [token] : [];
    if (!progress) return client.sendRequest<R>(method, params, ...tokens);
    const workDoneToken = crypto.randomUUID();
    let percentage = 0;
    const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, value => {
      if (value.kind === 'end') return;
      const increment = Math.max(0, (value.percentage ?? percentage) - percentage);
      percentage += increment;
      progress.report({ increment, ...(value.message !== undefined && { message: value.message }) });
    });
    try {
      return await client.sendRequest<R>(method, { ...params, workDoneToken }, ...tokens);
    } finally {
      listener.dispose();
    }
  }

  /** ask sends a request that the user did not ask for: it starts nothing, and fails where the sidecar is down. */
  async ask<R>(method: string, params: object): Promise<R> {
    if (!this.client) throw this.failure ?? new Error(vscode.l10n.t('Go Env Doctor is not running.'));
    return (await this.client).sendRequest<R>(method, params);
  }

  /** execute has the sidecar run a command. */
  execute<R>(command: string, argument: object): Promise<R> {
    return this.request<R>('workspace/executeCommand', { command, arguments: [argument] });
  }

  /** look has the sidecar look at the machine again, for what it cannot watch. */
  async look(): Promise<void> {
    await this.tell(DidChangeWatchedFilesNotification.type.method, { changes: [] });
  }

  /** configure tells the sidecar what the settings say about rules. */
  async configure(): Promise<void> {
    await this.tell(DidChangeConfigurationNotification.type.method, { settings: { goEnv: { rules: ruleSettings() } } });
  }

  /** uri is a URI of the sidecar as the editor knows it. */
  uri(value: string): vscode.Uri {
    const uri = vscode.Uri.parse(value);
    return uri.with(toEditor(uri, this.settings));
  }

  /** report shows an error to the user, unless it says that the user cancelled. */
  report(err: unknown): void {
    if (cancelled(err)) return;
    const message = err instanceof Error ? err.message : String(err);
    this.log.error(message);
    const actions: Record<string, () => unknown> = {
      ...(err instanceof Failure && err.actions),
      [vscode.l10n.t('Show Log')]: () => this.log.show(),
    };
    void vscode.window.showErrorMessage(plain(message), ...Object.keys(actions)).then(label => label && actions[label]?.());
  }

  private async tell(method: string, params: object): Promise<void> {
    try {
      await (await this.client)?.sendNotification(method, params);
    } catch (err) {
      this.log.warn(String(err)); // it is told again at the next start
    }
  }

  private know(status: Status | undefined): void {
    this.status = status;
    this.news.fire(status);
  }

  private running(): Promise<Client> {
    clearTimeout(this.timer);
    if (!this.client) {
      const launched = this.client = this.launch();
      launched.then(() => this.failure = undefined, (err: unknown) => {
        if (this.client !== launched) return;
        this.client = undefined;
        this.failure = err;
      });
    }
    return this.client;
  }

  private async launch(): Promise<Client> {
    const { env, withheld } = environment();
    const file = this.file();
    const initializationOptions: InitializationOptions = {
      editor: { name: vscode.env.uriScheme, version: vscode.version },
      trusted: vscode.workspace.isTrusted,
      userSettings: this.settings.with({ scheme: 'file' }).fsPath,
      withheld,
      documents: true,
      rules: ruleSettings(),
    };
    let up = false;
    let child: ChildProcess | undefined;
    const options: LanguageClientOptions = {
      // Whatever an environment may be made of: go.mod, settings, shell profiles, env files and the go-env: documents.
      documentSelector: [{ scheme: 'file' }, { scheme: this.settings.scheme }, { scheme: 'go-env' }],
      diagnosticCollectionName: 'goEnv',
      outputChannel: this.log,
      initializationOptions,
      initializationFailedHandler: () => false,
      uriConverters: {
        code2Protocol: uri => uri.with(toSidecar(uri, this.settings)).toString(),
        protocol2Code: value => this.uri(value),
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          if (up) this.crashed(client);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        executeCommand: (command, args, next) => {
          const run = this.commands.get(command);
          return run ? run(args[0] as never).catch((err: unknown) => this.report(err)) : next(command, args);
        },
        handleDiagnostics: (uri, diagnostics, next) => this.handleDiagnostics ? this.handleDiagnostics(uri, diagnostics, next) : next(uri, diagnostics),
      },
    };
    const client = new Client('goEnv', 'Go Env Doctor', async () => this.process = child = await spawned(file, env), options);
    client.onNotification(NotificationStatus, (status: Status) => this.know(status));
    client.onNotification(NotificationDocumentsChanged, ({ uris }: DocumentsChanged) => this.changed.fire(uris));
    const abort = this.abort = new AbortController();
    let late: NodeJS.Timeout | undefined;
    const given = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(new vscode.CancellationError()));
      late = setTimeout(() => reject(this.silent(file)), PATIENCE);
    });
    try {
      await Promise.race([client.start(), given]);
    } catch (err) {
      const ended = child && await end(child);
      if (err instanceof Failure || err instanceof vscode.CancellationError) throw err;
      throw ended === undefined ? cannotStart(file, err) : new Failure(vscode.l10n.t('Go Env Doctor started {0}, which ended at once with {1}.', file, ended), this.again());
    } finally {
      clearTimeout(late);
    }
    up = true;
    this.born = Date.now();

    const { version } = this.context.extension.packageJSON as { version: string };
    const info = client.initializeResult?.serverInfo;
    this.log.info(`${info?.name} ${info?.version}: ${file}`);
    if (info?.version !== version && !this.mismatchSaid) {
      this.mismatchSaid = true;
      void vscode.window.showWarningMessage(vscode.l10n.t('{0} is version {1}, the extension is {2}: they may not understand each other.', file, info?.version ?? '?', version));
    }
    // Not before running() is through: who hears it may ask.
    setImmediate(() => this.started.fire());
    return client;
  }

  // file is the absolute path of the program to start. Only the user's and the machine's settings may name one.
  private file(): string {
    const set = vscode.workspace.getConfiguration('goEnv').inspect<string>('sidecarPath')?.globalValue;
    if (set) {
      if (path.isAbsolute(set)) return set;
      throw new Failure(vscode.l10n.t('goEnv.sidecarPath is {0}, which is not an absolute path.', set), openSetting());
    }
    const file = this.context.asAbsolutePath(path.join('bin', process.platform === 'win32' ? 'go-env-doctor.exe' : 'go-env-doctor'));
    if (!fs.existsSync(file)) {
      const message = vscode.l10n.t('This copy of Go Env Doctor has no program for {0}-{1}: {2} does not exist. Install the extension for this platform, or name a program of your own in goEnv.sidecarPath.', process.platform, process.arch, file);
      throw new Failure(message, openSetting());
    }
    return file;
  }

  private silent(file: string): Failure {
    const message = vscode.l10n.t('Go Env Doctor started {0}, which said nothing for {1} seconds and was ended.', file, PATIENCE / 1000);
    return new Failure(message, this.again());
  }

  private crashed(client: Client): void {
    this.log.error(`the sidecar ended: ${this.process?.exitCode ?? this.process?.signalCode ?? 'connection closed'}`);
    // Its process may still be there when only the connection broke.
    this.process?.kill('SIGKILL');
    this.client = this.process = undefined;
    this.know(undefined);
    void client.dispose().catch(() => {});
    if (Date.now() - this.born > LONG_LIFE) this.crashes = 0;
    if (++this.crashes > CRASHES) {
      const message = vscode.l10n.t('Go Env Doctor ended unexpectedly {0} times in a row and is not started again.', this.crashes);
      this.failure = new Failure(message, this.again());
      this.report(this.failure);
      return;
    }
    this.timer = setTimeout(() => void this.start(), 250 * 2 ** this.crashes);
  }

  private again(): Failure['actions'] {
    return { [vscode.l10n.t('Restart')]: () => this.restart() };
  }
}

/** plain is a text that a notification shows as it is: a value of the machine must not become a link to a command. */
export function plain(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}

/** cancelled reports whether an error only says that the user changed his mind. */
export function cancelled(err: unknown): boolean {
  return err instanceof vscode.CancellationError
    || err instanceof ResponseError && (err.code === LSPErrorCodes.RequestCancelled || err.code === LSPErrorCodes.ServerCancelled);
}

// ruleSettings is what the user, and what the workspace and its folders, say about rules.
function ruleSettings(): RuleSettings {
  const of = (scope?: vscode.WorkspaceFolder) => vscode.workspace.getConfiguration('goEnv', scope).inspect<Record<string, string>>('rules');
  const folders = (vscode.workspace.workspaceFolders ?? []).map(folder => of(folder)?.workspaceFolderValue);
  return { user: { ...of()?.globalValue }, workspace: Object.assign({}, of()?.workspaceValue, ...folders) };
}

function environment(): { env: NodeJS.ProcessEnv; withheld: Record<string, string> } {
  const env: NodeJS.ProcessEnv = {};
  const withheld: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    // Names of variables ignore case on Windows.
    const known = process.platform === 'win32' ? name.toUpperCase() : name;
    if (!WITHHELD.includes(known)) env[name] = value;
    else if (value !== undefined) withheld[known] = value;
  }
  return { env, withheld };
}

// spawned resolves when the operating system has started the program, with the error that it gave otherwise.
function spawned(file: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    // Not in the workspace: no folder of the user is held open, and nothing there can be taken for a library.
    const child = spawn(file, ['serve', '--stdio'], { env, cwd: path.dirname(file), windowsHide: true });
    child.once('error', reject);
    child.once('spawn', () => resolve(child));
  });
}

// end ends a process. It returns the code or the signal with which that ended by itself.
async function end(child: ChildProcess): Promise<number | string | undefined> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  return child.exitCode ?? (child.signalCode === 'SIGKILL' ? undefined : child.signalCode ?? undefined);
}

function openSetting(): Failure['actions'] {
  return { [vscode.l10n.t('Open Setting')]: () => vscode.commands.executeCommand('workbench.action.openSettings', 'goEnv.sidecarPath') };
}

function cannotStart(file: string, err: unknown): Failure {
  const { code, message } = err as NodeJS.ErrnoException;
  const why = vscode.l10n.t('Go Env Doctor could not start {0}: {1}.', file, message);
  switch (code) {
    case 'ENOENT':
      return new Failure(why + ' ' + vscode.l10n.t('The file is missing, or the loader that it names is.'), openSetting());
    case 'EACCES':
    case 'EPERM':
    case 'UNKNOWN': // what Windows' refusals by policy or antivirus arrive as
      return new Failure(why + ' ' + vscode.l10n.t('Allow this file to run: it may lack the right to be executed, lie on a file system without programs, or be blocked by a policy or an antivirus.'), {
        [vscode.l10n.t('Copy Path')]: () => vscode.env.clipboard.writeText(file),
      });
    default:
      return new Failure(why, openSetting());
  }
}
